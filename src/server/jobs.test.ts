import { mkdir, readdir, writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { AnomalyClipError } from "../errors.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { History, type KeptResult } from "./history.ts";
import type { Choice, InspectOptions, Inspector, SentPicture } from "./inspector.ts";
import { Jobs } from "./jobs.ts";
import { newId } from "./picture-store.ts";
import type { SentFile } from "./receive.ts";

const folder = useTemporaryFolder();
const choice: Choice = { model: "embedded", product: null, threshold: null };

/** Jobs whose pictures are looked at by `look`; what it returns is kept as `Inspector` keeps it. */
function jobsOf(
  history: History,
  root: string,
  look: (name: string) => Promise<void>,
  onError = (error: unknown): void => expect.fail(String(error)),
): Jobs {
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
    ...{ maxBytes: 1000, waiting: 3, onError },
  });
}

function sent(name: string, content: string): SentFile {
  return { name, stream: Readable.from([content]) };
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
  await second.resume();
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
    for (const name of ["a.png", "a.png", "b.png", "a.png"]) await take(sent(name, "x"));
  });
  await expect.poll(() => history.job(id)!.state).toBe("done");
  expect(seen).toEqual(["a.png", "a.png", "b.png", "a.png"]);
  expect(history.job(id)).toMatchObject({ total: 4, normal: 4 });
  history.close();
});

test("a job that is cancelled while its pictures are counted stays cancelled", async () => {
  const root = await makeRoot("counted");
  await writeFile(join(root, "line", "1.png"), "");
  const history = new History(join(root, "history.sqlite"));
  const seen: string[] = [];
  const jobs = jobsOf(history, root, async (name) => void seen.push(name));
  const { id } = jobs.addFolder(choice, "line");
  // The job is in hand by then, and the folder is being read.
  await Promise.resolve().then(() => undefined);
  expect(jobs.cancel(id).state).toBe("cancelled");
  const next = jobs.addFolder(choice, "line");
  await expect.poll(() => history.job(next.id)!.state).toBe("done");
  expect(history.job(id)).toMatchObject({ state: "cancelled", total: null });
  expect(seen).toEqual(["1.png"]);
  history.close();
});

test("a picture that was sent is no larger than is allowed, as one in a zip", async () => {
  const root = await makeRoot("large");
  const history = new History(join(root, "history.sqlite"));
  const seen: string[] = [];
  const jobs = jobsOf(history, root, async (name) => void seen.push(name));
  const { id } = await jobs.addFiles(choice, async (take) => {
    await take(sent("large.png", "x".repeat(1001)));
    await take(sent("small.png", "x".repeat(1000)));
  });
  await expect.poll(() => history.job(id)!.state).toBe("done");
  expect(seen).toEqual(["small.png"]);
  expect(history.failures(id)).toEqual([
    { image: "large.png", error: "1001 bytes, more than the 1000 that are allowed" },
  ]);
  history.close();
});

test("files that no open job needs are removed at the start", async () => {
  const root = await makeRoot("orphans");
  const history = new History(join(root, "history.sqlite"));
  const first = jobsOf(history, root, () => new Promise(() => undefined));
  const { id } = await first.addFiles(choice, (take) => take(sent("a.png", "x")));
  const killed = join(root, "uploads", newId());
  await mkdir(killed);
  await writeFile(join(killed, "000000.picture"), "half of it");
  const second = jobsOf(history, root, async () => undefined);
  await second.resume();
  expect(await readdir(join(root, "uploads"))).toEqual([id]);
  await expect.poll(() => history.job(id)!).toMatchObject({ state: "done", normal: 1 });
  await expect.poll(() => readdir(join(root, "uploads"))).toEqual([]);
  history.close();
});

test("of what fails, a picture's own fault is told of, and anything else ends the job with its reason", async () => {
  const root = await makeRoot("full");
  for (const name of ["1.png", "2.png"]) await writeFile(join(root, "line", name), "");
  const history = new History(join(root, "history.sqlite"));
  const errors: unknown[] = [];
  let thrown: Error = new AnomalyClipError("E_IMAGE", "1.png: not a picture");
  const look = (name: string) => (name === "1.png" ? Promise.reject(thrown) : Promise.resolve());
  const jobs = jobsOf(history, root, look, (error) => errors.push(error));
  const one = jobs.addFolder(choice, "line");
  await expect.poll(() => history.job(one.id)!.state).toBe("done");
  expect(history.failures(one.id)).toEqual([{ image: "1.png", error: "not a picture" }]);
  expect(errors).toEqual([]);

  const full = { code: "ENOSPC", errno: -constants.errno.ENOSPC };
  thrown = Object.assign(new Error("ENOSPC: no space left on device, open '/srv/1.picture'"), full);
  const two = jobs.addFolder(choice, "line");
  await expect.poll(() => history.job(two.id)!.state).toBe("failed");
  expect(history.job(two.id)).toMatchObject({
    failed: 0,
    error: "something failed inside the service: no space left on device",
  });
  expect(errors).toEqual([thrown]);
  history.close();
});

test("a job whose end cannot be written down stays open, can be cancelled, and does not hold up the next", async () => {
  const root = await makeRoot("unwritable");
  const history = new History(join(root, "history.sqlite"));
  const errors: unknown[] = [];
  const jobs = jobsOf(
    history,
    root,
    () => Promise.resolve(),
    (error) => errors.push(error),
  );
  const { setJob } = history;
  history.setJob = (id, change) => {
    if (id === first.id && change.state !== "running") throw new Error("database or disk is full");
    setJob.call(history, id, change);
  };
  const first = jobs.addFolder(choice, "line");
  const second = jobs.addFolder(choice, "line");
  await expect.poll(() => history.job(second.id)!.state).toBe("done");
  expect(errors.map(String)).toContain("Error: database or disk is full");
  expect(history.openJobs().map(({ id }) => id)).toEqual([first.id]);
  history.setJob = setJob;
  expect(jobs.cancel(first.id).state).toBe("cancelled");
  history.close();
});
