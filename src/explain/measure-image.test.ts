import { beforeAll, describe, expect, test } from "vitest";
import { compare } from "../../test/reference/reference.ts";
import { COMPARISONS } from "../anomalyclip/attention-maps.ts";
import { AnomalyDetector } from "../anomalyclip/detector.ts";
import { decodeImage } from "../image/decode.ts";
import type { RgbImage } from "../image/image.ts";
import { type ImageMeasurements, measureImage } from "./measure-image.ts";
import { type OpenedModel, openModel } from "./open-model.ts";
import { type PromptVariants, promptVariants } from "./prompt-variants.ts";
import { GRID, PICTURE, referenceModel } from "./reference-model.fixture.ts";

let model: OpenedModel;
let variants: PromptVariants;
let image: RgbImage;
let measured: ImageMeasurements;

beforeAll(async () => {
  model = await openModel(referenceModel);
  variants = await promptVariants(model, "metal nut");
  image = await decodeImage(PICTURE);
  measured = await measureImage(model, image, variants);
});

async function detect(options: Partial<Parameters<typeof AnomalyDetector.load>[0]>) {
  const detector = await AnomalyDetector.load({ ...referenceModel, ...options });
  return detector.detect(image).finally(() => detector.close());
}

/** Largest difference between a map of ours, a mean over layers, and the detector's, a sum. */
const difference = (map: Float32Array, detected: Float32Array, layers: number) =>
  compare(
    map.map((value) => value * layers),
    detected,
  ).difference;

describe("what is measured of a picture", () => {
  test("has the score and the map that detection gives", async () => {
    const { score, map } = await detect({});
    expect(measured.score).toBeCloseTo(score, 5);
    expect(difference(measured.map, map, 3)).toBeLessThan(1e-4);
  });

  test("has the maps of each layer on both paths, raw and smoothed", async () => {
    expect(measured.layers.map(({ block }) => block)).toEqual([4, 5, 6]);
    for (const { block, original, second } of measured.layers) {
      for (const [attention, pair] of [["none", original] as const, ["v-v", second!] as const]) {
        const layers = [block];
        const raw = await detect({ layers, attention, sigma: 0 });
        expect(difference(pair.map, raw.map, 1), `${block} ${attention}`).toBeLessThan(1e-4);
        const smoothed = await detect({ layers, attention });
        expect(difference(pair.smoothed, smoothed.map, 1), `${block} ${attention} smoothed`).toBeLessThan(1e-4);
      }
    }
  });

  test("has scores and maps under each wording, the learned one last", async () => {
    expect(measured.variants.map(({ variant }) => variant.name)).toEqual(["CLIP-AC", "Learned, object-agnostic"]);
    const [written, learned] = measured.variants;
    const plain = await detect({ attention: "none" });
    expect(learned!.score).toBeCloseTo(plain.score, 5);
    expect(difference(learned!.original, plain.map, 3)).toBeLessThan(1e-4);
    expect(difference(learned!.second, (await detect({})).map, 3)).toBeLessThan(1e-4);
    expect(Math.abs(written!.score - learned!.score)).toBeGreaterThan(1e-4);
    expect(compare(written!.second, learned!.second).difference).toBeGreaterThan(1e-3);
  });

  test("asks the most and the least anomalous patch what they attend to", () => {
    expect(measured.patches.map(({ why }) => why)).toEqual(["the most anomalous", "the least anomalous"]);
    const [most, least] = measured.patches;
    expect(most!.similarity).toBeGreaterThan(least!.similarity);
    for (const { blocks } of measured.patches) {
      expect(blocks.map(({ block }) => block)).toEqual([4, 5, 6]);
      for (const { rows } of blocks) {
        for (const kind of COMPARISONS) {
          expect(rows[kind]).toHaveLength(1 + GRID * GRID);
          expect(rows[kind].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
        }
      }
    }
    expect(compare(most!.blocks[0]!.rows["v-v"], least!.blocks[0]!.rows["v-v"]).difference).toBeGreaterThan(1e-3);
  });

  test("shows what was asked for, and no second path before it begins", async () => {
    const patches = [{ x: 0, y: 0 }];
    const asked = await measureImage(model, image, variants, { patches, blocks: [2, 6] });
    expect(asked.patches).toMatchObject([{ column: 0, row: 0, why: "as asked" }]);
    expect(asked.layers.map(({ second }) => second === null)).toEqual([true, false]);
    expect(compare(asked.layers[1]!.second!.map, measured.layers[2]!.second!.map).difference).toBeLessThan(1e-5);
  });
});

test("a model that was read without a second path is explained by CLIP's own", async () => {
  const plain = { ...model, settings: { ...model.settings, attention: "none" as const } };
  const { map } = await measureImage(plain, image, variants);
  expect(difference(map, (await detect({ attention: "none" })).map, 3)).toBeLessThan(1e-4);
});
