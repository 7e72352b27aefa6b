/**
 * How close detection with ViT-L/14@336px at 518 pixels comes to what the machine can do: time of an image against
 * 1.21 TFLOP at the machine's own matrix-product rate, through the same runtime in the same process, and peak memory.
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { detectionGraph } from "../src/anomalyclip/detector.ts";
import { resolveSettings } from "../src/anomalyclip/settings.ts";
import { matmul } from "../src/graph/linear.ts";
import { input } from "../src/graph/tensor.ts";
import { Session } from "../src/runtime/session.ts";
import { openClip } from "../src/weights/clip-weights.ts";
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
  const [m, k, n] = [1370, 1024, 4096];
  const product = await Session.create({ c: matmul(input("a", [m, k]), input("b", [k, n])) });
  const matrices = { a: random(m * k), b: random(k * n) };
  const result = { c: new Float32Array(m * n) };
  const machineRate = async () => {
    const times = [];
    for (let i = 0; i < 12; i++) {
      times.push(await seconds(() => product.run(matrices, result)));
    }
    return (2 * m * k * n) / median(times);
  };

  const clip = await openClip(WEIGHTS);
  const settings = resolveSettings(clip.config, {}, {});
  const direction = () => random(clip.config.embedDim);
  const graph = await detectionGraph(clip, { normal: direction(), abnormal: direction() }, settings);
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
    const before = await machineRate();
    const time = await seconds(() => detector.run({ image }, { map }));
    const rate = (before + (await machineRate())) / 2;
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

function random(length: number): Float32Array {
  return Float32Array.from({ length }, () => 2 * Math.random() - 1);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
