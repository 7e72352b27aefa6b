/** The rendering process of `batches.ts`: a request in, a batch out. */

import { captionsFor } from "../../src/datasets/procedural/captions.ts";
import { categories } from "../../src/datasets/procedural/categories.ts";
import { defects } from "../../src/datasets/procedural/defects.ts";
import { renderSample } from "../../src/datasets/procedural/render.ts";
import { preprocess } from "../../src/image/preprocess.ts";
import { mixSeed, Random } from "../../src/random.ts";
import { augment, crop } from "./augment.ts";
import type { Batch, BatchRequest } from "./batches.ts";
import { CONFIG } from "./config.ts";

const trainCategories = categories.filter(({ split }) => split === "train");
const trainDefects = defects.filter(({ split }) => split === "train");

process.on("message", (request: BatchRequest) => {
  process.send?.({ seed: request.seed, batch: render(request) });
});

function render({ seed, count, size }: BatchRequest): Batch {
  const random = new Random(mixSeed("batch", seed));
  let specimen: ReturnType<typeof drawSpecimen> | null = null;
  const batch: Batch = {
    images: new Float32Array(count * 3 * size * size),
    masks: new Float32Array(count * size * size),
    categories: [],
    defects: [],
    captions: [],
  };
  // A picture costs more than its parts: two of each are shown.
  const parts = size < CONFIG.imageSize ? 2 : 1;
  for (let i = 0; i < count; i++) {
    if (i % parts === 0) specimen = drawSpecimen(random, i / parts);
    const { category, wanted, sample } = specimen!;
    const { image, mask } = augment(parts > 1 ? crop(sample, size, random) : sample, random);
    const defect = mask.includes(1) ? wanted : null;
    const pixels = preprocess(image, size);
    batch.images.set(pixels, i * pixels.length);
    batch.masks.set(mask, i * mask.length);
    batch.categories.push(category.name);
    batch.defects.push(defect?.name ?? null);
    const { captions, objectCaptions, plainCaptions } = captionsFor(category, defect);
    const which = random.next();
    batch.captions.push(random.pick(which < 0.6 ? captions : which < 0.85 ? objectCaptions : plainCaptions));
  }
  return batch;
}

/** A picture of the training half of the world: every second one with a defect. */
function drawSpecimen(random: Random, number: number) {
  const category = random.pick(trainCategories);
  const sound = number % 2 === 0;
  const wanted = sound ? null : random.pick(trainDefects.filter((kind) => kind.appliesTo(category)));
  const sample = renderSample({
    category: category.name,
    defect: wanted?.name ?? null,
    seed: random.int(0, 2 ** 31 - 1),
    size: CONFIG.imageSize,
  });
  return { category, wanted, sample };
}
