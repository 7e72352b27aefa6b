/**
 * Learns the embedded model's object-agnostic prompts on the training half of the procedural categories, with the
 * training kinds of defects:
 *
 *   npm run mini:prompts
 *
 * and notes in their settings the threshold that divides other pictures of that half best.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { AnomalyDetector } from "../../src/anomalyclip/detector.ts";
import { ABNORMAL_STATES, NORMAL_STATES } from "../../src/anomalyclip/hand-written-prompts.ts";
import { SETTINGS_KEY } from "../../src/anomalyclip/settings.ts";
import { openDataset } from "../../src/datasets/open-dataset.ts";
import { writeProceduralSet } from "../../src/datasets/procedural/write.ts";
import { calibrate } from "../../src/server/calibrate.ts";
import { runTraining } from "../../src/training/run-training.ts";
import { readPromptCheckpoint, writePromptCheckpoint } from "../../src/weights/prompt-checkpoint.ts";

/**
 * First block of the V-V path: the last one, so that its patches know what surrounds them, as the loss of
 * `tools/mini-clip/train.py` asked of those before the last block.
 */
const DPAM_FROM = 8;
/** The CLIP was trained with captions of damage: prompts that move far from where they begin unlearn it. */
const LEARNING_RATE = 1e-4;
/** Mirrored and upside down too: the small model gains from each view, and is quick enough for four. */
const VIEWS = 4;

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
  await draw(data, Number(options.seed));
  const { prompts } = await runTraining(
    {
      data: [data],
      out: join(folder, "training"),
      cacheDir: join(folder, "features"),
      model: options.model,
      imageSize: Number(options["image-size"]),
      dpamFrom: DPAM_FROM,
      views: VIEWS,
      // The CLIP has learned many words for the two states; one of them says less than all.
      normalTemplates: NORMAL_STATES,
      abnormalTemplates: ABNORMAL_STATES,
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
  await draw(join(folder, "others"), Number(options.seed) + 1);
  const threshold = await chooseThreshold(prompts!, join(folder, "others"));
  const checkpoint = await readPromptCheckpoint(prompts!);
  const settings = { ...JSON.parse(checkpoint.metadata[SETTINGS_KEY]!), threshold };
  const metadata = { ...checkpoint.metadata, [SETTINGS_KEY]: JSON.stringify(settings) };
  await writePromptCheckpoint(options.out, { ...checkpoint, metadata });
} finally {
  await rm(folder, { recursive: true });
}

function draw(folder: string, seed: number): Promise<unknown> {
  const [good, perDefect] = [Number(options.good), Number(options["per-defect"])];
  return writeProceduralSet(folder, { split: "train", size: 256, good, perDefect, seed });
}

/** The score with the least mean of false-alarm and miss rate, to two places. */
async function chooseThreshold(prompts: string, data: string): Promise<number> {
  const detector = await AnomalyDetector.load({ model: options.model, prompts });
  const scores: Record<"normal" | "abnormal", number[]> = { normal: [], abnormal: [] };
  try {
    const { samples } = await openDataset(data);
    const state = new Map(samples.map(({ image, abnormal }) => [image, abnormal ? "abnormal" : "normal"] as const));
    for await (const { source, detection, error } of detector.detectMany(state.keys())) {
      if (detection === undefined) throw error;
      scores[state.get(source)!].push(detection.score);
    }
  } finally {
    await detector.close();
  }
  const { threshold, falseAlarms, misses } = calibrate(scores.normal, scores.abnormal);
  console.log(
    `threshold ${threshold.toFixed(2)}  false alarms ${falseAlarms.rate.toFixed(3)}  missed ${misses!.rate.toFixed(3)}`,
  );
  return Math.round(100 * threshold) / 100;
}
