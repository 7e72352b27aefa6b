/** The files of a training, and whether a run may use the folder that they lie in. */

import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { AnomalyClipError } from "../errors.ts";
import { type FolderMode, onDisk } from "../results/results-folder.ts";
import { checkpointName, listCheckpoints } from "./training-checkpoint.ts";
import { PROMPT_FORMATS } from "./training-options.ts";

/** Paths in a training's folder. */
export interface TrainingFolder {
  path: string;
  checkpoints: string;
  log: string;
  report: string;
  /** The checkpoint of an epoch. */
  checkpoint(epoch: number): string;
}

export function trainingFolder(path: string): TrainingFolder {
  const checkpoints = join(path, "checkpoints");
  return {
    path,
    checkpoints,
    log: join(path, "log.jsonl"),
    report: join(path, "report.html"),
    checkpoint: (epoch) => join(checkpoints, checkpointName(epoch)),
  };
}

/** File of the learned prompts in `folder`. */
export function promptsPath(folder: TrainingFolder, format: (typeof PROMPT_FORMATS)[number]): string {
  return join(folder.path, `prompts.${format}`);
}

/**
 * Refuses a folder with a training that is neither to be gone on with nor to be overwritten.
 *
 * @returns the epochs that have checkpoints
 * @throws AnomalyClipError E_CONFIG
 */
export async function requireUsable(folder: TrainingFolder, mode: FolderMode): Promise<number[]> {
  const epochs = await listCheckpoints(folder.checkpoints);
  if (mode === "new" && epochs.length > 0) {
    throw new AnomalyClipError(
      "E_CONFIG",
      `${folder.path} already holds a training (${epochs.length} epochs): --resume goes on with it, --force starts over, --out takes another folder`,
    );
  }
  return epochs;
}

/**
 * Makes the folder. With `force`, removes the training in it. What else lies there stays.
 *
 * @param keepThroughEpoch checkpoints of later epochs, which are to come again, are removed. Default: all stay.
 */
export async function makeReady(
  folder: TrainingFolder,
  mode: FolderMode,
  keepThroughEpoch = Number.POSITIVE_INFINITY,
): Promise<void> {
  await onDisk(folder.path, "write to", async () => {
    await mkdir(folder.checkpoints, { recursive: true });
    for (const epoch of await listCheckpoints(folder.checkpoints)) {
      if (mode === "force" || epoch > keepThroughEpoch) await rm(folder.checkpoint(epoch));
    }
    if (mode === "force") {
      const others = [folder.log, folder.report, ...PROMPT_FORMATS.map((format) => promptsPath(folder, format))];
      for (const file of others) await rm(file, { force: true });
    }
  });
}
