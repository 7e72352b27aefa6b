/** Learns prompts from cached features of the frozen image encoder (section 3.3 of the paper). */

import type { PromptTemplates } from "../anomalyclip/prompt-templates.ts";
import type { Settings } from "../anomalyclip/settings.ts";
import { frozenParameters } from "../clip/parameters.ts";
import { AnomalyClipError } from "../errors.ts";
import { reshape, slice } from "../graph/layout.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import { auroc } from "../metrics/ranking.ts";
import { Session, type SessionOptions } from "../runtime/session.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";
import type { PromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { type BatchFeeds, epochOrder, readBatches, type SampleReader, type TrainingSample } from "./batches.ts";
import { Optimizer, type OptimizerState } from "./optimizer.ts";
import { type PromptSharing, promptLearnables, promptParameters, withLearned } from "./prompt-learnables.ts";
import { type PromptLoss, type PromptLossOptions, promptLoss } from "./prompt-loss.ts";
import { promptSide } from "./prompt-side.ts";
import type { EpochLine, Losses, StepLine } from "./training-log.ts";

/** How prompts are learned. */
export interface TrainPromptsOptions<T extends TrainingSample> extends PromptSharing, PromptLossOptions {
  clip: ClipWeights;
  settings: Pick<Settings, "temperature">;
  templates: PromptTemplates;
  /** Where learning starts. */
  initial: PromptCheckpoint;
  samples: readonly T[];
  /** Judged after each epoch, never learned from. Default: none. */
  validation?: readonly T[];
  reader: SampleReader<T>;
  epochs: number;
  batchSize: number;
  learningRate: number;
  /** Of the order of samples. */
  seed: number;
  shuffle: boolean;
  /** Epochs without a lower validation loss after which learning stops. Default: it never does. */
  patience?: number;
  /** Goes on after an epoch as if there had been no break. */
  progress?: TrainingProgress;
  session?: SessionOptions;
  onStep?(report: StepReport): void | Promise<void>;
  /** Learning goes on when this has settled: checkpoints are written here. */
  onEpoch?(report: EpochReport, progress: TrainingProgress): void | Promise<void>;
  /** Asked for between steps. */
  signal?: AbortSignal;
}

/** A step, and how many an epoch has. */
export type StepReport = Omit<StepLine, "kind"> & { steps: number };

export type EpochReport = Omit<EpochLine, "kind">;

/** All that a later process needs to go on after an epoch. */
export interface TrainingProgress {
  /** The last epoch that is done. */
  epoch: number;
  state: OptimizerState;
  /** The epoch with the lowest validation loss so far; null without validation. */
  best: { epoch: number; loss: number } | null;
}

/** Why learning ended. */
export type TrainingEnd = "finished" | "stopped early" | "interrupted";

/**
 * Learns prompts, epoch by epoch.
 *
 * @returns how it ended; what was learned has been handed to `onEpoch`
 * @throws AnomalyClipError E_RUNTIME when the loss or a prompt is no longer finite, with the step
 */
export async function trainPrompts<T extends TrainingSample>(options: TrainPromptsOptions<T>): Promise<TrainingEnd> {
  const { initial, samples, validation = [], reader, epochs, learningRate, patience, signal } = options;
  const { onStep, onEpoch } = options;
  const batchSize = Math.min(options.batchSize, samples.length);
  const buildLoss = await lossBuilder(options, batchSize);
  const learnables = promptLearnables(initial, options);
  const optimizer = await Optimizer.create({
    learnables,
    loss: buildLoss.loss,
    adam: { beta1: 0.5, beta2: 0.999 },
    state: options.progress?.state,
    session: options.session,
  });
  const validator = validation.length > 0 ? await createValidator(options, batchSize, validation) : null;
  try {
    const stepsPerEpoch = Math.ceil(samples.length / batchSize);
    let best = options.progress?.best ?? null;
    for (let epoch = (options.progress?.epoch ?? 0) + 1; epoch <= epochs; epoch++) {
      if (isOver(patience, epoch - 1, best)) {
        return "stopped early";
      }
      const started = performance.now();
      const order = epochOrder(samples.length, epoch, options).map((i) => samples[i]!);
      const total = new LossMean();
      let step = 0;
      let stepStarted = started;
      for await (const feeds of readBatches(order, batchSize, reader, buildLoss.further)) {
        if (signal?.aborted) {
          return "interrupted";
        }
        const losses = readLosses(await optimizer.step(feeds, learningRate));
        step++;
        if (!Number.isFinite(losses.loss)) {
          throw diverged(`the loss is ${losses.loss}`, epoch, step);
        }
        total.add(losses);
        const now = performance.now();
        const seconds = (now - stepStarted) / 1000;
        stepStarted = now;
        await onStep?.({ epoch, step, steps: stepsPerEpoch, ...losses, learningRate, seconds });
      }
      const state = optimizer.state();
      for (const [name, slot] of state.slots) {
        // The step that spoils a prompt still reports the loss of the good one, and Adam's squares overflow first.
        if (!Object.values(slot).every((values: Float32Array) => values.every(Number.isFinite))) {
          throw diverged(`${name} or its gradient is not finite`, epoch, step);
        }
      }
      const judged = (await validator?.judge((name) => optimizer.values(name))) ?? null;
      if (judged !== null && (best === null || judged.loss < best.loss)) {
        best = { epoch, loss: judged.loss };
      }
      const seconds = (performance.now() - started) / 1000;
      await onEpoch?.({ epoch, ...total.mean(), validation: judged, seconds }, { epoch, state, best });
    }
    return "finished";
  } finally {
    await Promise.all([optimizer.close(), validator?.session.close()]);
  }
}

/** The prompts as they were after an epoch, without text features. */
export function learnedPrompts(
  initial: PromptCheckpoint,
  { state }: TrainingProgress,
  sharing: PromptSharing,
): PromptCheckpoint {
  return withLearned(initial, (name) => state.slots.get(name)!.parameter, sharing);
}

// --- internal ---

/** Builds the loss of a batch from the parameters; `further` gives the feeds that its text side wants. */
async function lossBuilder<T extends TrainingSample>(options: TrainPromptsOptions<T>, batchSize: number) {
  const { clip, templates, initial, samples, validation = [], reader, settings } = options;
  const classNames = [...new Set([...samples, ...validation].map(({ className }) => className))].sort();
  const side = await promptSide(clip, templates, classNames, initial.contextLength, batchSize);
  const parameters = await frozenParameters(clip);
  const { layers, rows, embedDim, imageSize } = reader;
  const build = (parameter: (name: string) => Tensor): PromptLoss => {
    const features = layers.map((layer) => input(`layer${layer}`, [batchSize, rows, embedDim], "float16"));
    return promptLoss(
      { parameters, config: clip.config, ...side },
      promptParameters(parameter, initial, options),
      {
        image: reshape(slice(features[0]!, 1, 0, 1), [batchSize, embedDim]),
        patches: features,
        labels: input("labels", [batchSize]),
        masks: input("masks", [batchSize, imageSize, imageSize], "uint8"),
        globalWeights: input("globalWeights", [batchSize]),
        localWeights: input("localWeights", [batchSize]),
      },
      { ...options, temperature: settings.temperature },
    );
  };
  const loss = (parameter: (name: string) => Tensor) => {
    const built = build(parameter);
    return { loss: built.loss, report: built.report as Record<string, Tensor> };
  };
  return { build, loss, further: side.further };
}

/** The loss without its gradient, on samples that are not learned from. */
async function createValidator<T extends TrainingSample>(
  options: TrainPromptsOptions<T>,
  batchSize: number,
  samples: readonly T[],
) {
  const { build, further } = await lossBuilder(options, batchSize);
  const learnables = promptLearnables(options.initial, options);
  const { loss, report, scores } = build((name) => input(name, learnables.get(name)!.shape));
  const session = await Session.create({ loss, ...report, scores }, options.session);
  const judge = async (value: (name: string) => Float32Array): Promise<NonNullable<EpochReport["validation"]>> => {
    const parameters: BatchFeeds = Object.fromEntries([...learnables.keys()].map((name) => [name, value(name)]));
    const total = new LossMean();
    const all: number[] = [];
    for await (const feeds of readBatches(samples, batchSize, options.reader, further)) {
      const results = await session.run({ ...feeds, ...parameters });
      const count = Math.min(batchSize, samples.length - all.length);
      total.add(readLosses(Object.fromEntries(Object.entries(results).map(([name, [x]]) => [name, x!]))), count);
      all.push(...results.scores!.subarray(0, count));
    }
    const labels = Uint8Array.from(samples, ({ abnormal }) => (abnormal ? 1 : 0));
    return { ...total.mean(), auroc: auroc(Float32Array.from(all), labels) };
  };
  return { session, judge };
}

/** Whether the validation loss has not fallen for so long that learning should stop. */
function isOver(patience: number | undefined, epoch: number, best: TrainingProgress["best"]): boolean {
  return patience !== undefined && best !== null && epoch - best.epoch >= patience;
}

function readLosses(report: Record<string, number>): Losses {
  return { loss: report.loss!, global: report.global ?? null, local: report.local ?? null };
}

/** Mean losses; those of a part that is off stay null. */
class LossMean {
  private weight = 0;
  private readonly total: Losses = { loss: 0, global: null, local: null };

  add(losses: Losses, weight = 1): void {
    this.weight += weight;
    for (const name of ["loss", "global", "local"] as const) {
      const value = losses[name];
      if (value !== null) {
        this.total[name] = (this.total[name] ?? 0) + weight * value;
      }
    }
  }

  mean(): Losses {
    const { loss, global, local } = this.total;
    const over = (sum: number | null) => (sum === null ? null : sum / this.weight);
    return { loss: loss / this.weight, global: over(global), local: over(local) };
  }
}

function diverged(what: string, epoch: number, step: number): AnomalyClipError {
  return new AnomalyClipError("E_RUNTIME", `${what} at step ${step} of epoch ${epoch}: lower the learning rate`);
}
