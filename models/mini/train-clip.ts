/**
 * Trains the embedded CLIP on pictures of the procedural world and their captions, with this project's own graph and
 * gradient:
 *
 *   npm run mini:clip -- --out models/mini/clip.safetensors
 *
 * The loss has three parts. Contrastive: each picture against all captions of its batch and each caption against all
 * pictures; a caption that fits several pictures of the batch ("a damaged object") counts for each. Global and local:
 * cross-entropy on the class token and on the patches of the V-V path, with the mean features of captions of normal and
 * of damaged objects in the place of AnomalyCLIP's prompts. Only the training categories and training kinds of defects
 * are ever seen.
 */

import { parseArgs } from "node:util";
import { encodeImages, visionOptions } from "../../src/anomalyclip/dpam.ts";
import { globalLoss } from "../../src/anomalyclip/losses.ts";
import { logits } from "../../src/anomalyclip/similarity.ts";
import { encodeTokens } from "../../src/clip/text.ts";
import { captionsFor } from "../../src/datasets/procedural/captions.ts";
import { findCategory } from "../../src/datasets/procedural/categories.ts";
import { findDefect } from "../../src/datasets/procedural/defects.ts";
import { add, exp, multiply, negate } from "../../src/graph/elementwise.ts";
import { gatherRows } from "../../src/graph/gather.ts";
import { concat, slice } from "../../src/graph/layout.ts";
import { linear, swapLast } from "../../src/graph/linear.ts";
import { logSoftmax, unitLength } from "../../src/graph/normalize.ts";
import { mean, sum } from "../../src/graph/reduce.ts";
import { input, type Tensor } from "../../src/graph/tensor.ts";
import { mixSeed, Random } from "../../src/random.ts";
import { gaussian } from "../../src/training/gaussian.ts";
import { type Learnable, Optimizer } from "../../src/training/optimizer.ts";
import { type Batch, type BatchRequest, renderAhead } from "./batches.ts";
import { Captions } from "./caption-tokens.ts";
import { CONFIG, DPAM_FROM, initialParameters } from "./config.ts";
import { readParameters, saveClip } from "./save-clip.ts";

/**
 * Parts of pictures first, whole pictures later: attention over few patches is cheaper, and a defect fills more of them.
 * The learning rate warms up, then falls by a cosine over `decay` steps; each stage starts Adam anew.
 * The model that ships is made of the first three, in a smaller world; the others go on from it (`LOG.md`).
 */
const STAGES = [
  { size: 64, count: 64, steps: 500, decay: 1500, rate: 1e-3, warmUp: 100, global: 1 },
  { size: 128, count: 24, steps: 200, decay: 1400, rate: 3e-4, warmUp: 50, global: 2 },
  { size: 128, count: 24, steps: 1050, decay: 1050, rate: 3e-4, warmUp: 30, global: 2 },
  { size: 64, count: 64, steps: 600, decay: 1200, rate: 6e-4, warmUp: 60, global: 2 },
  { size: 128, count: 24, steps: 800, decay: 800, rate: 4e-4, warmUp: 40, global: 2 },
];
const ADAM = { beta1: 0.9, beta2: 0.98, weightDecay: 0.02 };
/** Weights of the losses; that of the global loss is the stage's. */
const WEIGHTS = { contrastive: 0.5, local: 2 };
/** A patch is abnormal when a defect covers this part of it. */
const TOUCHED = 1 / 12;
/** The part of its peak that the rate falls to. */
const LAST_RATE = 0.05;
const SAVE_EVERY = 100;

const { values: options } = parseArgs({
  options: {
    out: { type: "string", default: "models/mini/clip.safetensors" },
    init: { type: "string" },
    seed: { type: "string", default: "0" },
    stage: { type: "string", multiple: true, default: ["1", "2", "3"] },
    steps: { type: "string" },
    rate: { type: "string" },
  },
});
const seed = Number(options.seed);
const captions = await Captions.load();
const random = new Random(mixSeed("initial", seed));
const normal = gaussian(() => random.next());
let parameters: ReadonlyMap<string, Learnable> = options.init
  ? await readParameters(options.init, captions.ids, normal)
  : initialParameters(captions.ids.length, normal);

for (const number of options.stage.map(Number)) {
  const chosen = STAGES[number - 1]!;
  const stage = {
    ...chosen,
    steps: Number(options.steps ?? chosen.steps),
    rate: Number(options.rate ?? chosen.rate),
  };
  parameters = await train(stage, number, parameters);
}

async function train(
  stage: (typeof STAGES)[number],
  number: number,
  start: ReadonlyMap<string, Learnable>,
): Promise<ReadonlyMap<string, Learnable>> {
  const { size, count, steps } = stage;
  const optimizer = await Optimizer.create({
    learnables: start,
    loss: (parameter) => buildLoss(parameter, stage),
    adam: ADAM,
    withoutDecay: (name) => !/\.(query|key|value|out|fc1|fc2)\.weight$/.test(name),
    // The cores are shared with the process that renders.
    session: { spin: false },
  });
  const requests = Array.from(
    { length: steps },
    (_, i): BatchRequest => ({ seed: mixSeed("stage", seed, number, i), count, size }),
  );
  const now = () =>
    new Map([...start].map(([name, { shape }]) => [name, { shape, values: optimizer.values(name).slice() }]));
  const average = new Map<string, number>();
  const began = performance.now();
  let step = 0;
  for await (const batch of renderAhead(requests)) {
    const report = await optimizer.step(feedsOf(batch), rateAt(step, stage));
    step += 1;
    for (const [name, value] of Object.entries(report)) {
      average.set(name, (average.get(name) ?? value) * 0.95 + value * 0.05);
    }
    if (!Number.isFinite(report.loss)) {
      throw new Error(`the loss is ${report.loss} at step ${step}`);
    }
    if (step % 20 === 0) {
      const seconds = (performance.now() - began) / 1000;
      const parts = [...average].map(([name, value]) => `${name} ${value.toFixed(3)}`).join("  ");
      console.log(`stage ${number}  step ${step}/${steps}  ${parts}  ${(seconds / step).toFixed(2)} s/step`);
    }
    if (step % SAVE_EVERY === 0 || step === steps) {
      await saveClip(options.out, now(), captions.ids, {
        stage: String(number),
        step: String(step),
        seed: options.seed,
      });
    }
  }
  const learned = now();
  await optimizer.close();
  return learned;
}

function buildLoss(
  parameter: (name: string) => Tensor,
  { size, count, global: globalWeight }: (typeof STAGES)[number],
) {
  const images = input("images", [count, 3, size, size]);
  const features = encodeImages(parameter, CONFIG, images, visionOptions(CONFIG, { dpamFrom: DPAM_FROM }));
  const texts = count + captions.generic.length;
  const tokens = gatherRows(parameter("text.token"), input("tokens", [texts, captions.length], "int64"));
  const allTexts = unitLength(encodeTokens(parameter, CONFIG, tokens, input("ends", [texts], "int64")));

  const ofBatch = slice(allTexts, 0, 0, count);
  const similarity = multiply(linear(unitLength(features.image), ofBatch), exp(parameter("logit_scale")));
  const contrastive = multiply(
    0.5,
    add(
      softCrossEntropy(similarity, input("captionTargets", [count, count])),
      softCrossEntropy(swapLast(similarity), input("imageTargets", [count, count])),
    ),
  );

  const half = captions.generic.length / 2;
  const state = (from: number) => mean(slice(allTexts, 0, count + from, count + from + half), [0], true);
  const states = unitLength(concat([state(0), state(half)], 0));
  const patches = unitLength(slice(features.patches[0]!, 1, 1, features.patches[0]!.shape[1]!));
  const global = mean(globalLoss(logits(unitLength(features.image), states), input("labels", [count])));
  const local = negate(
    sum(multiply(logSoftmax(logits(patches, states)), input("patchTargets", [...patches.shape.slice(0, 2), 2]))),
  );
  const loss = add(
    multiply(WEIGHTS.contrastive, contrastive),
    add(multiply(globalWeight, global), multiply(WEIGHTS.local, local)),
  );
  return { loss, report: { contrastive, global, local } };
}

/** Mean over rows of -Σ target · ln softmax(logits). */
function softCrossEntropy(rows: Tensor, targets: Tensor): Tensor {
  return negate(mean(sum(multiply(logSoftmax(rows), targets), [1])));
}

function feedsOf(batch: Batch): Record<string, Float32Array | BigInt64Array> {
  const count = batch.captions.length;
  const fitting = batch.categories.map((category, i) => {
    const defect = batch.defects[i];
    const { captions, objectCaptions, plainCaptions } = captionsFor(
      findCategory(category),
      defect == null ? null : findDefect(defect),
    );
    return new Set([...captions, ...objectCaptions, ...plainCaptions]);
  });
  const fits = fitting.map((texts) => batch.captions.map((caption) => (texts.has(caption) ? 1 : 0)));
  const turned = fits.map((_, i) => fits.map((row) => row[i]!));
  return {
    images: batch.images,
    patchTargets: patchTargets(batch.masks, count),
    labels: Float32Array.from(batch.defects, (defect) => (defect === null ? 0 : 1)),
    captionTargets: shares(fits),
    imageTargets: shares(turned),
    ...captions.tokens([...batch.captions, ...captions.generic], count + captions.generic.length),
  };
}

/**
 * Weights [count, patches, (normal, abnormal)] of the patches' cross-entropy. Abnormal patches are few, so both classes
 * weigh a half; patches that a defect barely touches count for neither.
 */
function patchTargets(masks: Float32Array, count: number): Float32Array {
  const size = Math.round(Math.sqrt(masks.length / count));
  const grid = size / CONFIG.patchSize;
  const covered = new Float32Array(count * grid * grid);
  masks.forEach((value, at) => {
    const [picture, y, x] = [Math.floor(at / size ** 2), Math.floor(at / size) % size, at % size];
    const patch = (picture * grid + Math.floor(y / CONFIG.patchSize)) * grid + Math.floor(x / CONFIG.patchSize);
    covered[patch]! += value / CONFIG.patchSize ** 2;
  });
  const abnormal = covered.reduce((total, part) => total + (part >= TOUCHED ? 1 : 0), 0);
  const normal = covered.reduce((total, part) => total + (part === 0 ? 1 : 0), 0);
  const targets = new Float32Array(2 * covered.length);
  covered.forEach((part, i) => {
    targets[2 * i] = part === 0 ? 0.5 / normal : 0;
    targets[2 * i + 1] = part >= TOUCHED ? 0.5 / abnormal : 0;
  });
  return targets;
}

/** Rows of 0 and 1 divided by their sums. */
function shares(rows: readonly (readonly number[])[]): Float32Array {
  return Float32Array.from(
    rows.flatMap((row) => {
      const total = row.reduce((sum, value) => sum + value, 0);
      return row.map((value) => value / total);
    }),
  );
}

/** Linear warm-up, then half a cosine down. */
function rateAt(step: number, { rate, warmUp, decay }: (typeof STAGES)[number]): number {
  if (step < warmUp) {
    return (rate * (step + 1)) / warmUp;
  }
  const progress = (step - warmUp) / (decay - warmUp);
  return rate * (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
