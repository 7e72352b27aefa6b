/**
 * Learns the embedded model's object-agnostic prompts on the training half of the procedural categories, with the
 * training kinds of defects:
 *
 *   npm run mini:prompts
 */

import { parseArgs } from "node:util";
import { categories } from "../../src/datasets/procedural/categories.ts";
import { defects } from "../../src/datasets/procedural/defects.ts";
import { mixSeed, Random } from "../../src/datasets/procedural/random.ts";
import { renderSample } from "../../src/datasets/procedural/render.ts";
import { preprocessMask } from "../../src/image/preprocess.ts";
import { type TrainingSample, trainPrompts } from "../../src/training/train-prompts.ts";
import { openClip } from "../../src/weights/clip-weights.ts";
import { writePromptCheckpoint } from "../../src/weights/prompt-checkpoint.ts";
import { DPAM_FROM } from "./config.ts";

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: "models/mini/clip.safetensors" },
    out: { type: "string", default: "models/mini/prompts.safetensors" },
    samples: { type: "string", default: "1200" },
    "image-size": { type: "string", default: "192" },
    sigma: { type: "string", default: "4" },
    epochs: { type: "string", default: "15" },
    seed: { type: "string", default: "0" },
  },
});
const random = new Random(mixSeed("prompts", Number(options.seed)));
const imageSize = Number(options["image-size"]);
const clip = await openClip(options.model);

const seen = categories.filter(({ split }) => split === "train");
const kinds = defects.filter(({ split }) => split === "train");
const samples = Array.from({ length: Number(options.samples) }, (_, i): TrainingSample => {
  const category = random.pick(seen);
  const defect = i % 2 === 0 ? null : random.pick(kinds.filter((kind) => kind.appliesTo(category)));
  const seed = random.int(0, 2 ** 31 - 1);
  const { image, mask } = renderSample({ category: category.name, defect: defect?.name ?? null, seed, size: 224 });
  const gray = { width: image.width, height: image.height, data: mask };
  return { image, mask: preprocessMask(gray, imageSize) };
});

const prompts = await trainPrompts(clip, samples, {
  settings: { imageSize, dpamFrom: DPAM_FROM, sigma: Number(options.sigma) },
  epochs: Number(options.epochs),
  random: () => random.next(),
  onEpoch: ({ epoch, loss, global, local }) =>
    console.log(`epoch ${epoch}  loss ${loss.toFixed(4)}  global ${global.toFixed(4)}  local ${local.toFixed(4)}`),
});
await writePromptCheckpoint(options.out, prompts);
