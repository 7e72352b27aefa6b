import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { prepareSamples } from "./prepare-samples.ts";
import { abnormal, normal, SIZE, usePreparedFixture } from "./prepared.fixture.ts";
import { type CacheDamage, readFeatures, readMask } from "./read-or-recompute.ts";

const fixture = usePreparedFixture();

const buffers = () => [4, 6].map(() => new Uint16Array(fixture.cache.rows * fixture.cache.embedDim));

/** An abnormal picture, prepared, and its features and mask as they were written first. */
async function prepareOne() {
  const { cache, masks } = fixture;
  const sample = abnormal(await fixture.picture("a.png", 1), await fixture.mask("a_mask.png", 12));
  const [prepared] = await prepareSamples([sample], cache, masks);
  const features = buffers();
  await readFeatures(prepared!, cache, features);
  const mask = new Uint8Array(SIZE * SIZE);
  await readMask(prepared!, masks, mask);
  return { prepared: prepared!, features, mask };
}

async function filesOf(folder: string, extension: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith(extension)).map((name) => join(folder, name));
}

async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length - 2]! ^= 1;
  await writeFile(path, bytes);
}

const harms = [
  ["missing", "missing", (path: string) => rm(path)],
  ["cut", "damaged", (path: string) => truncate(path, 70)],
  ["changed", "damaged", flipBit],
] as const;

test.each(harms)("features that are %s are computed again, to the same bytes", async (_, state, harm) => {
  const { cache } = fixture;
  const { prepared, features } = await prepareOne();
  const files = await filesOf(cache.folder, ".f16");
  const before = await Promise.all(files.map((file) => readFile(file)));
  await harm(files[1]!);
  const damages: CacheDamage[] = [];
  const into = buffers();
  const release = vi.spyOn(cache, "releaseEncoder");
  await readFeatures(prepared, cache, into, (damage) => damages.push(damage));
  expect(into).toEqual(features);
  expect(damages).toEqual([{ path: prepared.sample.image, what: "features", state }]);
  expect(release).toHaveBeenCalledTimes(1);
  expect(await Promise.all(files.map((file) => readFile(file)))).toEqual(before);
  await readFeatures(prepared, cache, into, (damage) => damages.push(damage));
  expect(damages).toHaveLength(1);
});

test.each(harms)("a mask that is %s is made again", async (_, state, harm) => {
  const { masks } = fixture;
  const { prepared, mask } = await prepareOne();
  await harm((await filesOf(masks.folder, ".mask"))[0]!);
  const damages: CacheDamage[] = [];
  const into = new Uint8Array(SIZE * SIZE);
  await readMask(prepared, masks, into, (damage) => damages.push(damage));
  expect(into).toEqual(mask);
  expect(into.includes(1)).toBe(true);
  expect(damages).toEqual([{ path: prepared.sample.mask, what: "mask", state }]);
});

test("several damaged pictures of a batch are mended at the same time", async () => {
  const { cache, masks } = fixture;
  const images = [
    await fixture.picture("a.png", 1),
    await fixture.picture("b.png", 2),
    await fixture.picture("c.png", 3),
  ];
  const prepared = await prepareSamples(images.map(normal), cache, masks);
  const first = await Promise.all(
    prepared.map(async (one) => {
      const into = buffers();
      await readFeatures(one, cache, into);
      return into;
    }),
  );
  await rm(cache.folder, { recursive: true });
  const again = prepared.map(buffers);
  await Promise.all(prepared.map((one, i) => readFeatures(one, cache, again[i]!)));
  expect(again).toEqual(first);
});

test("without a mask all pixels are 0, whatever was there before", async () => {
  const { masks } = fixture;
  const { prepared } = await prepareOne();
  const into = new Uint8Array(SIZE * SIZE).fill(1);
  await readMask({ ...prepared, maskHash: null }, masks, into);
  expect(into.includes(1)).toBe(false);
});

test("a picture or mask that is another one by now stops training", async () => {
  const { cache, masks } = fixture;
  const { prepared } = await prepareOne();
  await rm(cache.folder, { recursive: true });
  await rm(masks.folder, { recursive: true });
  await fixture.picture("a.png", 5);
  await fixture.mask("a_mask.png", 3);
  await expect(readFeatures(prepared, cache, buffers())).rejects.toMatchObject({
    code: "E_DATASET",
    message: expect.stringMatching(/a\.png: changed since the run began/),
  });
  await expect(readMask(prepared, masks, new Uint8Array(SIZE * SIZE))).rejects.toMatchObject({
    code: "E_DATASET",
    message: expect.stringMatching(/a_mask\.png: changed since the run began/),
  });
  await rm(prepared.sample.image);
  await expect(readFeatures(prepared, cache, buffers())).rejects.toMatchObject({ code: "E_IMAGE" });
});
