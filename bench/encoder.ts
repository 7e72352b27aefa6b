/**
 * How close detection with ViT-L/14@336px at 518 pixels comes to what the machine can do: time of an image against
 * 1.21 TFLOP at the machine's own matrix-product rate, through the same runtime in the same process, and peak memory.
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { detectionGraph } from "../src/anomalyclip/detection-graph.ts";
import { resolveSettings } from "../src/anomalyclip/settings.ts";
import { frozenParameters } from "../src/clip/parameters.ts";
import { input } from "../src/graph/tensor.ts";
import { Session } from "../src/runtime/session.ts";
import { openClip } from "../src/weights/clip-weights.ts";
import { machineRate, median, random, seconds } from "./machine-rate.ts";
import { VIT_L_14_336, writeRandomClip } from "./random-clip.ts";

const WEIGHTS = fileURLToPath(new URL("../.cache/random-vit-l-14-336.safetensors", import.meta.url));
/** Multiply-adds counted twice: linear layers and attention of both paths, by the shapes of the method. */
const FLOP = 1.21e12;
const ROUNDS = Number(process.env.ROUNDS ?? 3);

if (process.argv[2] === "write") {
  await writeRandomClip(WEIGHTS, VIT_L_14_336);
} else {
  // Written by a process of its own, so that its memory is not counted here.
  spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), "write"], { stdio: "inherit" });
  await measure();
}

async function measure(): Promise<void> {
  const rateOf = await machineRate();
  const clip = await openClip(WEIGHTS);
  const settings = resolveSettings(clip.config, {}, {});
  const direction = () => random(clip.config.embedDim);
  const pixels = input("image", [1, 3, settings.imageSize, settings.imageSize]);
  const texts = { normal: direction(), abnormal: direction() };
  const graph = detectionGraph(pixels, {
    config: clip.config,
    parameters: await frozenParameters(clip),
    settings,
    texts,
  });
  const loading = performance.now();
  const detector = await Session.create({ ...graph });
  const loaded = (performance.now() - loading) / 1000;
  const image = random(3 * settings.imageSize ** 2);
  const map = new Float32Array(settings.imageSize ** 2);
  await detector.run({ image }, { map });

  const ratios: number[] = [];
  const times: number[] = [];
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = await rateOf();
    const time = await seconds(() => detector.run({ image }, { map }));
    const rate = (before + (await rateOf())) / 2;
    times.push(time);
    rates.push(rate);
    ratios.push(time / (FLOP / rate));
  }
  console.log("ViT-L/14@336px, 518 px, float32, V-V from block 6, one layer, batch of 1");
  console.log(`  machine's matrix-product rate   ${(median(rates) / 1e9).toFixed(0)} GFLOP/s (median of ${ROUNDS})`);
  console.log(`  time of an image                ${median(times).toFixed(2)} s`);
  console.log(
    `  ratio to 1.21 TFLOP at the rate ${median(ratios).toFixed(3)} (rounds: ${ratios.map((r) => r.toFixed(3)).join(", ")})`,
  );
  console.log(`  loading and compiling           ${loaded.toFixed(1)} s`);
  console.log(`  peak memory of the process      ${(process.resourceUsage().maxRSS / 2 ** 20).toFixed(2)} GiB`);
}
