import { appendFile, mkdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AnomalyClipError } from "../errors.ts";
import { type FakeDetector, fakeDetection, fakeDetector } from "../results/fake-detector.fixture.ts";
import type { ResultRecord } from "../results/record.ts";
import { ResultsWriter } from "../results/results-writer.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { LookedAt } from "./looked-at.ts";
import { type WatchFolderOptions, watchFolder } from "./watch-folder.ts";

const temporary = useTemporaryFolder();
let count = 0;
let folder: string;
let detector: FakeDetector;
let stop: AbortController;
let running: Promise<unknown> | null;
const records: ResultRecord[] = [];
const notes: string[] = [];

beforeEach(async () => {
  folder = temporary.path(`watched-${count++}`);
  await mkdir(folder);
  detector = fakeDetector();
  stop = new AbortController();
  records.length = 0;
  notes.length = 0;
  running = null;
});
afterEach(async () => {
  stop.abort();
  await running;
});

function watch(options: Partial<WatchFolderOptions> = {}): Promise<unknown> {
  running = watchFolder({
    ...{ detector, folder, writer: null, draw: null, lookedAt: LookedAt.inMemory() },
    ...{ settle: 0.2, poll: null, onlyNew: false, once: false, signal: stop.signal },
    onRecord: (record) => records.push(record),
    onTick: async () => {},
    onNote: (text) => notes.push(text),
    ...options,
  });
  return running;
}

const drop = (name: string, content = "x") => writeFile(join(folder, name), content);
const seen = () => detector.seen.map((path) => path.slice(folder.length + 1));

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; !condition(); i++) {
    if (i === 200) throw new Error(`waited in vain; seen: ${seen()}, notes: ${notes}`);
    await delay(50);
  }
}

describe("a watched folder", () => {
  test("has what lies in it looked at, oldest first, and then what comes, in folders too", async () => {
    await drop("b.png");
    await drop("a.png");
    await utimes(join(folder, "b.png"), 1000, 1000);
    watch();
    await until(() => seen().length === 2);
    expect(seen()).toEqual(["b.png", "a.png"]);
    await mkdir(join(folder, "line-2"));
    await drop("line-2/c.jpg");
    await drop("notes.txt");
    await drop(".hidden.png");
    await until(() => seen().length === 3);
    await delay(400);
    expect(seen()[2]).toBe("line-2/c.jpg");
    expect(records.map(({ image }) => image)).toEqual(detector.seen);
  });

  test("waits until a file has kept still, and takes one that is renamed into place", async () => {
    watch();
    await drop("growing.png");
    for (let i = 0; i < 5; i++) {
      await delay(100);
      await appendFile(join(folder, "growing.png"), "more");
      expect(seen()).toEqual([]);
    }
    await drop("ready.png.part");
    await rename(join(folder, "ready.png.part"), join(folder, "ready.png"));
    await until(() => seen().length === 2);
    expect(seen().sort()).toEqual(["growing.png", "ready.png"]);
  });

  test("has a name that is written again looked at again", async () => {
    watch();
    await drop("latest.png");
    await until(() => records.length === 1);
    await delay(20);
    await drop("latest.png", "another");
    await until(() => records.length === 2);
    await delay(300);
    expect(seen()).toEqual(["latest.png", "latest.png"]);
  });

  test("has a picture that cannot be decoded tried three times, while others go on", async () => {
    watch({ settle: 0.1 });
    await drop("broken.png");
    await drop("fine.png");
    await until(() => records.length === 2);
    expect(records.map(({ image }) => image.slice(folder.length + 1))).toEqual(["fine.png", "broken.png"]);
    expect(seen().filter((name) => name === "broken.png")).toHaveLength(3);
    expect(records[1]).toMatchObject({ error: "not a picture" });
  });

  test("can be passed over as it is at the start", async () => {
    await drop("old.png");
    watch({ onlyNew: true });
    await delay(500);
    await drop("new.png");
    await until(() => seen().length === 1);
    expect(seen()).toEqual(["new.png"]);
  });

  test("may go and come back", async () => {
    watch();
    await drop("a.png");
    await until(() => records.length === 1);
    await rm(folder, { recursive: true });
    await until(() => notes.some((note) => note.includes("gone; waiting")));
    await mkdir(folder);
    await drop("b.png");
    await until(() => records.length === 2);
    expect(notes.some((note) => note.includes("is back") || note.includes("another folder"))).toBe(true);
  });

  test("is searched where the system tells nothing", async () => {
    watch({ poll: 0.2 });
    await delay(300);
    await drop("a.png");
    await until(() => records.length === 1);
  });

  test("ends by itself when nothing waits, if asked to", async () => {
    await drop("a-0.9.png");
    await drop("broken.png");
    expect(await watch({ once: true, settle: 0.05 })).toEqual({ normal: 0, abnormal: 1, failed: 1 });
  });

  test("must be there at the start", async () => {
    await expect(watchFolderAt(temporary.path("nowhere"))).rejects.toMatchObject({ code: "E_CONFIG" });
  });

  test("is left when the model itself fails", async () => {
    detector.look = async () => {
      throw new AnomalyClipError("E_RUNTIME", "the model is gone");
    };
    await drop("a.png");
    await expect(watch()).rejects.toThrow("the model is gone");
    running = null;
  });
});

function watchFolderAt(place: string) {
  return watchFolder({
    ...{ detector, folder: place, writer: null, draw: null, lookedAt: LookedAt.inMemory() },
    ...{ settle: 0.1, poll: null, onlyNew: false, once: true, signal: stop.signal },
    ...{ onRecord: () => {}, onTick: async () => {}, onNote: () => {} },
  });
}

describe("the results folder", () => {
  const open = (out: string) =>
    ResultsWriter.open(out, { protocol: {}, images: [`${folder}/.`], mode: "resume", maps: false });

  test.each(["out", "."])(
    "may lie inside as %s, and is not taken for pictures; what is in it is not done twice",
    async (name) => {
      const out = join(folder, name);
      await drop("a-0.9.png");
      const writer = await open(out);
      const lookedAt = await LookedAt.open(out, new Set(), 0);
      await watch({ writer, lookedAt, draw: { colormap: "turbo" }, once: true });
      await writer.close();
      await lookedAt.close();
      expect(seen()).toEqual(["a-0.9.png"]);

      await drop("b.png");
      const again = await open(out);
      const remembered = await LookedAt.open(out, new Set([join(folder, "a-0.9.png")]), Date.now());
      await watch({ writer: again, lookedAt: remembered, draw: { colormap: "turbo" }, once: true });
      await again.close();
      await remembered.close();
      expect(seen()).toEqual(["a-0.9.png", "b.png"]);
    },
  );

  test("keeps all results of a name that is used again", async () => {
    const out = temporary.path(`out-${count}`);
    for (let i = 0; i < 2; i++) {
      const writer = await open(out);
      await writer.write("latest.png", fakeDetection(0.25));
      await writer.close();
    }
    const writer = await open(out);
    expect(writer.earlier.images.size).toBe(1);
    await writer.close();
    const lines = await readFile(join(out, "results.jsonl"), "utf8");
    expect(lines.trimEnd().split("\n")).toHaveLength(2);
  });
});
