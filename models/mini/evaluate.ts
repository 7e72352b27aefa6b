/**
 * The embedded model's figures, as a Markdown table: on procedural categories and kinds of defects that it never saw,
 * and on photographs where they are at hand:
 *
 *   npm run mini:evaluate -- [--real FOLDER] [--image-size 256]
 *
 * AUROC for each category, averaged over categories; pixels are compared at the model's resolution.
 */

import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { AnomalyDetector } from "../../src/anomalyclip/detector.ts";
import { categories } from "../../src/datasets/procedural/categories.ts";
import { defects } from "../../src/datasets/procedural/defects.ts";
import { renderSample } from "../../src/datasets/procedural/render.ts";
import type { CategoryInfo } from "../../src/datasets/procedural/surface.ts";
import { decodeMask } from "../../src/image/decode.ts";
import type { GrayImage, RgbImage } from "../../src/image/image.ts";
import { preprocessMask } from "../../src/image/preprocess.ts";
import { auroc } from "../../src/metrics/ranking.ts";
import { mixSeed } from "../../src/random.ts";
import { concatenate } from "./concatenate.ts";

/** A picture, and what is true of it. */
interface Example {
  image: string | RgbImage;
  abnormal: boolean;
  /** Absent where the set has no masks. */
  mask?: () => Promise<GrayImage> | GrayImage;
}

const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    prompts: { type: "string" },
    "image-size": { type: "string" },
    sigma: { type: "string" },
    real: { type: "string" },
    each: { type: "string", default: "30" },
    sets: { type: "string", default: "seen,kinds,held-out,real" },
  },
});
const detector = await AnomalyDetector.load({
  model: options.model,
  prompts: options.prompts,
  imageSize: options["image-size"] ? Number(options["image-size"]) : undefined,
  sigma: options.sigma ? Number(options.sigma) : undefined,
});
const sets = options.sets.split(",");

console.log("| pictures | image AUROC | pixel AUROC |\n|---|---|---|");
for (const [id, title, categorySplit, defectSplit] of [
  ["seen", "procedural, training categories and kinds (new pictures)", "train", "train"],
  ["kinds", "procedural, held-out categories, training kinds of defects", "held-out", "train"],
  ["held-out", "procedural, held-out categories and held-out kinds", "held-out", "held-out"],
] as const) {
  if (sets.includes(id)) {
    const groups = categories
      .filter(({ split }) => split === categorySplit)
      .map((category) => proceduralExamples(category, defectSplit, Number(options.each)));
    await report(title, groups);
  }
}
if (options.real && sets.includes("real")) {
  await report("magnetic tile (photographs)", [magneticTile(`${options.real}/magnetic-tile`)]);
  await report("KolektorSDD (photographs)", [kolektorExamples(`${options.real}/kolektor-sdd`)]);
  await report("brain MRI (photographs, no masks)", [brain(`${options.real}/brain-mri/brain_tumor_dataset`)]);
}
await detector.close();

async function report(title: string, groups: readonly (Iterable<Example> | AsyncIterable<Example>)[]): Promise<void> {
  const images: (number | null)[] = [];
  const pixels: (number | null)[] = [];
  for (const group of groups) {
    const scores: number[] = [];
    const labels: number[] = [];
    const maps: Float32Array[] = [];
    const masks: Uint8Array[] = [];
    for await (const { image, abnormal, mask } of group) {
      const { score, map, mapSize } = await detector.detect(image);
      scores.push(score);
      labels.push(abnormal ? 1 : 0);
      if (mask !== undefined) {
        maps.push(map);
        masks.push(preprocessMask(await mask(), mapSize));
      }
    }
    images.push(auroc(Float32Array.from(scores), Uint8Array.from(labels)));
    pixels.push(maps.length > 0 ? auroc(concatenate(maps), Buffer.concat(masks)) : null);
  }
  console.log(`| ${title} | ${average(images)} | ${average(pixels)} |`);
}

function average(values: readonly (number | null)[]): string {
  const defined = values.filter((value) => value !== null);
  return defined.length === 0 ? "n/a" : (defined.reduce((sum, value) => sum + value, 0) / defined.length).toFixed(3);
}

function* proceduralExamples(category: CategoryInfo, split: "train" | "held-out", each: number): Generator<Example> {
  const kinds = defects.filter((kind) => kind.split === split && kind.appliesTo(category));
  for (let i = 0; i < 2 * each; i++) {
    const defect = i % 2 === 0 ? null : kinds[(i >> 1) % kinds.length]!;
    const seed = mixSeed("evaluation", i);
    const { image, mask } = renderSample({ category: category.name, defect: defect?.name ?? null, seed, size: 256 });
    yield {
      image,
      abnormal: defect !== null,
      mask: () => ({ width: image.width, height: image.height, data: mask }),
    };
  }
}

function magneticTile(root: string): Example[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".jpg"))
    .map((file) => ({
      image: `${root}/${file}`,
      abnormal: !file.startsWith("MT_Free"),
      mask: () => decodeMask(`${root}/${file.replace(".jpg", ".png")}`),
    }));
}

async function* kolektorExamples(root: string): AsyncGenerator<Example> {
  for (const folder of readdirSync(root)) {
    for (const file of readdirSync(`${root}/${folder}`).filter((name) => name.endsWith(".jpg"))) {
      const mask = await decodeMask(`${root}/${folder}/${file.replace(".jpg", "_label.bmp")}`);
      yield { image: `${root}/${folder}/${file}`, abnormal: mask.data.some((value) => value > 0), mask: () => mask };
    }
  }
}

function brain(root: string): Example[] {
  return ["no", "yes"].flatMap((folder) =>
    readdirSync(`${root}/${folder}`).map((file) => ({
      image: `${root}/${folder}/${file}`,
      abnormal: folder === "yes",
    })),
  );
}
