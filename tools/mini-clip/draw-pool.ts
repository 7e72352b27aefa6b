/**
 * Draws the pictures that the embedded CLIP is trained on, as plain arrays that `train.py` maps into memory:
 *
 *   npm run mini:pool -- --out .cache/pool --specimens 25000
 *
 * Every specimen is drawn sound and with two different defects, of the training categories and kinds of defects alone;
 * `--half held-out` draws the others, to look at a model while it is made, `--categories a,b` these alone. The folder holds
 *
 *   images.u8       [pictures, size, size, 3]
 *   masks.u8        [pictures, size * size / 8], a bit for each pixel, the first in the highest bit
 *   pictures.jsonl  a line for each picture: category, defect or null, specimen
 *   captions.json   all captions as rows of the model's token table, which of them fit which picture, and which are textures
 */

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { captionsFor } from "../../src/datasets/procedural/captions.ts";
import { categories, findCategory } from "../../src/datasets/procedural/categories.ts";
import { defects } from "../../src/datasets/procedural/defects.ts";
import { mapInOrder } from "../../src/pipeline/map-in-order.ts";
import { mixSeed } from "../../src/random.ts";
import { WorkerPool } from "../../src/runtime/worker-pool.ts";
import { Captions } from "./caption-tokens.ts";
import type { Half, Specimen, SpecimenRequest } from "./draw-pool-worker.ts";

const { values: options } = parseArgs({
  options: {
    out: { type: "string", default: ".cache/pool" },
    specimens: { type: "string", default: "25000" },
    size: { type: "string", default: "256" },
    seed: { type: "string", default: "0" },
    half: { type: "string", default: "train" },
    categories: { type: "string" },
  },
});
const [specimens, size, seed] = [Number(options.specimens), Number(options.size), Number(options.seed)];
const half = options.half as Half;
const names = options.categories?.split(",").map((name) => findCategory(name).name);

await mkdir(options.out, { recursive: true });
await writeFile(join(options.out, "captions.json"), JSON.stringify(await describeCaptions()));
const [images, masks, pictures] = ["images.u8", "masks.u8", "pictures.jsonl"].map((name) =>
  createWriteStream(join(options.out, name)),
);
const threads = availableParallelism();
const pool = new WorkerPool("./draw-pool-worker", import.meta.url, threads);
const began = performance.now();
let [number, count] = [0, 0];
const requests = Array.from(
  { length: specimens },
  (_, i): SpecimenRequest => ({ seed: mixSeed("pool", half, seed, i), size, half, names }),
);
for await (const specimen of mapInOrder(
  requests,
  (request) => pool.run<Specimen>("drawSpecimen", request),
  3 * threads,
)) {
  count += specimen.defects.length;
  const lines = specimen.defects.map(
    (defect) => `${JSON.stringify({ category: specimen.category, defect, specimen: number })}\n`,
  );
  number += 1;
  for (const [stream, data] of [
    [images!, specimen.images],
    [masks!, specimen.masks],
    [pictures!, lines.join("")],
  ] as const) {
    if (!stream.write(data)) await once(stream, "drain");
  }
  if (number % 500 === 0) {
    const rate = count / ((performance.now() - began) / 1000);
    console.log(`${number} of ${specimens} specimens, ${rate.toFixed(1)} pictures a second`);
  }
}
await pool.close();
await Promise.all([images!, masks!, pictures!].map((stream) => once(stream.end(), "finish")));

/** Texts as token rows, and for each category and defect ("gear/scratch", "gear/") the numbers of its texts. */
async function describeCaptions() {
  const captions = await Captions.load();
  const numbers = new Map<string, number>();
  const numberOf = (text: string) => numbers.get(text) ?? numbers.set(text, numbers.size).size - 1;
  const generic = captions.generic.map(numberOf);
  const fitting: Record<string, Record<"captions" | "objectCaptions" | "plainCaptions", number[]>> = {};
  for (const category of categories.filter(({ split }) => split === half)) {
    for (const defect of [null, ...defects.filter((kind) => kind.split === half && kind.appliesTo(category))]) {
      const { captions, objectCaptions, plainCaptions } = captionsFor(category, defect);
      fitting[`${category.name}/${defect?.name ?? ""}`] = {
        captions: captions.map(numberOf),
        objectCaptions: objectCaptions.map(numberOf),
        plainCaptions: plainCaptions.map(numberOf),
      };
    }
  }
  const texts = [...numbers.keys()];
  const { tokens, ends } = captions.tokens(texts, texts.length);
  return {
    tokenIds: captions.ids,
    length: captions.length,
    tokens: Array.from(tokens, Number),
    ends: Array.from(ends, (end, i) => Number(end) - i * captions.length),
    generic,
    fitting,
    textures: categories.filter(({ kind, split }) => kind === "texture" && split === half).map(({ name }) => name),
  };
}
