import { mkdir } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { fromBufferPromise } from "yauzl";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { detectionOf, makeApp, type TestedApp } from "./app.fixture.ts";
import type { KeptResult } from "./history.ts";

const folder = useTemporaryFolder();
let tested: TestedApp;
let kept: KeptResult;

beforeAll(async () => {
  await mkdir(folder.path("data"));
  tested = makeApp(folder.path("data"), async () => detectionOf(0.25));
  const { inspector } = tested.service;
  const picture = { name: "a.png", bytes: Buffer.from("a picture") };
  const { result } = await inspector.inspect(picture, inspector.choose({}), { keep: true });
  kept = result as KeptResult;
});
afterAll(() => tested.history.close());

test("a zip holds the table, the lines, and of each picture its files", async () => {
  const zip = await fromBufferPromise(await buffer(tested.service.exports.zip({})), { lazyEntries: true });
  const sizes: [string, number][] = [];
  for await (const { fileName, uncompressedSize } of zip.eachEntry()) sizes.push([fileName, uncompressedSize]);
  const name = `${kept.created.slice(0, 19).replaceAll(":", "-")} ${kept.id.slice(-6)} a.png`;
  expect(sizes.map(([file]) => file)).toEqual([
    ...["results.csv", "results.jsonl", `pictures/${name}`, `overlays/${name}.png`, `maps/${name}.npy`],
  ]);
  expect(sizes[2]![1]).toBe("a picture".length);
});

test("a zip whose table cannot be read fails as a whole, and nothing else does", async () => {
  const all = vi.spyOn(tested.history, "all").mockImplementationOnce(function* () {
    yield kept;
    throw new Error("the disk has gone");
  });
  const zip = tested.service.exports.zip({});
  all.mockRestore();
  await expect(buffer(zip)).rejects.toThrow("the disk has gone");
});

test("a zip that nobody reads any more reads nothing any more", async () => {
  let state = "";
  const all = vi.spyOn(tested.history, "all").mockImplementationOnce(function* () {
    state = "begun";
    try {
      for (;;) yield kept;
    } finally {
      state = "over";
    }
  });
  const zip = tested.service.exports.zip({});
  all.mockRestore();
  await expect.poll(() => state).toBe("begun");
  zip.destroy();
  await expect.poll(() => state).toBe("over");
});
