import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { renderSample } from "./render.ts";
import { selectProcedural } from "./select.ts";
import { type MetaSample, writeProceduralSet } from "./write.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "procedural-"));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

const tiny = { categories: ["leather", "gear"], defects: ["scratch", "missing-part"], good: 1, perDefect: 2, size: 24 };

test("a set has the MVTec layout, a meta.json that lists it, and captions that can be drawn again", async () => {
  const counts: number[] = [];
  const written = await writeProceduralSet(root, { ...tiny, onProgress: (done) => counts.push(done) });
  // Leather has no parts: 2 good + 2 scratch; the gear has 2 good + 2 + 2.
  expect(written).toBe(10);
  expect(counts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

  const meta = JSON.parse(await readFile(join(root, "meta.json"), "utf8")) as Record<
    "train" | "test",
    Record<string, MetaSample[]>
  >;
  expect(Object.keys(meta.train)).toEqual(["leather", "gear"]);
  expect(meta.test.leather!.map((sample) => sample.specie_name)).toEqual(["good", "scratch", "scratch"]);
  expect(meta.test.gear!.at(-1)).toEqual({
    img_path: "gear/test/missing-part/001.png",
    mask_path: "gear/ground_truth/missing-part/001_mask.png",
    cls_name: "gear",
    specie_name: "missing-part",
    anomaly: 1,
  });
  for (const sample of [...Object.values(meta.train), ...Object.values(meta.test)].flat()) {
    const { info } = await sharp(join(root, sample.img_path)).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([24, 24, 3]);
    expect(sample.mask_path === "").toBe(sample.anomaly === 0);
    if (sample.anomaly === 0) continue;
    const mask = sharp(join(root, sample.mask_path));
    expect((await mask.metadata()).channels).toBe(1);
    expect([...new Set(await mask.raw().toBuffer())].sort()).toEqual([0, 255]);
  }

  const lines = (await readFile(join(root, "captions.jsonl"), "utf8")).trim().split("\n");
  expect(lines.length).toBe(10);
  const last = JSON.parse(lines.at(-1)!) as {
    file: string;
    category: string;
    defect: string;
    seed: number;
    captions: string[];
  };
  const again = renderSample({ category: last.category, defect: last.defect, seed: last.seed, size: 24 });
  const stored = await sharp(join(root, last.file)).raw().toBuffer();
  expect(new Uint8Array(stored)).toEqual(again.image.data);
  expect(last.captions.length).toBeGreaterThan(2);
  const known = [...again.captions, ...again.objectCaptions];
  for (const caption of last.captions) expect(known).toContain(caption);
});

test("many pictures are drawn by several threads, to the same bytes in the same order", async () => {
  const few = { ...tiny, size: 192, good: 1, perDefect: 1 };
  const many = { ...few, good: 60 };
  await writeProceduralSet(join(root, "few"), few);
  const listed = (await readFile(join(root, "few", "captions.jsonl"), "utf8")).match(/"file":"[^"]*"/g)!;
  expect(new Set(listed).size).toBe(7);
  const counts: number[] = [];
  const written = await writeProceduralSet(join(root, "many"), { ...many, onProgress: (done) => counts.push(done) });
  expect(counts).toEqual(Array.from({ length: written }, (_, i) => i + 1));
  for (const path of ["leather/train/good/000.png", "gear/test/missing-part/000.png"]) {
    expect(await readFile(join(root, "many", path))).toEqual(await readFile(join(root, "few", path)));
  }
  const lines = (await readFile(join(root, "many", "captions.jsonl"), "utf8")).trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { file: string }).file).slice(0, 2)).toEqual([
    "leather/train/good/000.png",
    "leather/train/good/001.png",
  ]);
});

test("a folder that is not empty is left alone unless overwriting is asked for", async () => {
  await writeFile(join(root, "precious.txt"), "mine");
  const one = { ...tiny, categories: ["leather"], perDefect: 0 };
  await expect(writeProceduralSet(root, one)).rejects.toThrow(/not empty/);
  await expect(writeProceduralSet(root, { ...one, overwrite: true })).resolves.toBe(2);
  expect(await readFile(join(root, "precious.txt"), "utf8")).toBe("mine");
});

test("bad options and a root that is a file are refused in one line", async () => {
  const file = join(root, "file");
  await writeFile(file, "");
  await expect(writeProceduralSet(file, tiny)).rejects.toMatchObject({ code: "E_DATASET" });
  await expect(writeProceduralSet(root, { ...tiny, size: 5 })).rejects.toMatchObject({ code: "E_CONFIG" });
  await expect(writeProceduralSet(root, { ...tiny, good: -1 })).rejects.toMatchObject({ code: "E_CONFIG" });
  await expect(writeProceduralSet(root, { ...tiny, good: 0, perDefect: 0 })).rejects.toThrow(/nothing to write/);
  await expect(writeProceduralSet(root, { ...tiny, categories: ["cheese"] })).rejects.toThrow(/unknown category/);
});

test("splits are disjoint and together they are everything; names win over splits", () => {
  const all = selectProcedural();
  const train = selectProcedural({ split: "train" });
  const heldOut = selectProcedural({ split: "held-out" });
  for (const key of ["categories", "defects"] as const) {
    const names = [...train[key], ...heldOut[key]].map((item) => item.name).sort();
    expect(names).toEqual(all[key].map((item) => item.name).sort());
  }
  const mixed = selectProcedural({ split: "held-out", defectSplit: "train", categories: ["wood"] });
  expect(mixed.categories.map((category) => category.name)).toEqual(["wood"]);
  expect(mixed.defects.every((defect) => defect.split === "train")).toBe(true);
});
