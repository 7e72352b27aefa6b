/** Checkpoints of a training: a prompt file that also holds the optimizer's state, so that it can be gone on from. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { AnomalyClipError } from "../errors.ts";
import { sizeOf } from "../graph/tensor.ts";
import { openCheckpoint } from "../weights/open-checkpoint.ts";
import { type PromptCheckpoint, writePromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { countElements, readTensor } from "../weights/read-tensor.ts";
import type { Learnable, Slot } from "./optimizer.ts";
import { type PromptSharing, promptLearnables } from "./prompt-learnables.ts";
import { learnedPrompts, type TrainingProgress } from "./train-prompts.ts";

/** Entry of the metadata that holds epoch, steps and best epoch as JSON. */
const PROGRESS_KEY = "progress";
/** Adam's memory of a parameter is stored under these names before its own. */
const MEAN = "adam.mean.";
const MEAN_SQUARE = "adam.mean_square.";

/** File of an epoch's checkpoint, in the folder of checkpoints. */
export function checkpointName(epoch: number): string {
  return `epoch-${String(epoch).padStart(3, "0")}.safetensors`;
}

/** Epochs that have a checkpoint in `folder`, in rising order. */
export async function listCheckpoints(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new AnomalyClipError("E_CONFIG", `${folder}: cannot be read: ${error.message}`, { cause: error });
  });
  const epochs = names.map((name) => Number(/^epoch-(\d+)\.safetensors$/.exec(name)?.[1]));
  return epochs.filter((epoch) => epoch > 0).sort((a, b) => a - b);
}

/**
 * Writes the checkpoint of an epoch, whole or not at all; the same progress gives the same bytes.
 *
 * @param initial what learning started from: sizes and metadata
 * @throws AnomalyClipError E_WEIGHTS when it cannot be written
 */
export async function writeTrainingCheckpoint(
  folder: string,
  initial: PromptCheckpoint,
  progress: TrainingProgress,
  sharing: PromptSharing,
): Promise<void> {
  const prompts = learnedPrompts(initial, progress, sharing);
  const { epoch, best, state } = progress;
  const metadata = { ...prompts.metadata, [PROGRESS_KEY]: JSON.stringify({ epoch, steps: state.steps, best }) };
  const shapes = promptLearnables(initial, sharing);
  const memory = [...state.slots].flatMap(([name, { mean, meanSquare }]) =>
    [[MEAN, mean] as const, [MEAN_SQUARE, meanSquare] as const].map(([prefix, data]) => ({
      name: `${prefix}${name}`,
      dtype: "F32" as const,
      shape: shapes.get(name)!.shape,
      data,
    })),
  );
  await writePromptCheckpoint(join(folder, checkpointName(epoch)), { ...prompts, metadata }, memory);
}

/**
 * Reads a checkpoint.
 *
 * @param learnables what is being learned; the checkpoint must hold the same
 * @throws AnomalyClipError E_PROMPTS when it is no checkpoint of this training, E_WEIGHTS when it cannot be read
 */
export async function readTrainingCheckpoint(
  path: string,
  learnables: ReadonlyMap<string, Learnable>,
): Promise<TrainingProgress> {
  const { checkpoint } = await openCheckpoint(path);
  const read = async (name: string, size: number) => {
    const tensor = checkpoint.tensors.get(name);
    if (tensor === undefined || countElements(tensor.shape) !== size) {
      throw unusable(path, `its ${name} is missing or of another size`);
    }
    const values = await readTensor(tensor);
    if (!values.every(Number.isFinite)) throw unusable(path, `its ${name} holds NaN or infinity`);
    return values;
  };
  const slots = new Map<string, Slot>();
  for (const [name, { shape }] of learnables) {
    const size = sizeOf(shape);
    slots.set(name, {
      parameter: await read(name, size),
      mean: await read(`${MEAN}${name}`, size),
      meanSquare: await read(`${MEAN_SQUARE}${name}`, size),
    });
  }
  const { epoch, steps, best } = readProgress(path, checkpoint.metadata[PROGRESS_KEY]);
  return { epoch, best, state: { steps, slots } };
}

// --- internal ---

function readProgress(path: string, text: string | undefined) {
  let parsed: { epoch?: unknown; steps?: unknown; best?: { epoch?: unknown; loss?: unknown } | null };
  try {
    parsed = Object(JSON.parse(text ?? ""));
  } catch {
    throw unusable(path, "it does not say which epoch it is of");
  }
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;
  const { epoch, steps, best } = parsed;
  if (!isCount(epoch) || !isCount(steps)) throw unusable(path, "it does not say which epoch it is of");
  if (best === null || best === undefined) return { epoch, steps, best: null };
  if (!isCount(best.epoch) || typeof best.loss !== "number") throw unusable(path, "its best epoch is malformed");
  return { epoch, steps, best: { epoch: best.epoch, loss: best.loss } };
}

function unusable(path: string, what: string): AnomalyClipError {
  return new AnomalyClipError("E_PROMPTS", `${path}: no checkpoint of this training: ${what}`);
}
