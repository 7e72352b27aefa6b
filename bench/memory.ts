/**
 * Whether memory stays as it is: 1,000 pictures in one process, drawn overlays included, with the embedded model.
 *
 *   npm run bench:memory
 *   PICTURES=5000 npm run bench:memory
 */

import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { AnomalyDetector } from "../src/anomalyclip/detector.ts";
import { record } from "./record.ts";

const FOLDER = fileURLToPath(new URL("../examples/", import.meta.url));
const PICTURES = Number(process.env.PICTURES ?? 1000);
const EARLY = 50;

const names = (await readdir(FOLDER)).filter((name) => name.endsWith(".png"));
const paths = function* () {
  for (let i = 0; i < PICTURES; i++) yield FOLDER + names[i % names.length]!;
};

const detector = await AnomalyDetector.load();
const resident: number[] = [];
const start = performance.now();
for await (const { error } of detector.detectMany(paths(), { draw: { colormap: "turbo" } })) {
  if (error !== undefined) throw error;
  resident.push(process.memoryUsage.rss());
}
const seconds = (performance.now() - start) / 1000;
await detector.close();

const mebibytes = (index: number) => (resident[index]! / 2 ** 20).toFixed(0);
const last = PICTURES - 1;
const growth = resident[last]! / resident[EARLY - 1]! - 1;
console.log(`${PICTURES} pictures with overlays, embedded model, ${seconds.toFixed(0)} s`);
for (const index of [EARLY - 1, PICTURES >> 2, PICTURES >> 1, last]) {
  console.log(`  resident after ${String(index + 1).padStart(5)}   ${mebibytes(index)} MiB`);
}
console.log(`  growth after the first ${EARLY}  ${(100 * growth).toFixed(1)} %`);
record("memory", `growth of resident memory from picture ${EARLY} to ${PICTURES}`, growth, "share");
