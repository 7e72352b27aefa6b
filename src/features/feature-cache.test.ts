import { copyFile, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { compare, referencePath } from "../../test/reference/reference.ts";
import { encodeImages } from "../anomalyclip/dpam.ts";
import { frozenParameters } from "../clip/parameters.ts";
import { input } from "../graph/tensor.ts";
import { fromHalf } from "../half.ts";
import type { RgbImage } from "../image/image.ts";
import { preprocess } from "../image/preprocess.ts";
import { evaluate } from "../runtime/session.ts";
import { type ClipWeights, openClip } from "../weights/clip-weights.ts";
import { FeatureCache } from "./feature-cache.ts";
import type { FeatureSettings } from "./picture-encoder.ts";

const HASH = "ab".repeat(32);
const settings: FeatureSettings = { imageSize: 64, layers: [4, 6], dpamFrom: 4, attention: "v-v" };
const picture: RgbImage = {
  width: 50,
  height: 40,
  data: Uint8Array.from({ length: 50 * 40 * 3 }, (_, i) => (i * i * 7 + i) % 256),
};

let clip: ClipWeights;
let cacheDir: string;
beforeAll(async () => {
  clip = await openClip(referencePath("clip.safetensors"));
});
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "anomalyclip-features-"));
});
afterEach(() => rm(cacheDir, { recursive: true }));

const open = (changed: Partial<FeatureSettings> = {}, of = clip) =>
  FeatureCache.open(of, { ...settings, ...changed }, { cacheDir });

async function computed(changed: Partial<FeatureSettings> = {}): Promise<FeatureCache> {
  const cache = await open(changed);
  await cache.compute(HASH, picture);
  await cache.releaseEncoder();
  return cache;
}

const buffers = ({ settings: { layers }, rows, embedDim }: FeatureCache) =>
  layers.map(() => new Uint16Array(rows * embedDim));

const fileOf = (cache: FeatureCache, layer: number) => join(cache.folder, "ab", `${HASH}.${layer}.f16`);

/** Rows [n, width] scaled to unit length. */
function unitRows(values: Float32Array, width: number): Float32Array {
  return values.map((value, i) => {
    const start = i - (i % width);
    return value / Math.hypot(...values.subarray(start, start + width));
  });
}

test("rows are the image feature and the patch features of each layer, of unit length, within half precision", async () => {
  const cache = await computed();
  const into = buffers(cache);
  expect(await cache.read(HASH, into)).toBe("ok");

  const features = encodeImages(await frozenParameters(clip), clip.config, input("image", [1, 3, 64, 64]), {
    layers: [4, 6],
    dpamFrom: 4,
    attention: "v-v",
  });
  const [four, six] = features.patches;
  const wanted = await evaluate({ global: features.image, 4: four!, 6: six! }, { image: preprocess(picture, 64) });
  const width = clip.config.embedDim;
  expect([cache.rows, cache.embedDim]).toEqual([1 + 8 * 8, width]);
  for (const [i, layer] of [4, 6].entries()) {
    const rows = fromHalf(into[i]!);
    expect(compare(rows.subarray(0, width), unitRows(wanted.global!, width)).difference).toBeLessThan(1e-3);
    const patches = unitRows(wanted[layer]!, width).subarray(width);
    expect(compare(rows.subarray(width), patches).difference).toBeLessThan(1e-3);
  }
});

test("computing again, with other threads or other layers too, gives the same bytes", async () => {
  const bytes = await readFile(fileOf(await computed(), 6));
  await computed();
  const single = await FeatureCache.open(clip, { ...settings, layers: [6] }, { cacheDir, threads: 1 });
  expect(await readFile(fileOf(single, 6))).toEqual(bytes);
  await rm(fileOf(single, 6));
  await single.compute(HASH, picture);
  await single.releaseEncoder();
  expect(await readFile(fileOf(single, 6))).toEqual(bytes);
});

test("other layers use what is there", async () => {
  await computed();
  const one = await open({ layers: [6] });
  expect(await one.has(HASH)).toBe(true);
  expect(await (await open({ layers: [6, 2, 4] })).missingLayers(HASH)).toEqual([2]);
});

test("layers are read in ascending order, however they were given", async () => {
  const cache = await computed();
  const into = buffers(cache);
  await cache.read(HASH, into);
  const turned = await open({ layers: [6, 4] });
  const again = buffers(turned);
  expect(await turned.read(HASH, again)).toBe("ok");
  expect(again).toEqual(into);
  expect(into[0]).not.toEqual(into[1]);
});

test("the folder is another one for other weights, picture sizes and ways to read the tower", async () => {
  const { folder } = await open();
  expect((await open({ layers: [2] })).folder).toBe(folder);
  const changes: Partial<FeatureSettings>[] = [{ imageSize: 96 }, { views: 2 }, { dpamFrom: 3 }, { attention: "q-q" }];
  const folders = new Set([folder]);
  for (const change of changes) folders.add((await open(change)).folder);
  expect(folders.size).toBe(1 + changes.length);

  const copy = join(cacheDir, "copy.safetensors");
  await copyFile(clip.path, copy);
  expect((await open({}, await openClip(copy))).folder).toBe(folder);
  expect((await open({}, await openClip(copy, { activation: "gelu" }))).folder).not.toBe(folder);
  const bytes = await readFile(copy);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(copy, bytes);
  expect((await open({}, await openClip(copy))).folder).not.toBe(folder);
});

test("without a second path its first block makes no difference", async () => {
  const first = await open({ attention: "none", dpamFrom: 2 });
  expect((await open({ attention: "none", dpamFrom: 5 })).folder).toBe(first.folder);
});

test("what is missing, damaged or cut is told apart", async () => {
  const cache = await open();
  const into = buffers(cache);
  expect([await cache.has(HASH), await cache.read(HASH, into)]).toEqual([false, "missing"]);
  expect(await readdir(cacheDir)).toEqual([]);
  await computed();
  expect([await cache.has(HASH), await cache.read(HASH, into)]).toEqual([true, "ok"]);

  const path = fileOf(cache, 4);
  const bytes = await readFile(path);
  bytes[500]! ^= 1;
  await writeFile(path, bytes);
  expect(await cache.read(HASH, into)).toBe("damaged");
  await writeFile(path, bytes.subarray(0, 700));
  expect([await cache.has(HASH), await cache.read(HASH, into)]).toEqual([false, "damaged"]);
  await computed();
  expect(await cache.read(HASH, into)).toBe("ok");
});

test("the sizes that it announces are those on disk", async () => {
  const cache = await computed();
  const { length } = await readFile(fileOf(cache, 4));
  expect(length).toBe(64 + cache.bytesPerLayer);
  expect(cache.bytesPerPicture).toBe(2 * cache.bytesPerLayer);
});

test("a file for people says what the folder holds", async () => {
  const cache = await computed();
  const key = JSON.parse(await readFile(join(cache.folder, "key.json"), "utf8"));
  expect(key).toMatchObject({ imageSize: 64, attention: "v-v", dpamFrom: 4, weightsFrom: "clip.safetensors" });
  expect(key.what).toMatch(/Features of pictures/);
});

test("what a killed run left behind goes when the cache is opened a day later", async () => {
  const cache = await computed();
  const stray = join(cache.folder, "ab", `.${HASH}.4.f16.00000000-1111-1111-1111-111111111111.part`);
  await writeFile(stray, "half");
  await open();
  expect(await readdir(join(cache.folder, "ab"))).toHaveLength(3);
  await utimes(stray, 0, 0);
  await open();
  expect((await readdir(join(cache.folder, "ab"))).sort()).toEqual([`${HASH}.4.f16`, `${HASH}.6.f16`]);
});

test("computing and freeing at the same time wait for each other", async () => {
  const cache = await open();
  const other = "cd".repeat(32);
  await Promise.all([
    cache.compute(HASH, picture),
    cache.releaseEncoder(),
    cache.compute(other, picture),
    cache.releaseEncoder(),
  ]);
  const [first, second] = [buffers(cache), buffers(cache)];
  expect([await cache.read(HASH, first), await cache.read(other, second)]).toEqual(["ok", "ok"]);
  expect(second).toEqual(first);
});

test("features that are not finite are refused, and nothing is kept of them", async () => {
  const copy = join(cacheDir, "copy.safetensors");
  const bytes = await readFile(clip.path);
  const { offset } = clip.tensors.get("vision.post_norm.weight")!;
  bytes.writeFloatLE(Number.NaN, offset);
  await writeFile(copy, bytes);
  const cache = await open({}, await openClip(copy));
  await expect(cache.compute(HASH, picture)).rejects.toMatchObject({ code: "E_WEIGHTS" });
  await cache.releaseEncoder();
  expect(await cache.has(HASH)).toBe(false);
});

test("settings that the model does not have, and arrays that do not fit, are refused", async () => {
  await expect(open({ imageSize: 65 })).rejects.toMatchObject({ code: "E_CONFIG" });
  await expect(open({ layers: [7] })).rejects.toMatchObject({ code: "E_CONFIG" });
  const cache = await open();
  await expect(cache.read(HASH, [new Uint16Array(cache.rows * cache.embedDim)])).rejects.toThrow(RangeError);
});
