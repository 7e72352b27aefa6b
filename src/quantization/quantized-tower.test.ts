import { copyFile, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodeImages, visionOptions } from "../anomalyclip/dpam.ts";
import { frozenParameters } from "../clip/parameters.ts";
import { renderSample } from "../datasets/procedural/render.ts";
import { input } from "../graph/tensor.ts";
import { preprocess } from "../image/preprocess.ts";
import { evaluate } from "../runtime/session.ts";
import { openClip } from "../weights/clip-weights.ts";
import { EMBEDDED_MODEL } from "../weights/embedded-model.ts";
import { openSafetensors } from "../weights/safetensors.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { writeSafetensors } from "../weights/write-safetensors.ts";
import { TOLERANCE } from "./choose-method.ts";
import { openTower, type Tower } from "./open-tower.ts";
import { openQuantizedTower } from "./quantized-tower.ts";
import { allSites } from "./sites.ts";

const temporary = useTemporaryFolder();
const SIZE = 128;

/** Image feature and patch features of a picture that the choice of methods never saw. */
async function featuresOf({ parameters, linear }: Tower): Promise<Float32Array[]> {
  const clip = await openClip(EMBEDDED_MODEL);
  const { image } = renderSample({ category: "leather", defect: "cut", seed: 9, size: SIZE });
  const pixels = input("pixels", [1, 3, SIZE, SIZE]);
  const features = encodeImages(parameters, clip.config, pixels, visionOptions(clip.config), { linear });
  const results = await evaluate(
    { image: features.image, patches: features.patches[0]! },
    { pixels: preprocess(image, SIZE) },
  );
  return [results.image!, results.patches!];
}

function relativeError(x: Float32Array, y: Float32Array): number {
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(x.map((value, i) => value - y[i]!)) / squares(x));
}

describe("the embedded model in 8 bits", () => {
  test("has a method for every site within tolerance, and features near those in float32", async () => {
    const clip = await openClip(EMBEDDED_MODEL);
    const steps: number[] = [];
    const tower = await openQuantizedTower(clip, {
      cacheDir: temporary.path("near"),
      onProgress: ({ done }) => steps.push(done),
    });
    expect(steps).toEqual(Array.from({ length: clip.config.vision.layers + 1 }, (_, i) => i));
    for (const { name } of allSites(clip.config)) {
      const { method, errors } = tower.sites[name]!;
      if (method !== "fp32") expect(errors[method]).toBeLessThanOrEqual(TOLERANCE);
    }
    expect(Object.values(tower.sites).some(({ method }) => method === "int8-smoothed")).toBe(true);
    const stored = await frozenParameters(clip);
    // The stem is no site: it stays as it is stored.
    expect(Object.keys(tower.sites)).toEqual(allSites(clip.config).map(({ name }) => name));
    expect(tower.parameters("vision.stem.0.weight")).toEqual(stored("vision.stem.0.weight"));
    const exact = await featuresOf({ parameters: stored });
    const quantized = await featuresOf(tower);
    for (const [i, features] of exact.entries()) {
      const error = relativeError(features, quantized[i]!);
      expect(error).toBeGreaterThan(1e-5);
      expect(error).toBeLessThan(0.03);
    }
  });

  test("is made once, and again for a model that changed", async () => {
    const cacheDir = temporary.path("once");
    const model = temporary.path("model.safetensors");
    await copyFile(EMBEDDED_MODEL, model);
    let made = 0;
    const open = async () =>
      openQuantizedTower(await openClip(model), { cacheDir, onProgress: ({ done }) => (made += done === 0 ? 1 : 0) });
    const first = await open();
    const second = await open();
    expect([made, second.path]).toEqual([1, first.path]);
    expect(second.sites).toEqual(first.sites);
    await utimes(model, new Date(), new Date(Date.now() - 60_000));
    expect((await open()).path).toBe(first.path);
    // Another training: as many bytes, and as old.
    const { atime, mtime } = await stat(model);
    const bytes = await readFile(model);
    bytes[bytes.length - 2]! ^= 1;
    await writeFile(model, bytes);
    await utimes(model, atime, mtime);
    expect((await open()).path).not.toBe(first.path);
    expect(made).toBe(2);
  });

  test.each([
    ["another version", async (path: string) => writeSafetensors(path, [], { format: "0" }), /another version/],
    ["a torn file", async (path: string) => writeFile(path, (await readFile(path)).subarray(0, 5000)), /safetensors/],
    [
      "a file without sites",
      async (path: string) => writeSafetensors(path, [], { format: (await openSafetensors(path)).metadata.format! }),
      /incomplete/,
    ],
  ])("kept by %s is made anew, and said so", async (name, damage, reason) => {
    const cacheDir = temporary.path(name);
    const clip = await openClip(EMBEDDED_MODEL);
    const { path, sites } = await openQuantizedTower(clip, { cacheDir });
    await damage(path);
    const notes: string[] = [];
    const again = await openQuantizedTower(clip, { cacheDir, onNote: (text) => notes.push(text) });
    expect(notes).toEqual([expect.stringMatching(reason)]);
    expect(notes[0]).toContain("making them anew");
    expect(again.sites).toEqual(sites);
    expect(await readdir(cacheDir)).toEqual([path.slice(path.lastIndexOf("/") + 1)]);
  });

  test("that cannot be kept is one line", async () => {
    const file = await temporary.write("file", "not a folder");
    const clip = await openClip(EMBEDDED_MODEL);
    await expect(openQuantizedTower(clip, { cacheDir: join(file, "below") })).rejects.toMatchObject({
      code: "E_WEIGHTS",
      message: expect.stringContaining("cannot hold"),
    });
  });
});

test("float32 is the model as it is stored", async () => {
  const clip = await openClip(EMBEDDED_MODEL);
  expect((await openTower(clip, "fp32")).linear).toBeUndefined();
});
