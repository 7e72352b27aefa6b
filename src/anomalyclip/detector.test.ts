import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clipLayouts, compare, expectedTensor, reference, referencePath } from "../../test/reference/reference.ts";
import { frozenParameters } from "../clip/parameters.ts";
import { unitLength } from "../graph/normalize.ts";
import { constant } from "../graph/tensor.ts";
import { decodeImage } from "../image/decode.ts";
import { preprocess } from "../image/preprocess.ts";
import { evaluate } from "../runtime/session.ts";
import { openClip } from "../weights/clip-weights.ts";
import { readPromptCheckpoint, writePromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { AnomalyDetector } from "./detector.ts";
import { encodeImages, visionOptions } from "./dpam.ts";
import { anomalyMap, toPixels } from "./similarity.ts";
import { promptFeatures, type TextFeatures } from "./text-features.ts";

const [, model] = clipLayouts[0]!;
const prompts = referencePath("prompts.pth");
const picture = referencePath("images/rgb-large.png");
const settings = {
  imageSize: reference.image_size,
  layers: reference.features_list,
  dpamFrom: reference.config.vision_layers - reference.dpam_layer + 2,
};

const examples = new URL("../../examples/", import.meta.url);

async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

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

describe("many pictures", () => {
  let detector: AnomalyDetector;
  beforeAll(async () => {
    detector = await AnomalyDetector.load({ model, prompts, ...settings });
  });
  afterAll(() => detector.close());

  const names = reference.images.map((name: string) => referencePath(`images/${name}`));

  test("have the outcomes of one at a time, in order, drawn where asked", async () => {
    const found = await gather(detector.detectMany(names, { draw: { colormap: "turbo" } }));
    expect(found.map(({ source }) => source)).toEqual(names);
    for (const { source, detection } of found) {
      const alone = await detector.detect(source);
      expect(detection!.score).toBe(alone.score);
      expect(detection!.regions).toEqual(alone.regions);
      expect(alone.pictures).toBeNull();
      const drawn = await decodeImage(detection!.pictures!.overlay);
      expect([drawn.width, drawn.height]).toEqual([detection!.width, detection!.height]);
    }
  });

  test("go on after one that fails, which is an outcome", async () => {
    const sources = [names[0]!, "no-such-file.png", Uint8Array.of(1, 2, 3), await decodeImage(names[1]!)];
    const found = await gather(detector.detectMany(sources));
    expect(found.map(({ error }) => error === undefined)).toEqual([true, false, false, true]);
    expect(found[1]!.error).toMatchObject({ code: "E_IMAGE", message: expect.stringContaining("no such file") });
  });

  test("are asked for as there is room, from a source without end, until the signal", async () => {
    let asked = 0;
    async function* endless() {
      for (;;) yield names[asked++ % names.length]!;
    }
    const stop = new AbortController();
    let seen = 0;
    for await (const { error } of detector.detectMany(endless(), { signal: stop.signal })) {
      expect(error).toBeUndefined();
      expect(asked).toBeLessThanOrEqual(seen + 5);
      if (++seen === 4) stop.abort();
    }
    // Those that the model has looked at already are finished.
    expect(seen).toBeLessThanOrEqual(6);
  });

  test("leave the caller's pixels as they are", async () => {
    const pixels = await decodeImage(names[0]!);
    const before = Uint8Array.from(pixels.data);
    await detector.detect(pixels, { draw: { colormap: "gray" } });
    expect(pixels.data).toEqual(before);
  });
});

describe("tiles", () => {
  test("say what whole pictures say where one window is enough, and more where it is not", async () => {
    const [whole, auto, tiled] = await Promise.all(
      [{}, { tile: "auto" }, { tile: 200, overlap: 0.5 }].map((tiles) =>
        AnomalyDetector.load({ model, prompts, ...settings, ...(tiles as { tile?: number }) }),
      ),
    );
    const small = await decodeImage(referencePath("images/square.png"));
    const once = await whole!.detect(small);
    const same = await auto!.detect(small);
    expect(same.windows).toBe(1);
    expect(same.score).toBeCloseTo(once.score, 6);
    expect([same.mapWidth, same.mapHeight]).toEqual([small.width, small.height]);
    const enlarged = once.imageMap();
    expect(Math.max(...same.map.map((value, i) => Math.abs(value - enlarged[i]!)))).toBeLessThan(1e-5);

    const large = await decodeImage(picture);
    const before = Uint8Array.from(large.data);
    const found = await tiled!.detect(large, { draw: { colormap: "turbo" } });
    expect(found.windows).toBeGreaterThan(4);
    expect(found.map).toHaveLength(large.width * large.height);
    expect(found.imageMap()).toBe(found.map);
    expect((await decodeImage(found.pictures!.overlay)).width).toBe(large.width);
    expect(large.data).toEqual(before);
    expect(tiled!.description.tiles).toBe("200 px, overlap 0.5");
    await Promise.all([whole!, auto!, tiled!].map((detector) => detector.close()));
  });

  test.each([
    [{ tile: 8 }, "the side of a window must be auto, or a whole number from 16"],
    [{ tile: 64, overlap: 1 }, "the overlap of windows must be from 0 to 0.9"],
    [{ overlap: 0.5 }, "say how large they are"],
  ])("of %o are refused", async (tiles, reason) => {
    await expect(AnomalyDetector.load({ model, prompts, ...settings, ...tiles })).rejects.toThrow(reason);
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

  test("are told by their content, so that results of others under the same name are not mixed with theirs", async () => {
    const path = join(folder, "changing.safetensors");
    const released = await readPromptCheckpoint(prompts);
    const describe = async () => {
      const detector = await AnomalyDetector.load({ model, prompts: path, ...settings });
      await detector.close();
      return { ...detector.description, ...(await detector.identify()) };
    };
    await writePromptCheckpoint(path, released);
    const before = await describe();
    await writePromptCheckpoint(path, { ...released, contextNormal: released.contextAbnormal });
    const { "prompts SHA-256": hash, ...same } = before;
    expect(await describe()).toMatchObject(same);
    expect((await describe())["prompts SHA-256"]).not.toBe(hash);
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

  test("that name what they look at need its name, and score as their features for it", async () => {
    const path = join(folder, "aware.safetensors");
    const released = await readPromptCheckpoint(prompts);
    const templates = { normal: ["{}", "flawless {}"], abnormal: ["damaged {}"], object: null };
    const aware = { ...released, metadata: { templates: JSON.stringify(templates) } };
    await writePromptCheckpoint(path, aware);
    const load = (object?: string) => AnomalyDetector.load({ model, prompts: path, object, ...settings });
    await expect(load()).rejects.toMatchObject({ code: "E_CONFIG", message: expect.stringMatching(/say what it is/) });
    await expect(AnomalyDetector.load({ model, prompts, object: "metal nut", ...settings })).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringMatching(/take no other name \(metal nut\)/),
    });
    const scores = [];
    for (const object of ["metal nut", "pcb"]) {
      const detector = await load(object);
      expect(detector.description.object).toBe(object);
      const detection = await detector.detect(picture);
      await detector.close();
      const texts = await promptFeatures(await openClip(model), aware, object);
      const wanted = await scoreAndMap(texts, texts);
      expect(detection.score).toBeCloseTo(wanted.score, 5);
      expect(compare(detection.map, wanted.map).difference).toBeLessThan(1e-4);
      scores.push(detection.score);
    }
    expect(Math.abs(scores[0]! - scores[1]!)).toBeGreaterThan(1e-4);
  });

  test("that are decoupled score by the first pair and map by the second", async () => {
    const path = join(folder, "decoupled.safetensors");
    const { contextNormal, contextAbnormal, deepPrompts, ...sizes } = await readPromptCheckpoint(prompts);
    const image = { contextNormal, contextAbnormal, deepPrompts };
    const pixel = { contextNormal: contextAbnormal, contextAbnormal: contextNormal, deepPrompts };
    await writePromptCheckpoint(path, { ...image, ...sizes, pixel });
    const detector = await AnomalyDetector.load({ model, prompts: path, ...settings });
    const { score, map } = await detector.detect(picture);
    await detector.close();
    const clip = await openClip(model);
    const [texts, pixelTexts] = [
      await promptFeatures(clip, { ...image, ...sizes }),
      await promptFeatures(clip, { ...pixel, ...sizes }),
    ];
    const wanted = await scoreAndMap(texts, pixelTexts);
    expect(score).toBeCloseTo(wanted.score, 5);
    expect(compare(map, wanted.map).difference).toBeLessThan(1e-4);
    expect(Math.abs(score - (await scoreAndMap(pixelTexts, texts)).score)).toBeGreaterThan(1e-3);
  });

  test("must be named for a model of one's own", async () => {
    await expect(AnomalyDetector.load({ model })).rejects.toThrow("needs prompts learned for it");
  });
});

test("an image size that patches do not tile is refused with the nearest that they do", async () => {
  await expect(AnomalyDetector.load({ model, prompts, imageSize: 100 })).rejects.toThrow("use 96 or 104");
});

/** Score and map of the picture by hand: features of the two towers, compared. */
async function scoreAndMap(texts: TextFeatures, pixelTexts: TextFeatures) {
  const clip = await openClip(model);
  const size = settings.imageSize;
  const pixels = constant(preprocess(await decodeImage(picture), size), [1, 3, size, size]);
  const options = visionOptions(clip.config, settings);
  const features = encodeImages(await frozenParameters(clip), clip.config, pixels, options);
  const grid = size / clip.config.patchSize;
  const outputs = features.patches.map((patches, i) => [`patches ${i}`, unitLength(patches)] as const);
  const { image, ...layers } = await evaluate({ image: unitLength(features.image), ...Object.fromEntries(outputs) });
  const probability = ({ normal, abnormal }: TextFeatures, values: Float32Array, row: number) => {
    const at = row * abnormal.length;
    const difference = abnormal.reduce((sum, x, i) => sum + (x - normal[i]!) * values[at + i]!, 0);
    return 1 / (1 + Math.exp(-difference / 0.07));
  };
  const maps = Object.values(layers).map((layer) => {
    const patchMap = Array.from({ length: grid * grid }, (_, patch) => probability(pixelTexts, layer, 1 + patch));
    return toPixels(constant(patchMap, [1, grid, grid]), size);
  });
  const { map } = await evaluate({ map: anomalyMap(maps, 4) });
  return { score: probability(texts, image!, 0), map: map! };
}

test("in int8 a picture's score does not depend on those that are looked at with it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "anomalyclip-test-"));
  const detector = await AnomalyDetector.load({ precision: "int8", batch: 4, quantization: { cacheDir: folder } });
  try {
    const files = ["coin-good.png", "gear-chip.png", "knit-good.png"].map((name) =>
      fileURLToPath(new URL(name, examples)),
    );
    const { score } = await detector.detect(files[0]!);
    const together = await Promise.all(files.map((file) => detector.detect(file)));
    expect(together[0]!.score).toBe(score);
  } finally {
    await detector.close();
    await rm(folder, { recursive: true });
  }
}, 60_000);
