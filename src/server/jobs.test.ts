import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { History, type KeptResult } from "./history.ts";
import type { Choice, InspectOptions, Inspector, SentPicture } from "./inspector.ts";
import { Jobs } from "./jobs.ts";
import { newId } from "./picture-store.ts";
import type { SentFile } from "./receive.ts";

const folder = useTemporaryFolder();
const choice: Choice = { model: "embedded", product: null, threshold: null };

/** Jobs whose pictures are looked at by `look`; what it returns is kept as `Inspector` keeps it. */
function jobsOf(history: History, root: string, look: (name: string) => Promise<void>): Jobs {
  const inspect = async ({ name }: SentPicture, { model, product }: Choice, { job }: InspectOptions) => {
    await look(name);
    const result = {
      ...{ id: newId(), created: new Date().toISOString(), image: name, width: 1, height: 1, score: 0.1 },
      ...{ verdict: "normal", threshold: 0.5, layers: 1, mapMin: 0, mapMax: 1, mapMean: 0.1, regions: [] },
      ...{ model, product, job: job!.id, milliseconds: 1 },
    } as KeptResult;
    history.addResult(result, job!.picture);
  };
  return new Jobs({
    inspector: { history, inspect } as unknown as Inspector,
    ...{ folder: join(root, "uploads"), folders: new Map([["line", join(root, "line")]]) },
    ...{ maxBytes: 1e6, waiting: 3, onError: (error) => expect.fail(String(error)) },
  });
}

async function makeRoot(name: string): Promise<string> {
  const root = folder.path(name);
  await mkdir(join(root, "line"), { recursive: true });
  return root;
}

test("after a crash each picture of a folder is looked at once, those that came meanwhile too", async () => {
  const root = await makeRoot("crash");
  for (const name of ["1.png", "2.png", "3.png"]) await writeFile(join(root, "line", name), "");
  const history = new History(join(root, "history.sqlite"));
  // The second is done while the first is still in hand.
  const first = jobsOf(history, root, (name) => (name === "1.png" ? new Promise(() => undefined) : Promise.resolve()));
  const { id } = first.addFolder(choice, "line");
  await expect.poll(() => history.job(id)!.normal).toBe(1);
  await writeFile(join(root, "line", "0.png"), "");

  const seen: string[] = [];
  const second = jobsOf(history, root, async (name) => void seen.push(name));
  second.resume();
  await expect.poll(() => history.job(id)!.state).toBe("done");
  expect(seen).toEqual(["0.png", "1.png", "3.png"]);
  expect(history.job(id)).toMatchObject({ total: 4, normal: 4, failed: 0 });
  expect(history.lookedAt(id).size).toBe(0);
  history.close();
});

test("files of the same name are all looked at", async () => {
  const root = await makeRoot("same");
  const history = new History(join(root, "history.sqlite"));
  const seen: string[] = [];
  const jobs = jobsOf(history, root, async (name) => void seen.push(name));
  const { id } = await jobs.addFiles(choice, async (take) => {
    for (const name of ["a.png", "a.png", "b.png", "a.png"]) {
      await take({ name, stream: Readable.from(["x"]) } as unknown as SentFile);
    }
  });
  await expect.poll(() => history.job(id)!.state).toBe("done");
  expect(seen).toEqual(["a.png", "a.png", "b.png", "a.png"]);
  expect(history.job(id)).toMatchObject({ total: 4, normal: 4 });
  history.close();
});
