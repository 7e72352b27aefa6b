/**
 * Learns the embedded model's object-agnostic prompts on the training half of the procedural categories, with the
 * training kinds of defects:
 *
 *   npm run mini:prompts
 */

import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeProceduralSet } from "../../src/datasets/procedural/write.ts";
import { runTraining } from "../../src/training/run-training.ts";

/**
 * First block of the V-V path: the last one, so that its patches know what surrounds them, as the loss of
 * `tools/mini-clip/train.py` asked of those before the last block.
 */
const DPAM_FROM = 8;
/** The CLIP was trained with captions of damage: prompts that move far from where they begin unlearn it. */
const LEARNING_RATE = 1e-4;

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: "models/mini/clip.safetensors" },
    out: { type: "string", default: "models/mini/prompts.safetensors" },
    good: { type: "string", default: "6" },
    "per-defect": { type: "string", default: "1" },
    "image-size": { type: "string", default: "256" },
    epochs: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
  },
});
const folder = await mkdtemp(join(tmpdir(), "anomalyclip-mini-"));
try {
  const data = join(folder, "procedural");
  await writeProceduralSet(data, {
    split: "train",
    size: 256,
    good: Number(options.good),
    perDefect: Number(options["per-defect"]),
    seed: Number(options.seed),
  });
  const { prompts } = await runTraining(
    {
      data: [data],
      out: join(folder, "training"),
      cacheDir: join(folder, "features"),
      model: options.model,
      imageSize: Number(options["image-size"]),
      dpamFrom: DPAM_FROM,
      // One pair for both serves the map, whose loss weighs more, and costs the score.
      decoupled: true,
      learningRate: LEARNING_RATE,
      epochs: Number(options.epochs),
    },
    {
      onEpoch: ({ epoch, loss, global, local }) =>
        console.log(
          `epoch ${epoch}  loss ${loss.toFixed(4)}  global ${global?.toFixed(4)}  local ${local?.toFixed(4)}`,
        ),
    },
  );
  await copyFile(prompts!, options.out);
} finally {
  await rm(folder, { recursive: true });
}
