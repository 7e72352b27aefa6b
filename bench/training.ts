/**
 * How fast prompts are learned from cached features with ViT-L/14@336px at 518 pixels, batch 8, one layer:
 *
 *   npm run bench:training
 *
 * A step, the reading of its batch included, against its own necessary matrix products at the machine's rate; the same
 * with 2,000 pictures, to see whether speed falls or memory grows with their number; and the released way, which encodes
 * the pictures of a step anew.
 */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { OBJECT_AGNOSTIC } from "../src/anomalyclip/prompt-templates.ts";
import { promptWords } from "../src/anomalyclip/prompts.ts";
import { resolveSettings } from "../src/anomalyclip/settings.ts";
import { writeCacheFile } from "../src/features/cache-file.ts";
import { FeatureCache } from "../src/features/feature-cache.ts";
import { MaskCache } from "../src/features/mask-cache.ts";
import type { PreparedSample } from "../src/features/prepare-samples.ts";
import { readFeatures, readMask } from "../src/features/read-or-recompute.ts";
import { toHalf } from "../src/half.ts";
import type { TrainingSample } from "../src/training/batches.ts";
import { drawPrompts } from "../src/training/initial-prompts.ts";
import { type StepReport, trainPrompts } from "../src/training/train-prompts.ts";
import { type ClipWeights, openClip } from "../src/weights/clip-weights.ts";
import { machineRate, median, random, seconds } from "./machine-rate.ts";
import { RANDOM_VIT_L, VIT_L_14_336, writeRandomClip } from "./random-clip.ts";
import { record } from "./record.ts";

const CACHE = fileURLToPath(new URL("../.cache", import.meta.url));
const PICTURES = Number(process.env.PICTURES ?? 2000);
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const BATCH = 8;
/** Pictures of a round: 20 steps. */
const FEW = 20 * BATCH;

type Sample = PreparedSample & TrainingSample;

if (process.argv[2] === "prepare") {
  await writeRandomClip(RANDOM_VIT_L, VIT_L_14_336);
  await writeSyntheticCache();
} else {
  // In a process of its own, so that its memory is not counted here.
  spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), "prepare"], { stdio: "inherit" });
  await measure();
}

async function measure(): Promise<void> {
  const setup = await openSetup();
  const rateOf = await machineRate();
  const work = await necessaryWork(setup.clip);
  const samples = syntheticSamples();

  const steps: number[] = [];
  const rates: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = await rateOf();
    // The first step compiles nothing, but touches the weights for the first time.
    const time = median((await learn(setup, samples.slice(0, FEW))).slice(1).map((step) => step.seconds));
    const rate = (before + (await rateOf())) / 2;
    steps.push(time);
    rates.push(rate);
    ratios.push(time / (work / rate));
  }
  console.log("ViT-L/14@336px, 518 px, batch of 8, one layer, features and masks read from disk");
  console.log(`  machine's matrix-product rate      ${(median(rates) / 1e9).toFixed(0)} GFLOP/s (median of ${ROUNDS})`);
  console.log(`  a step                             ${median(steps).toFixed(3)} s (rounds: ${list(steps)})`);
  console.log(
    `  ratio to ${(work / 1e9).toFixed(1)} GFLOP at the rate      ${median(ratios).toFixed(2)} (rounds: ${list(ratios)})`,
  );

  record("training", "a step, batch of 8, 518 px", median(steps), "s", median(ratios));

  const memory: number[] = [];
  const many = await learn(setup, samples, () => memory.push(process.memoryUsage.rss()));
  const part = Math.floor(many.length / 5);
  const pace = (from: number, to: number) => median(many.slice(from, to).map((step) => step.seconds)).toFixed(3);
  const resident = (index: number) => (memory[index]! / 2 ** 30).toFixed(2);
  console.log(`${PICTURES} pictures, one epoch of ${many.length} steps`);
  console.log(`  a step, first and last fifth       ${pace(1, part)} s and ${pace(many.length - part, many.length)} s`);
  console.log(`  resident memory then               ${resident(part)} GiB and ${resident(many.length - 1)} GiB`);
  console.log(`  peak memory of the process         ${(process.resourceUsage().maxRSS / 2 ** 20).toFixed(2)} GiB`);

  // The released way: the same step after the encoder has seen the eight pictures.
  const size = setup.settings.imageSize;
  const picture = { width: size, height: size, data: new Uint8Array(3 * size * size).fill(128) };
  const encode = () => setup.cache.compute("f".repeat(64), picture);
  await encode();
  const encoding = median([await seconds(encode), await seconds(encode), await seconds(encode)]);
  await setup.cache.releaseEncoder();
  const released = BATCH * encoding + median(steps);
  console.log("the released way: features computed anew in each step");
  console.log(`  encoding a picture                 ${encoding.toFixed(2)} s`);
  console.log(
    `  a step                             ${released.toFixed(1)} s, ${(released / median(steps)).toFixed(0)} times as long`,
  );
  const epochs = 15;
  const once = PICTURES * encoding;
  const learning = (epochs * PICTURES * median(steps)) / BATCH;
  const hours = (time: number) => `${(time / 3600).toFixed(1)} h`;
  console.log(
    `  ${epochs} epochs of ${PICTURES} pictures        ${hours((epochs * PICTURES * released) / BATCH)}; here ${hours(once + learning)}, and ${hours(learning)} again with other options`,
  );
}

async function openSetup() {
  const clip = await openClip(RANDOM_VIT_L);
  const settings = resolveSettings(clip.config, {}, {});
  const cacheDir = join(CACHE, "bench-features");
  const cache = await FeatureCache.open(clip, settings, { cacheDir });
  const masks = await MaskCache.open(settings.imageSize, { cacheDir });
  return { clip, settings, cache, masks };
}

/** One epoch over `samples`, from new prompts. */
async function learn(
  { clip, settings, cache, masks }: Awaited<ReturnType<typeof openSetup>>,
  samples: readonly Sample[],
  onStep: () => void = () => {},
): Promise<StepReport[]> {
  const steps: StepReport[] = [];
  await trainPrompts({
    clip,
    settings,
    templates: OBJECT_AGNOSTIC,
    initial: drawPrompts(clip, { seed: 0 }),
    samples,
    reader: {
      layers: settings.layers,
      rows: cache.rows,
      embedDim: cache.embedDim,
      imageSize: masks.size,
      readFeatures: (sample, into) => readFeatures(sample, cache, into),
      readMask: (sample, into) => readMask(sample, masks, into),
    },
    epochs: 1,
    batchSize: BATCH,
    learningRate: 1e-3,
    seed: 0,
    shuffle: true,
    onStep: (step) => {
      steps.push(step);
      onStep();
    },
  });
  return steps;
}

/** Pictures that exist as cached features only, every other one abnormal. */
function syntheticSamples(): Sample[] {
  return Array.from({ length: PICTURES }, (_, i) => {
    const imageHash = i.toString(16).padStart(64, "0");
    const abnormal = i % 2 === 1;
    const mask = abnormal ? "mask" : null;
    const sample = { image: imageHash, mask, className: "part", specie: "any", abnormal, split: null };
    return { sample, imageHash, maskHash: abnormal ? imageHash : null, className: "part", abnormal, local: true };
  });
}

async function writeSyntheticCache(): Promise<void> {
  const { cache, masks, settings } = await openSetup();
  const { imageSize, layers } = settings;
  const rows = toHalf(random(cache.rows * cache.embedDim).map((value) => value * Math.sqrt(3 / cache.embedDim)));
  const bytes = new Uint8Array(rows.buffer);
  await mkdir(cache.folder, { recursive: true });
  for (const [i, { imageHash, maskHash }] of syntheticSamples().entries()) {
    const path = join(cache.folder, imageHash.slice(0, 2), `${imageHash}.${layers[0]}.f16`);
    if (existsSync(path)) continue;
    // Other rows first, so that the files differ and the disk has that much to read.
    const cut = 2 * cache.embedDim * (i % cache.rows);
    await writeCacheFile(path, Buffer.concat([bytes.subarray(cut), bytes.subarray(0, cut)]));
    if (maskHash !== null) {
      const mask = new Uint8Array(imageSize ** 2).fill(1, i * 100, i * 100 + 20 * imageSize);
      await masks.write(maskHash, mask);
    }
  }
}

/** Matrix products that a step cannot do without, multiply-adds counted twice. */
async function necessaryWork(clip: ClipWeights): Promise<number> {
  const { embedDim, text } = clip.config;
  const contextLength = 12;
  const { lengths } = await promptWords(clip, OBJECT_AGNOSTIC, ["object"], contextLength);
  const tokens = lengths.map((length) => 1 + contextLength + length);
  const rows = tokens.reduce((sum, count) => sum + count, 0);
  const linear = rows * (4 * text.width ** 2 + 2 * text.width * text.mlpWidth);
  // Each token with itself and those before it, once for the scores and once for the values.
  const attention = tokens.reduce((sum, count) => sum + count * (count + 1) * text.width, 0);
  // Backwards through frozen weights there is one product where there was one; through attention two.
  const tower = text.layers * (2 * linear + 3 * attention);
  const grid = 37;
  const size = 518;
  const similarity = 2 * BATCH * (1 + grid ** 2) * 2 * embedDim;
  const enlarging = 2 * BATCH * (size * grid * grid + size * size * grid);
  return 2 * (tower + similarity + enlarging);
}

function list(values: readonly number[]): string {
  return values.map((value) => value.toFixed(2)).join(", ");
}
