/**
 * The first minute with the embedded model: opening it, and one picture of a megapixel from file to score, map, regions
 * and overlay; then the whole command line on that picture. Of the built program, as people run it.
 *
 *   npm run bench:embedded
 */

import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { renderSample } from "../src/datasets/procedural/render.ts";
import { machineRate, median, seconds } from "./machine-rate.ts";
import { record } from "./record.ts";

const SIDE = 1024;
const ROUNDS = 9;

const folder = await mkdtemp(join(tmpdir(), "anomalyclip-embedded-"));
try {
  const path = join(folder, "picture.jpg");
  const { image } = renderSample({ category: "leather", defect: "burn", seed: 13, size: SIDE });
  await writeFile(
    path,
    await sharp(image.data, { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .jpeg()
      .toBuffer(),
  );

  const built = fileURLToPath(new URL("../dist/", import.meta.url));
  const { AnomalyDetector }: typeof import("../src/index.ts") = await import(join(built, "index.js"));
  const loads: number[] = [];
  const first: number[] = [];
  const pictures: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    const detector = await AnomalyDetector.load();
    loads.push((performance.now() - start) / 1000);
    const detect = () => seconds(() => detector.detect(path, { draw: { colormap: "turbo" } }));
    first.push(await detect());
    for (let i = 0; i < 3; i++) pictures.push(await detect());
    await detector.close();
  }
  const commands = Array.from({ length: 5 }, () => {
    const start = performance.now();
    spawnSync(process.execPath, [join(built, "cli/main.js"), "detect", path, "--no-out", "--json"], {
      stdio: "ignore",
    });
    return (performance.now() - start) / 1000;
  });
  const rate = await (await machineRate())();
  console.log(`the embedded model, one JPEG of ${SIDE} x ${SIDE} pixels, medians of ${ROUNDS} rounds`);
  for (const [name, times] of Object.entries({
    "opening the model": loads,
    "the first picture, overlay drawn": first,
    "each further picture": pictures,
    "the command line, start to end": commands,
  })) {
    const value = median(times);
    // Work that takes as long as so many floating-point operations of a matrix product.
    console.log(
      `  ${name.padEnd(34)}${value.toFixed(3)} s, as long as ${((value * rate) / 1e9).toFixed(0)} GFLOP here`,
    );
    record("embedded", name, value, "s");
  }
} finally {
  await rm(folder, { recursive: true });
}
