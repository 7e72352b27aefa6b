/** `report.html` of a training run: one file that shows how the loss went, and on what. */

import { rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { RunningMeans } from "../plots/running-means.ts";
import { onDisk } from "../results/results-folder.ts";
import { type EpochLine, type Losses, readTrainingLog } from "./training-log.ts";
import { trainingPage } from "./training-report-page.ts";

/** What the log does not tell. */
export interface TrainingFacts {
  /** Heading of the page. Default: "Training report". */
  title?: string;
  state: "running" | "finished" | "stopped early" | "interrupted";
  /** Epochs asked for. */
  epochs: number;
  /** The epoch whose prompts are kept; null where none is better than the others. */
  bestEpoch: number | null;
  /** λ, the weight of the local loss. */
  localWeight: number;
  /** How the run was started; names in camel case are shown as words. */
  options: Readonly<Record<string, string | number>>;
  /** What is learned from, class by class. */
  data: readonly ClassCounts[];
  /** What the reader should know, such as "no masks: global loss only". */
  notes: readonly string[];
  /** Path of the log. */
  log: string;
  /** When the report is made. Default: now. */
  now?: Date;
}

/** Pictures of one class. */
export interface ClassCounts {
  name: string;
  normal: number;
  abnormal: number;
  /** Those of the abnormal ones that have a mask. */
  withMask: number;
}

/** A loss and its parts along a run; the local loss with its weight. */
export interface LossCurves {
  total: RunningMeans;
  global: RunningMeans;
  weightedLocal: RunningMeans;
}

/** What a log amounts to, in memory that does not grow with it. */
export interface LogSummary {
  /** The last epochs, {@link EPOCHS_LISTED} at most. */
  epochs: EpochLine[];
  /** All epochs. */
  epochCount: number;
  /** The line of the best epoch. */
  best: EpochLine | null;
  /** The first epoch's loss. */
  firstLoss: number | null;
  /** Time of all epochs. */
  seconds: number;
  /** By step, counted through the run. */
  perStep: LossCurves;
  perEpoch: LossCurves;
  validationLoss: RunningMeans;
  validationAuroc: RunningMeans;
}

/** Epochs that the table lists at most. */
export const EPOCHS_LISTED = 1000;

/**
 * Writes the report to `path`. An older one stays whole until the new one is.
 *
 * @throws AnomalyClipError `E_CONFIG` where it cannot be written or the log cannot be read
 */
export async function writeTrainingReport(path: string, facts: TrainingFacts): Promise<void> {
  const html = trainingPage(facts, await summarizeLog(facts));
  await onDisk(dirname(path), "write the report to", async () => {
    await writeFile(`${path}.new`, html);
    await rename(`${path}.new`, path);
  });
}

// --- internal ---

async function summarizeLog({ log, bestEpoch, localWeight }: TrainingFacts): Promise<LogSummary> {
  const summary: LogSummary = {
    epochs: [],
    epochCount: 0,
    best: null,
    firstLoss: null,
    seconds: 0,
    perStep: newCurves(),
    perEpoch: newCurves(),
    validationLoss: new RunningMeans(),
    validationAuroc: new RunningMeans(),
  };
  let step = 0;
  for await (const line of readTrainingLog(log)) {
    if (line.kind === "step") {
      addLosses(summary.perStep, ++step, line, localWeight);
      continue;
    }
    const { epoch, validation } = line;
    addLosses(summary.perEpoch, epoch, line, localWeight);
    if (validation) summary.validationLoss.add(epoch, validation.loss);
    if (validation && validation.auroc !== null) summary.validationAuroc.add(epoch, validation.auroc);
    summary.firstLoss ??= line.loss;
    summary.seconds += line.seconds;
    summary.epochCount++;
    if (epoch === bestEpoch) summary.best = line;
    if (summary.epochs.push(line) > EPOCHS_LISTED) summary.epochs.shift();
  }
  return summary;
}

function newCurves(): LossCurves {
  return { total: new RunningMeans(), global: new RunningMeans(), weightedLocal: new RunningMeans() };
}

function addLosses(curves: LossCurves, x: number, { loss, global, local }: Losses, localWeight: number): void {
  curves.total.add(x, loss);
  if (global !== null) curves.global.add(x, global);
  if (local !== null) curves.weightedLocal.add(x, local * localWeight);
}
