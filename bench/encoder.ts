/**
 * How close the vision tower of ViT-L/14@336px comes to what the machine can do, in float32 and in int8, at 336 and at 518
 * pixels: the time of a picture against its floating-point operations at the machine's own matrix-product rate, through
 * the same runtime in the same process. Float32 and int8 take turns, so that noise hurts both alike.
 *
 *   npm run bench:encoder
 *   ROUNDS=7 SIZES=518 npm run bench:encoder
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { detectionGraph } from "../src/anomalyclip/detection-graph.ts";
import { resolveSettings } from "../src/anomalyclip/settings.ts";
import { input } from "../src/graph/tensor.ts";
import { openTower } from "../src/quantization/open-tower.ts";
import { Session } from "../src/runtime/session.ts";
import { openClip } from "../src/weights/clip-weights.ts";
import { machineRate, median, random, seconds } from "./machine-rate.ts";
import { RANDOM_VIT_L, VIT_L_14_336, writeRandomClip } from "./random-clip.ts";
import { record } from "./record.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SIZES = (process.env.SIZES ?? "336,518").split(",").map(Number);

if (process.argv[2] === "write") {
  await writeRandomClip(RANDOM_VIT_L, VIT_L_14_336);
} else {
  // Written by a process of its own, so that its memory is not counted here.
  spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), "write"], { stdio: "inherit" });
  for (const size of SIZES) await measure(size);
  console.log(`peak memory of the process   ${(process.resourceUsage().maxRSS / 2 ** 20).toFixed(2)} GiB`);
}

async function measure(imageSize: number): Promise<void> {
  const rateOf = await machineRate();
  const kinds = ["fp32", "int8"] as const;
  const runs = await Promise.all(kinds.map((kind) => open(imageSize, kind)));
  const rates: number[] = [];
  const times = kinds.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    rates.push(await rateOf());
    for (const [i, run] of runs.entries()) times[i]!.push(await seconds(run));
  }
  const rate = median([...rates, await rateOf()]);
  const work = workOf(imageSize);
  console.log(`ViT-L/14@336px, ${imageSize} px, V-V from block 6, one layer, batch of 1, ${ROUNDS} rounds`);
  console.log(`  float32 matrix products      ${(rate / 1e9).toFixed(0)} GFLOP/s`);
  record("encoder", `float32 matrix products, beside ${imageSize} px`, rate / 1e9, "GFLOP/s");
  for (const [i, name] of kinds.entries()) {
    const time = median(times[i]!);
    const ratio = time / (work / rate);
    const faster = median(times[0]!.map((exact, round) => exact / times[i]![round]!));
    console.log(
      `  ${name.padEnd(28)} ${time.toFixed(2)} s a picture, ${ratio.toFixed(2)} of ${(work / 1e12).toFixed(2)} TFLOP at that rate` +
        (i === 0 ? "" : `; ${faster.toFixed(2)} times as fast as fp32`),
    );
    record("encoder", `${name}, ${imageSize} px`, time, "s a picture", ratio);
    if (i > 0) record("encoder", `${name} against fp32, ${imageSize} px`, faster, "times as fast");
  }
}

async function open(imageSize: number, precision: "fp32" | "int8"): Promise<() => Promise<unknown>> {
  const clip = await openClip(RANDOM_VIT_L);
  const settings = resolveSettings(clip.config, {}, { imageSize });
  const direction = () => random(clip.config.embedDim);
  const texts = { normal: direction(), abnormal: direction() };
  const image = input("image", [1, 3, imageSize, imageSize]);
  const tower = await openTower(clip, precision, { onProgress: showOnce() });
  const session = await Session.create({
    ...detectionGraph(image, { config: clip.config, ...tower, settings, texts }),
  });
  const pixels = random(3 * imageSize ** 2);
  const map = new Float32Array(imageSize ** 2);
  const run = () => session.run({ image: pixels }, { map });
  await run();
  return run;
}

function showOnce() {
  return ({ done }: { done: number }) => {
    if (done === 0) console.log("preparing 8-bit weights, once");
  };
}

/** Multiply-adds of linear layers and attention of both paths, counted twice, by the shapes of the method. */
function workOf(imageSize: number): number {
  const { vision, patchSize, embedDim } = VIT_L_14_336;
  const { width, mlpWidth, layers } = vision;
  const tokens = 1 + (imageSize / patchSize) ** 2;
  const attention = 2 * tokens * tokens * width;
  const square = tokens * width * width;
  const first = Math.round(layers / 4);
  const original = (layers - 1) * (4 * square + 2 * tokens * width * mlpWidth + attention);
  // Of the last block's original path the class token alone is left, but keys and values of all tokens.
  const last = 2 * square;
  const second = (layers - first + 1) * (square + attention);
  const ends = tokens * width * (3 * patchSize * patchSize + embedDim);
  return 2 * (original + last + second + ends);
}
