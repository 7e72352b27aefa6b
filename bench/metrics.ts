/**
 * Pixel metrics: 20 maps of 518 x 518 pixels, three regions in every second one, and how time and memory go with 2,000.
 *
 *   npm run bench:metrics
 *
 * Ratios are to one pass over the same pixels that sorts them (three rounds of counting), and to the released functions,
 * for which `bench/released_metrics.py` prints the time on the same machine.
 */

import { PixelMetrics } from "../src/metrics/pixel-metrics.ts";
import { sortFloats } from "../src/metrics/sort-floats.ts";
import { Random } from "../src/random.ts";
import { median } from "./machine-rate.ts";

const SIZE = 518;
const MAPS = 20;
const MANY = 2000;
const ROUNDS = 5;

interface Picture {
  map: Float32Array;
  mask: Uint8Array;
}

/** How the scores of the maps lie. */
const KINDS: Readonly<Record<string, (random: Random) => () => number>> = {
  "smooth, like detection's": (random) => waves(random),
  "uniform noise": (random) => () => random.next(),
  "256 levels": (random) => () => Math.floor(256 * random.next()) / 255,
  "very peaky": (random) => () => random.next() ** 40,
};

console.log(
  `${MAPS} maps of ${SIZE} x ${SIZE}: AUROC, AP, F1-max, AUPRO and AUPRO with 200 thresholds; median of ${ROUNDS}`,
);
console.log("| scores | seconds | of sorting the pixels | AUROC | AUPRO | AUPRO 200 |\n|---|---:|---:|---:|---:|---:|");
for (const [name, kind] of Object.entries(KINDS)) {
  const pictures = Array.from({ length: MAPS }, (_, i) => picture(i, kind));
  const times: number[] = [];
  const sorting: number[] = [];
  let shown = "";
  for (let round = 0; round < ROUNDS; round++) {
    sorting.push(
      timed(() => {
        const all = new Float32Array(MAPS * SIZE ** 2);
        pictures.forEach(({ map }, i) => all.set(map, i * SIZE ** 2));
        sortFloats(all);
      }),
    );
    times.push(
      timed(() => {
        const metrics = new PixelMetrics();
        for (const { map, mask } of pictures) metrics.add(map, mask, SIZE, SIZE);
        const { auroc, aupro, aupro200 } = metrics.result();
        shown = [auroc, aupro, aupro200].map((value) => value!.toFixed(4)).join(" | ");
      }),
    );
  }
  console.log(`| ${name} | ${median(times).toFixed(3)} | ${(median(times) / median(sorting)).toFixed(2)} | ${shown} |`);
}

const metrics = new PixelMetrics();
const pictures = Array.from({ length: MAPS }, (_, i) => picture(i, KINDS["smooth, like detection's"]!));
const changed = new Float32Array(SIZE ** 2);
let seconds = 0;
for (let i = 0; i < MANY; i++) {
  const { map, mask } = pictures[i % MAPS]!;
  // Other scores each time: the same ones would take no more memory.
  const factor = 1 - i / (4 * MANY);
  for (let p = 0; p < map.length; p++) changed[p] = map[p]! * factor;
  seconds += timed(() => metrics.add(changed, mask, SIZE, SIZE));
}
let uncertainty = 0;
seconds += timed(() => {
  uncertainty = metrics.result().uncertainty.auroc;
});
const peak = process.resourceUsage().maxRSS / 1024;
console.log(
  `\n${MANY} maps: ${seconds.toFixed(1)} s, peak memory of the process ${peak.toFixed(0)} MiB, ` +
    `${uncertainty === 0 ? "exact" : `AUROC within ${uncertainty.toExponential(1)}`}`,
);

/** Mean of seconds that work takes. */
function timed(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

function picture(index: number, kind: (random: Random) => () => number): Picture {
  const random = new Random(index);
  const next = kind(random);
  const map = Float32Array.from({ length: SIZE ** 2 }, next);
  const mask = new Uint8Array(SIZE ** 2);
  for (let region = 0; region < (index % 2 === 1 ? 3 : 0); region++) {
    const [left, top, side] = [random.int(0, 440), random.int(0, 440), random.int(20, 70)];
    for (let y = top; y < top + side; y++) {
      for (let x = left; x < left + side; x++) {
        mask[y * SIZE + x] = 1;
        map[y * SIZE + x] = map[y * SIZE + x]! ** 0.5;
      }
    }
  }
  return { map, mask };
}

/** A few waves across the picture, 0..1, as smooth as a smoothed map of 37 x 37 patches. */
function waves(random: Random): () => number {
  const parts = Array.from({ length: 12 }, () => ({
    x: (random.next() - 0.5) * 0.15,
    y: (random.next() - 0.5) * 0.15,
    phase: random.next() * 7,
  }));
  let pixel = 0;
  return () => {
    const [x, y] = [pixel % SIZE, Math.floor(pixel / SIZE)];
    pixel++;
    const sum = parts.reduce((total, part) => total + Math.sin(part.x * x + part.y * y + part.phase), 0);
    return 1 / (1 + Math.exp(-sum / 2));
  };
}
