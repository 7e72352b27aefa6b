/**
 * Pixel metrics: 20 maps of 518 x 518 pixels with three regions in every second one, however their scores are spread; and
 * time and memory of 2,000 such maps.
 *
 *   npm run bench:metrics
 *
 * Ratios are to a radix sort of the same pixels, and to the 14.1 s that the released functions take for such maps (2.0 s
 * for AUROC and AP, 12.1 s for AUPRO).
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { PixelMetrics, type PixelResult } from "../src/metrics/pixel-metrics.ts";
import { sortFloats } from "../src/metrics/sort-floats.ts";
import { Random } from "../src/random.ts";
import { median } from "./machine-rate.ts";
import { record } from "./record.ts";

const SIZE = 518;
const MAPS = 20;
const MANY = Number(process.env.PICTURES ?? 2000);
const ROUNDS = Number(process.env.ROUNDS ?? 7);
const RELEASED_SECONDS = 14.1;

interface Picture {
  map: Float32Array;
  mask: Uint8Array;
}

/** The score of a pixel whose smooth value is `wave`, 0..1. */
const KINDS: Readonly<Record<string, (wave: number, random: Random) => number>> = {
  smooth: (wave) => wave,
  noise: (_, random) => random.next(),
  "8 bits": (wave) => Math.round(255 * wave) / 255,
  peaky: (wave) => wave ** 20,
};

const [kind] = process.argv.slice(2);
if (kind === undefined) {
  for (const name of Object.keys(KINDS)) compareFew(name);
  for (const name of ["smooth", "peaky"]) {
    // In a process of its own: memory is counted.
    spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), name], { stdio: "inherit" });
  }
} else {
  measureMany(kind);
}

function compareFew(name: string): void {
  const pictures = Array.from({ length: MAPS }, (_, i) => drawPicture(i, name));
  const all = new Float32Array(MAPS * SIZE * SIZE);
  const times: number[] = [];
  const ratios: number[] = [];
  let result = new PixelMetrics().result();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { map }] of pictures.entries()) all.set(map, i * map.length);
    const sorting = seconds(() => sortFloats(all));
    const time = seconds(() => {
      const metrics = new PixelMetrics();
      for (const { map, mask } of pictures) metrics.add(map, mask, SIZE, SIZE);
      result = metrics.result();
    });
    times.push(time);
    ratios.push(time / sorting);
  }
  const time = median(times);
  console.log(`${name}: ${MAPS} maps, all pixel metrics and curves`);
  console.log(`  time                       ${time.toFixed(3)} s (median of ${ROUNDS}; ${list(times)})`);
  console.log(`  ratio to sorting them      ${median(ratios).toFixed(2)} (rounds: ${list(ratios)})`);
  console.log(
    `  released, quoted           ${RELEASED_SECONDS} s, ${(RELEASED_SECONDS / time).toFixed(0)} times as long`,
  );
  console.log(`  ${figures(result)}`);
  record("metrics", `${MAPS} maps of 518 x 518, ${name}`, time, "s", median(ratios));
}

function measureMany(name: string): void {
  const pictures = Array.from({ length: MAPS }, (_, i) => drawPicture(i, name));
  const metrics = new PixelMetrics();
  const map = new Float32Array(SIZE * SIZE);
  let time = 0;
  const memory: number[] = [];
  for (let i = 0; i < MANY; i++) {
    const { map: base, mask } = pictures[i % MAPS]!;
    // Other scores for each picture: the same ones would need no memory.
    const factor = 1 - i / (4 * MANY);
    for (let p = 0; p < map.length; p++) map[p] = base[p]! * factor;
    time += seconds(() => metrics.add(map, mask, SIZE, SIZE));
    memory.push(process.memoryUsage.rss());
  }
  let result = new PixelMetrics().result();
  const finishing = seconds(() => {
    result = metrics.result();
  });
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const { droppedBits, uncertainty } = result;
  const exact =
    droppedBits === 0 ? "exact" : `${droppedBits} bits dropped, AUROC within ${uncertainty.auroc.toExponential(1)}`;
  console.log(`${name}: ${MANY} maps, ${((MANY * SIZE * SIZE) / 1e6).toFixed(0)} million pixels, ${exact}`);
  console.log(
    `  time                       ${(time + finishing).toFixed(1)} s, ${((1e9 * (time + finishing)) / (MANY * SIZE * SIZE)).toFixed(1)} ns a pixel`,
  );
  record("metrics", `${MANY} maps, ${name}`, time + finishing, "s");
  console.log(
    `  resident memory            ${mebibytes(memory[MANY >> 1]!)} half way, ${mebibytes(memory.at(-1)!)} at the end`,
  );
  console.log(`  peak memory of the process ${mebibytes(process.resourceUsage().maxRSS * 1024)}`);
}

/** A picture of soft waves, as maps of 37 x 37 patches are when enlarged; regions are somewhat hotter. */
function drawPicture(index: number, name: string): Picture {
  const random = new Random(index);
  const waves = Array.from({ length: 5 }, () => [
    random.range(-0.05, 0.05),
    random.range(-0.05, 0.05),
    random.range(0, 7),
  ]);
  const mask = new Uint8Array(SIZE * SIZE);
  for (let region = 0; region < (index % 2 === 1 ? 3 : 0); region++) {
    const [centerX, centerY, radius] = [random.int(50, 460), random.int(50, 460), random.int(10, 45)];
    for (let y = centerY - radius; y <= centerY + radius; y++) {
      const half = Math.floor(Math.sqrt(radius ** 2 - (y - centerY) ** 2));
      mask.fill(1, y * SIZE + centerX - half, y * SIZE + centerX + half + 1);
    }
  }
  const map = Float32Array.from(mask, (anomalous, i) => {
    const [x, y] = [i % SIZE, Math.floor(i / SIZE)];
    const height = waves.reduce((sum, [dx, dy, phase]) => sum + Math.sin(dx! * x + dy! * y + phase!), 0);
    return KINDS[name]!(1 / (1 + Math.exp(-height - (anomalous ? 1 : 0))), random);
  });
  return { map, mask };
}

function figures({ auroc, averagePrecision, f1Max, aupro, aupro200 }: PixelResult): string {
  const named = { AUROC: auroc, AP: averagePrecision, F1: f1Max?.f1, AUPRO: aupro, "AUPRO-200": aupro200 };
  return Object.entries(named)
    .flatMap(([id, value]) => (value === undefined || value === null ? [] : [`${id} ${value.toFixed(9)}`]))
    .join("  ");
}

function seconds(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

function list(values: readonly number[]): string {
  return values.map((value) => value.toFixed(2)).join(", ");
}
