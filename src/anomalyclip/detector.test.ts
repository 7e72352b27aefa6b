import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clipLayouts, compare, expectedTensor, reference, referencePath } from "../../test/reference/reference.ts";
import { decodeImage } from "../image/decode.ts";
import { preprocess } from "../image/preprocess.ts";
import { openClip } from "../weights/clip-weights.ts";
import { readPromptCheckpoint, writePromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { AnomalyDetector } from "./detector.ts";
import { promptFeatures } from "./text-features.ts";

const [, model] = clipLayouts[0]!;
const prompts = referencePath("prompts.pth");
const picture = referencePath("images/rgb-large.png");
const settings = {
  imageSize: reference.image_size,
  layers: reference.features_list,
  dpamFrom: reference.config.vision_layers - reference.dpam_layer + 2,
};

describe("a detector on the reference CLIP", () => {
  let detector: AnomalyDetector;
  beforeAll(async () => {
    detector = await AnomalyDetector.load({ model, prompts, ...settings });
  });
  afterAll(() => detector.close());

  // The reference lists the pictures it encoded by their preprocessed pixels only.
  test("gives the released code's score and map for the pictures that it was run on", async () => {
    const inputs = (await expectedTensor("encode/images")).values;
    const scores = (await expectedTensor("detect/score")).values;
    const maps = (await expectedTensor("detect/map")).values;
    const pixels = inputs.length / scores.length;
    let found = 0;
    for (const name of reference.images) {
      const image = await decodeImage(referencePath(`images/${name}`));
      const at = scores.findIndex(
        (_, i) =>
          compare(preprocess(image, reference.image_size), inputs.slice(i * pixels, (i + 1) * pixels)).difference <
          1e-4,
      );
      if (at >= 0) {
        found += 1;
        const { score, map } = await detector.detect(image);
        expect(Math.abs(score - scores[at]!)).toBeLessThan(1e-4);
        expect(compare(map, maps.slice(at * map.length, (at + 1) * map.length)).difference).toBeLessThan(1e-3);
      }
    }
    expect(found).toBeGreaterThan(0);
  });

  test("takes a path, bytes or pixels, and gives a map at the picture's own size", async () => {
    const fromPath = await detector.detect(picture);
    const fromPixels = await detector.detect(await decodeImage(picture));
    expect(fromPixels.score).toBe(fromPath.score);
    expect(fromPath.imageMap().length).toBe(fromPath.image.width * fromPath.image.height);
    expect(fromPath.layers).toBe(3);
  });

  test("finds as regions the pixels that reach the map threshold for each layer", async () => {
    const low = await AnomalyDetector.load({ model, prompts, ...settings, mapThreshold: 0 });
    const { regions, image } = await low.detect(picture);
    expect(regions).toHaveLength(1);
    expect(regions[0]).toMatchObject({ x: 0, y: 0, width: image.width, height: image.height });
    await low.close();
    const high = await AnomalyDetector.load({ model, prompts, ...settings, mapThreshold: 1 });
    expect((await high.detect(picture)).regions).toEqual([]);
    await high.close();
  });

  test("judges by the threshold", async () => {
    const { score } = await detector.detect(picture);
    for (const [threshold, verdict] of [
      [score, "abnormal"],
      [Math.min(1, score + 1e-3), "normal"],
    ] as const) {
      const strict = await AnomalyDetector.load({ model, prompts, ...settings, threshold });
      expect((await strict.detect(picture)).verdict).toBe(verdict);
      await strict.close();
    }
  });
});

describe("prompt files", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "anomalyclip-test-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("that carry text features need no text encoder, and give the same score", async () => {
    const path = join(folder, "prompts.safetensors");
    const released = await readPromptCheckpoint(prompts);
    const textFeatures = await promptFeatures(await openClip(model), released);
    await writePromptCheckpoint(path, { ...released, textFeatures });
    const [a, b] = await Promise.all(
      [prompts, path].map(async (file) => {
        const detector = await AnomalyDetector.load({ model, prompts: file, ...settings });
        const { score } = await detector.detect(picture);
        await detector.close();
        return score;
      }),
    );
    expect(b).toBeCloseTo(a!, 6);
  });

  test("learned for another backbone are refused with both sizes", async () => {
    const released = await readPromptCheckpoint(prompts);
    const path = join(folder, "wide.safetensors");
    const wide = { ...released, width: 2 * released.width, contextLength: released.contextLength / 2 };
    await writePromptCheckpoint(path, { ...wide, deepPrompts: [], deepLength: 0 });
    await expect(AnomalyDetector.load({ model, prompts: path, ...settings })).rejects.toThrow(
      /prompts are 128 wide, the text encoder of .* is 64/,
    );
    const features = join(folder, "features.safetensors");
    const vector = new Float32Array(32).fill(1 / Math.sqrt(32));
    await writePromptCheckpoint(features, { ...released, textFeatures: { normal: vector, abnormal: vector } });
    await expect(AnomalyDetector.load({ model, prompts: features, ...settings })).rejects.toThrow(
      /text features have 32 numbers, the features of .* 64/,
    );
  });

  test("that reach deeper than the text encoder are refused", async () => {
    const released = await readPromptCheckpoint(prompts);
    const path = join(folder, "deep.safetensors");
    const deepPrompts = Array.from({ length: 4 }, () => released.deepPrompts[0]!);
    await writePromptCheckpoint(path, { ...released, deepPrompts });
    await expect(AnomalyDetector.load({ model, prompts: path, ...settings })).rejects.toThrow(
      /reach 5 blocks deep, the text encoder of .* has 4/,
    );
  });

  test("must be named for a model of one's own", async () => {
    await expect(AnomalyDetector.load({ model })).rejects.toThrow("needs prompts learned for it");
  });
});

test("an image size that patches do not tile is refused with the nearest that they do", async () => {
  await expect(AnomalyDetector.load({ model, prompts, imageSize: 100 })).rejects.toThrow("use 96 or 104");
});
