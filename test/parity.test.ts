/** The method against the authors' released code: features, texts, scores, maps, and three steps of training. */

import { beforeAll, describe, expect, test } from "vitest";
import { encodeImages, visionOptions } from "../src/anomalyclip/dpam.ts";
import { globalLoss, localLoss } from "../src/anomalyclip/losses.ts";
import { ABNORMAL_STATES, ensembleTexts, NORMAL_STATES } from "../src/anomalyclip/prompt-ensemble.ts";
import { encodePrompts, OBJECT_AGNOSTIC, promptTokens } from "../src/anomalyclip/prompts.ts";
import { abnormalProbability, anomalyMap, logits, patchSimilarity, toPixels } from "../src/anomalyclip/similarity.ts";
import { averageDirection, encodeTexts } from "../src/anomalyclip/text-features.ts";
import { frozenParameters, type Parameters } from "../src/clip/parameters.ts";
import { loadTokenizer } from "../src/clip/tokenizer.ts";
import { add, multiply } from "../src/graph/elementwise.ts";
import { gradient } from "../src/graph/gradient.ts";
import { unitLength } from "../src/graph/normalize.ts";
import { constant, input, type Tensor } from "../src/graph/tensor.ts";
import { evaluate } from "../src/runtime/session.ts";
import { adamCorrections, adamStep } from "../src/training/adam.ts";
import type { Learnable } from "../src/training/optimizer.ts";
import { type ClipWeights, openClip } from "../src/weights/clip-weights.ts";
import { type PromptCheckpoint, readPromptCheckpoint } from "../src/weights/prompt-checkpoint.ts";
import { clipLayouts, compare, expectedTensor, reference, referencePath, relativeL2 } from "./reference/reference.ts";

const FEATURE_TOLERANCE = 1e-4; // of the largest magnitude
const SCORE_TOLERANCE = 1e-4;
const MAP_TOLERANCE = 1e-3;
const GRADIENT_TOLERANCE = 1e-3; // relative, L2

const { image_size: size, features_list: layers, sigma } = reference;
const depth = reference.config.vision_layers;
// The released `DPAM_layer` counts from the end: the last DPAM_layer - 1 blocks have the V-V path.
const dpamFrom = depth - reference.dpam_layer + 2;

async function expectClose(actual: Float32Array, name: string, tolerance: number, relative: boolean): Promise<void> {
  const { difference, magnitude } = compare(actual, (await expectedTensor(name)).values);
  expect(difference / (relative ? magnitude : 1), name).toBeLessThan(tolerance);
}

describe.each(clipLayouts)("parity with the released code from the %s", (_, path) => {
  let clip: ClipWeights;
  let parameters: Parameters;
  let prompts: PromptCheckpoint;
  let images: Tensor;

  beforeAll(async () => {
    clip = await openClip(path);
    parameters = await frozenParameters(clip);
    prompts = await readPromptCheckpoint(referencePath("prompts.pth"));
    const { values, shape } = await expectedTensor("encode/images");
    images = constant(values, shape);
  });

  const promptParameters = () => ({
    contextNormal: constant(prompts.contextNormal, [prompts.contextLength, prompts.width]),
    contextAbnormal: constant(prompts.contextAbnormal, [prompts.contextLength, prompts.width]),
    deepPrompts: prompts.deepPrompts.map((deep) => constant(deep, [prompts.deepLength, prompts.width])),
  });

  test.each([
    ["dpam", "v-v"],
    ["plain", "none"],
  ] as const)("image and patch features, %s", async (kind, attention) => {
    const options = visionOptions(clip.config, { layers, dpamFrom, attention });
    const features = encodeImages(parameters, clip.config, images, options);
    const outputs = Object.fromEntries(features.patches.map((patches, i) => [`patch_features/${layers[i]}`, patches]));
    const results = await evaluate({ ...outputs, image_features: features.image });
    for (const [name, actual] of Object.entries(results)) {
      await expectClose(actual, `encode/${kind}/${name}`, FEATURE_TOLERANCE, true);
    }
  });

  test("text features of plain texts and of the hand-written ensemble", async () => {
    const plain = await encodeTexts(clip, reference.texts);
    await expectClose(
      Float32Array.from(plain.flatMap((feature) => [...feature])),
      "text/plain_features",
      FEATURE_TOLERANCE,
      true,
    );
    const ensemble: number[] = [];
    for (const states of [NORMAL_STATES, ABNORMAL_STATES]) {
      ensemble.push(...averageDirection(await encodeTexts(clip, ensembleTexts("metal nut", states))));
    }
    await expectClose(Float32Array.from(ensemble), "text/ensemble_features/metal nut", FEATURE_TOLERANCE, true);
  });

  test("text features of the prompts, scores, similarity maps and the smoothed map", async () => {
    const endings = await promptTokens(clip, OBJECT_AGNOSTIC);
    const textFeatures = unitLength(encodePrompts(parameters, clip.config, promptParameters(), endings));
    const options = visionOptions(clip.config, { layers, dpamFrom });
    const features = encodeImages(parameters, clip.config, images, options);
    const maps = features.patches.map((patches) => toPixels(patchSimilarity(patches, textFeatures), size));
    const results = await evaluate({
      text_features: textFeatures,
      score: abnormalProbability(logits(features.image, textFeatures)),
      ...Object.fromEntries(maps.map((map, i) => [`layer/${layers[i]}`, map])),
      map_unsmoothed: anomalyMap(maps, 0),
      map: anomalyMap(maps, sigma),
    });
    await expectClose(results.text_features!, "detect/text_features", FEATURE_TOLERANCE, true);
    await expectClose(results.score!, "detect/score", SCORE_TOLERANCE, false);
    await expectClose(results.map_unsmoothed!, "detect/map_unsmoothed", MAP_TOLERANCE, false);
    await expectClose(results.map!, "detect/map", MAP_TOLERANCE, false);
    for (const layer of layers) {
      const twoChannels = Float32Array.from(
        [...results[`layer/${layer}`]!].flatMap((abnormal) => [1 - abnormal, abnormal]),
      );
      await expectClose(twoChannels, `detect/similarity_map/${layer}`, MAP_TOLERANCE, false);
    }
  });

  test("losses, gradients and parameters of three Adam steps", async () => {
    const endings = await promptTokens(clip, OBJECT_AGNOSTIC);
    const features = encodeImages(parameters, clip.config, images, visionOptions(clip.config, { layers, dpamFrom }));
    const labels = (await expectedTensor("train/labels")).values;
    const masks = await expectedTensor("train/masks");
    const context = [prompts.contextLength, prompts.width];
    const learned = new Map<string, Learnable>([
      ["ctx_pos", { shape: context, values: prompts.contextNormal }],
      ["ctx_neg", { shape: context, values: prompts.contextAbnormal }],
    ]);
    prompts.deepPrompts.forEach((values, i) => {
      learned.set(`compound_prompts_text.${i}`, { shape: [prompts.deepLength, prompts.width], values });
    });
    const names = [...learned.keys()];
    const inputs = names.map((name) => input(name, learned.get(name)!.shape));
    const textFeatures = unitLength(
      encodePrompts(
        parameters,
        clip.config,
        { contextNormal: inputs[0]!, contextAbnormal: inputs[1]!, deepPrompts: inputs.slice(2) },
        endings,
      ),
    );
    const maps = features.patches.map((patches) => toPixels(patchSimilarity(patches, textFeatures), size));
    const outputs: Record<string, Tensor> = {
      global_loss: globalLoss(logits(features.image, textFeatures), constant(labels, [labels.length])),
      local_loss: multiply(localLoss(maps, constant(masks.values, masks.shape)), 4),
    };
    const gradients = gradient(add(outputs.global_loss!, outputs.local_loss!), inputs);
    const adam = { beta1: 0.5, beta2: 0.999 };
    const schedule = { learningRate: 1e-3, correction1: input("c1", []), correction2: input("c2", []) };
    names.forEach((name, i) => {
      const state = {
        parameter: inputs[i]!,
        mean: input(`${name}/m`, inputs[i]!.shape),
        meanSquare: input(`${name}/v`, inputs[i]!.shape),
      };
      const after = adamStep(state, gradients[i]!, schedule, adam);
      outputs[`grad/${name}`] = gradients[i]!;
      outputs[`after/${name}`] = after.parameter;
      outputs[`m/${name}`] = after.mean;
      outputs[`v/${name}`] = after.meanSquare;
    });

    const feeds: Record<string, Float32Array> = {};
    for (const [name, { values }] of learned) {
      feeds[name] = values;
      feeds[`${name}/m`] = new Float32Array(values.length);
      feeds[`${name}/v`] = new Float32Array(values.length);
    }
    for (let step = 0; step < 3; step++) {
      const [c1, c2] = adamCorrections(step + 1, adam);
      const results = await evaluate(outputs, { ...feeds, c1: Float32Array.of(c1), c2: Float32Array.of(c2) });
      const prefix = `train/step${step}`;
      for (const name of ["global_loss", "local_loss"]) {
        const wanted = (await expectedTensor(`${prefix}/${name}`)).values[0]!;
        expect(Math.abs(results[name]![0]! - wanted) / Math.abs(wanted), name).toBeLessThan(GRADIENT_TOLERANCE);
      }
      for (const name of names) {
        for (const kind of ["grad", "after"]) {
          const wanted = await expectedTensor(`${prefix}/${kind}/${name}`);
          const label = `${prefix}/${kind}/${name}`;
          expect(relativeL2(results[`${kind}/${name}`]!, wanted.values), label).toBeLessThan(GRADIENT_TOLERANCE);
        }
        feeds[name] = results[`after/${name}`]!;
        feeds[`${name}/m`] = results[`m/${name}`]!;
        feeds[`${name}/v`] = results[`v/${name}`]!;
      }
    }
  });
});

test("the tokens of the reference's texts", async () => {
  const tokenizer = await loadTokenizer();
  const { values } = await expectedTensor("text/tokens");
  const actual = reference.texts.flatMap((text) => [...tokenizer.tokenize(text)]);
  expect(actual).toEqual([...values]);
});
