/**
 * Whether the model ever waits: a folder of 12-megapixel JPEGs, with everything that `detect` writes (overlays at full
 * size, thumbnails, raw maps), against the model alone on pixels that are ready. ViT-L/14@336px at 518 pixels.
 *
 *   npm run bench:pipeline
 *   PRECISION=int8 PICTURES=12 npm run bench:pipeline
 */

import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { detectionGraph } from "../src/anomalyclip/detection-graph.ts";
import { AnomalyDetector } from "../src/anomalyclip/detector.ts";
import { openDetection } from "../src/anomalyclip/open-detection.ts";
import type { Precision } from "../src/anomalyclip/settings.ts";
import { renderSample } from "../src/datasets/procedural/render.ts";
import { input } from "../src/graph/tensor.ts";
import { detectImages } from "../src/results/detect-images.ts";
import { ResultsWriter } from "../src/results/results-writer.ts";
import { WorkerSession } from "../src/runtime/worker-session.ts";
import { median, random, seconds } from "./machine-rate.ts";
import { RANDOM_VIT_L, VIT_L_14_336, writeRandomClip, writeRandomPrompts } from "./random-clip.ts";
import { record } from "./record.ts";

const PICTURES = Number(process.env.PICTURES ?? 12);
const PRECISIONS = (process.env.PRECISION ?? "fp32,int8").split(",") as Precision[];
const CACHE = fileURLToPath(new URL("../.cache/", import.meta.url));

await writeRandomClip(RANDOM_VIT_L, VIT_L_14_336);
const prompts = join(CACHE, "random-prompts.safetensors");
await writeRandomPrompts(prompts, RANDOM_VIT_L);
const images = await makePictures();
for (const precision of PRECISIONS) await measure(precision);

async function measure(precision: Precision): Promise<void> {
  const options = { model: RANDOM_VIT_L, prompts, precision };
  const alone = await timeModel(options);
  const out = join(CACHE, "bench-pipeline");
  const detector = await AnomalyDetector.load(options);
  const protocol = { ...detector.description };
  const writer = await ResultsWriter.open(out, { protocol, images, mode: "force", maps: true });
  const start = performance.now();
  await detectImages({
    detector,
    images,
    writer,
    draw: { colormap: "turbo" },
  });
  await writer.close();
  await detector.close();
  await rm(out, { recursive: true });
  const again = await timeModel(options);
  const model = median([...alone, ...again]);
  const whole = (performance.now() - start) / 1000 / PICTURES;
  console.log(`${PICTURES} JPEGs of 12 megapixels, ViT-L/14@336px at 518 px, ${precision}`);
  console.log(
    `  the model alone              ${model.toFixed(2)} s a picture (${list(alone)}; afterwards ${list(again)})`,
  );
  console.log(
    `  from file to written results ${whole.toFixed(2)} s a picture, ${(whole / model).toFixed(3)} of the model's time`,
  );
  record("pipeline", `12 megapixel JPEGs, ${precision}`, whole, "s a picture", whole / model);
}

/** Seconds of the model's work on a picture, one after another, in the thread that detection uses. */
async function timeModel(options: { model: string; prompts: string; precision: Precision }): Promise<number[]> {
  const parts = await openDetection(options);
  const { imageSize } = parts.settings;
  const session = await WorkerSession.create(detectionGraph(input("image", [1, 3, imageSize, imageSize]), parts));
  const pixels = random(3 * imageSize ** 2);
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const image = pixels.slice();
    const time = await seconds(() => session.run({ image }));
    if (i > 0) times.push(time);
  }
  await session.close();
  return times;
}

/** Pictures with the grain of a camera, so that their files are as large as real ones. */
async function makePictures(): Promise<string[]> {
  const folder = join(CACHE, "bench-12mp");
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  for (let i = 0; i < PICTURES; i++) {
    const path = join(folder, `${i}.jpg`);
    paths.push(path);
    if (existsSync(path)) continue;
    const { image } = renderSample({
      category: i % 2 === 0 ? "washer" : "carpet",
      defect: null,
      seed: i,
      size: 1000,
    });
    const raw = { width: image.width, height: image.height, channels: 3 } as const;
    const large = await sharp(image.data, { raw }).resize(4000, 3000, { fit: "fill" }).raw().toBuffer();
    for (let p = 0; p < large.length; p++)
      large[p] = Math.max(0, Math.min(255, large[p]! + 12 * (Math.random() - 0.5)));
    await sharp(large, { raw: { width: 4000, height: 3000, channels: 3 } })
      .jpeg({ quality: 90 })
      .toFile(path);
  }
  return paths;
}

function list(values: readonly number[]): string {
  return values.map((value) => value.toFixed(2)).join(", ");
}
