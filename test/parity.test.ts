/** The method against the authors' released code: features, texts, scores, maps, and three steps of training. */

import { beforeAll, describe, expect, test } from "vitest";
import { encodeImages, visionOptions } from "../src/anomalyclip/dpam.ts";
import { ABNORMAL_STATES, ensembleTexts, NORMAL_STATES } from "../src/anomalyclip/hand-written-prompts.ts";
import { OBJECT_AGNOSTIC } from "../src/anomalyclip/prompt-templates.ts";
import { constantSequences, promptWords } from "../src/anomalyclip/prompts.ts";
import { abnormalProbability, anomalyMap, logits, patchSimilarity, toPixels } from "../src/anomalyclip/similarity.ts";
import { averageDirection, encodeTexts, promptFeatures } from "../src/anomalyclip/text-features.ts";
import { frozenParameters, type Parameters } from "../src/clip/parameters.ts";
import { loadTokenizer } from "../src/clip/tokenizer.ts";
import { gradient } from "../src/graph/gradient.ts";
import { unitLength } from "../src/graph/normalize.ts";
import { constant, input, type Tensor } from "../src/graph/tensor.ts";
import { evaluate, Session } from "../src/runtime/session.ts";
import { Optimizer } from "../src/training/optimizer.ts";
import { promptLearnables, promptParameters } from "../src/training/prompt-learnables.ts";
import { promptLoss } from "../src/training/prompt-loss.ts";
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
    const { normal, abnormal } = await promptFeatures(clip, prompts);
    const textFeatures = constant([...normal, ...abnormal], [2, clip.config.embedDim]);
    const options = visionOptions(clip.config, { layers, dpamFrom });
    const features = encodeImages(parameters, clip.config, images, options);
    const maps = features.patches.map((patches) => toPixels(patchSimilarity(unitLength(patches), textFeatures), size));
    const results = await evaluate({
      text_features: textFeatures,
      score: abnormalProbability(logits(unitLength(features.image), textFeatures)),
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
    const labels = (await expectedTensor("train/labels")).values;
    const masks = await expectedTensor("train/masks");
    const words = await promptWords(clip, OBJECT_AGNOSTIC, ["object"], prompts.contextLength);
    const text = { parameters, config: clip.config, sequences: constantSequences(words, prompts.contextLength) };
    const features = encodeImages(parameters, clip.config, images, visionOptions(clip.config, { layers, dpamFrom }));
    const equal = constant(new Float32Array(labels.length).fill(1 / labels.length));
    const batch = {
      image: unitLength(features.image),
      patches: features.patches.map(unitLength),
      labels: constant(labels, [labels.length]),
      masks: constant(masks.values, masks.shape),
      globalWeights: equal,
      localWeights: equal,
    };
    const learnables = promptLearnables(prompts);
    const names = [...learnables.keys()];
    const loss = (parameter: (name: string) => Tensor) => promptLoss(text, promptParameters(parameter, prompts), batch);
    const optimizer = await Optimizer.create({ learnables, loss, adam: { beta1: 0.5, beta2: 0.999 } });
    const inputs = new Map(names.map((name) => [name, input(name, learnables.get(name)!.shape)]));
    const gradients = gradient(loss((name) => inputs.get(name)!).loss, [...inputs.values()]);
    const gradientSession = await Session.create(
      Object.fromEntries(names.map((name, i) => [`d ${name}`, gradients[i]!])),
    );

    const releasedName = (name: string) =>
      ({ "context.normal": "ctx_pos", "context.abnormal": "ctx_neg" })[name] ??
      name.replace("deep.", "compound_prompts_text.");
    for (let step = 0; step < 3; step++) {
      const prefix = `train/step${step}`;
      const feeds = Object.fromEntries(names.map((name) => [name, optimizer.values(name)]));
      const slopes = await gradientSession.run(feeds);
      const report = await optimizer.step({}, 1e-3);
      const wanted = async (name: string) => (await expectedTensor(`${prefix}/${name}`)).values;
      expect(relativeL2([report.global!], await wanted("global_loss")), "global loss").toBeLessThan(1e-4);
      // The reference states the local loss with its weight.
      expect(relativeL2([4 * report.local!], await wanted("local_loss")), "local loss").toBeLessThan(1e-4);
      for (const name of names) {
        const released = releasedName(name);
        const slope = relativeL2(slopes[`d ${name}`]!, await wanted(`grad/${released}`));
        expect(slope, `${prefix}/grad/${released}`).toBeLessThan(GRADIENT_TOLERANCE);
        const after = relativeL2(optimizer.values(name), await wanted(`after/${released}`));
        expect(after, `${prefix}/after/${released}`).toBeLessThan(GRADIENT_TOLERANCE);
      }
    }
    await gradientSession.close();
    await optimizer.close();
  });
});

test("the tokens of the reference's texts", async () => {
  const tokenizer = await loadTokenizer();
  const { values } = await expectedTensor("text/tokens");
  const actual = reference.texts.flatMap((text) => [...tokenizer.tokenize(text)]);
  expect(actual).toEqual([...values]);
});
