import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encodePng } from "../image/encode.ts";
import { encodeNpy } from "../image/npy.ts";
import { type ScoreMapsOptions, scoreMaps } from "./score-maps.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "anomalyclip-maps-"));
  await mkdir(join(folder, "maps", "a"), { recursive: true });
  await mkdir(join(folder, "masks", "a"), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

/** A map of 2 x 2. */
async function map(name: string, values: number[], shape = [2, 2]): Promise<void> {
  await writeFile(join(folder, "maps", name), encodeNpy(Float32Array.from(values), shape));
}

async function mask(name: string, values: number[], width = 2): Promise<void> {
  const data = Uint8Array.from(values.flatMap((value) => [value, value, value]));
  const picture = { width, height: values.length / width, data };
  await writeFile(join(folder, "masks", name), await encodePng(picture));
}

async function run(changes: Partial<ScoreMapsOptions> = {}) {
  const notes: string[] = [];
  const rows = await scoreMaps({
    maps: join(folder, "maps"),
    masks: join(folder, "masks"),
    metrics: ["image-auroc", "pixel-auroc", "aupro"],
    onNote: (text) => notes.push(text),
    ...changes,
  });
  return { rows, notes };
}

test("maps pair with masks by path and name, and masks may have a suffix or be .npy", async () => {
  await map("a/1.npy", [0.9, 0.1, 0.2, 0.3]);
  await map("2.npy", [0.1, 0.1, 0.8, 0.4], [1, 2, 2]);
  await mask("a/1_mask.png", [255, 0, 0, 0]);
  await writeFile(join(folder, "masks", "2.npy"), encodeNpy(Float32Array.of(0, 0, 1, 1), [2, 2]));
  const { rows, notes } = await run();
  expect(rows).toHaveLength(1);
  expect(rows[0]!.figures["pixel-auroc"]).toEqual({ value: 1 });
  expect(rows[0]!.figures["image-auroc"]).toMatchObject({ value: null, reason: expect.stringContaining("--scores") });
  expect(notes).toEqual([]);
});

test("scores give image metrics, labels come from masks, and classes have rows and a mean", async () => {
  await map("1.npy", [0.9, 0.1, 0.2, 0.3]);
  await map("2.npy", [0.1, 0.1, 0.8, 0.4]);
  await map("3.npy", [0, 0, 0, 0]);
  await mask("1.png", [255, 0, 0, 0]);
  const csv = join(folder, "scores.csv");
  await writeFile(csv, "image,score,class\n1.png,0.7,nut\n2.png,0.2,nut\n3.png,0.1,bolt\n");
  const { rows } = await run({ scores: csv, normalWithoutMask: true });
  expect(rows.map((row) => [row.labels[0], row.figures["image-auroc"]!.value])).toEqual([
    ["nut", 1],
    ["bolt", null],
    ["mean", 1],
  ]);
  expect(rows[2]!.figures["image-auroc"]).toEqual({ value: 1, classes: 1 });
});

test("scores without a map are told", async () => {
  await map("1.npy", [0.9, 0.1, 0.2, 0.3]);
  await mask("1.png", [255, 0, 0, 0]);
  const csv = join(folder, "scores.csv");
  await writeFile(csv, "image,score\n1.png,0.7\na/2.png,0.2\na/3.png,0.1\n");
  const { notes } = await run({ scores: csv });
  expect(notes).toEqual(["2 scores have no map, and no part in the image metrics (first a/2)"]);
});

test.each([
  [
    "a map without a mask",
    async () => map("1.npy", [0, 1, 2, 3]),
    /1\.npy: no mask of this name.*--normal-without-mask/,
  ],
  [
    "a mask of another size",
    async () => {
      await map("1.npy", [0, 1, 2, 3]);
      await mask("1.png", [0, 0, 255, 0, 0, 0], 3);
    },
    /1\.png: the mask is 3 x 2 pixels, its map .*1\.npy 2 x 2; --resize-masks/,
  ],
  [
    "NaN",
    async () => {
      await map("1.npy", [0, Number.NaN, 2, 3]);
      await mask("1.png", [0, 0, 255, 0]);
    },
    /1\.npy: the map has NaN at column 1, row 0/,
  ],
  [
    "two masks of one name",
    async () => {
      await map("1.npy", [0, 1, 2, 3]);
      await mask("1.png", [0, 0, 255, 0]);
      await mask("1_mask.png", [0, 0, 255, 0]);
    },
    /the same name as .*: a mask must be named once/,
  ],
  [
    "a map of three pictures",
    async () => {
      await map("1.npy", new Array(12).fill(0), [3, 2, 2]);
      await mask("1.png", [0, 0, 255, 0]);
    },
    /1\.npy: a map must have the shape \[H, W\]/,
  ],
  ["no maps", async () => {}, /maps: no \.npy maps found/],
] as [string, () => Promise<void>, RegExp][])("%s is one line", async (_, prepare, message) => {
  await prepare();
  await expect(run()).rejects.toThrow(message);
});

test.each([
  ["image,score\n1.png,NaN\n", /line 2: the score "NaN" is not a finite number/],
  ["image,score\n1.png,1e999\n", /line 2: the score "1e999" is not a finite number/],
  ["image,score\n1.png,0.1\n1.png,0.2\n", /line 3: "1" stands there twice/],
  ["image,score,label\n1.png,0.1,2\n", /line 2: the label "2" must be 0 or 1/],
  ["picture,value\n1.png,0.1\n", /must have the columns image and score/],
  ["image,score\n9.png,0.1\n", /no score for 1/],
])("scores %j are one line", async (text, message) => {
  await map("1.npy", [0, 1, 2, 3]);
  await mask("1.png", [0, 0, 255, 0]);
  const csv = join(folder, "scores.csv");
  await writeFile(csv, text);
  await expect(run({ scores: csv })).rejects.toThrow(message);
});

test("masks are resized where that is asked for, and many values are told", async () => {
  await map("1.npy", [0, 1, 2, 3]);
  await mask("1.png", [0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 0, 0, 255, 255, 0, 0], 4);
  await mask("unused.png", [0, 0, 255, 0]);
  const { rows, notes } = await run({ resizeMasks: true });
  expect(rows[0]!.figures["pixel-auroc"]!.value).toBeCloseTo(2 / 3, 12);
  expect(notes).toEqual([
    "1 mask has no map (unused)",
    expect.stringMatching(/^1 mask is not binary; above 0 counts as anomalous \(.*1\.png\)$/),
  ]);
  const above = await run({ resizeMasks: true, maskAbove: 100 });
  // The upper half of the region was faint: what is left is less than half of a pixel, or exactly half.
  expect(above.rows[0]!.figures["pixel-auroc"]!.value).not.toBe(rows[0]!.figures["pixel-auroc"]!.value);
});
