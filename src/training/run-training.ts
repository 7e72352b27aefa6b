/** A training from data sets to a prompt file: features, epochs with checkpoints, log and report. */

import { createHash } from "node:crypto";
import { basename } from "node:path";
import { readTemplates, TEMPLATES_KEY } from "../anomalyclip/prompt-templates.ts";
import { writeReleasedPrompts } from "../anomalyclip/released-prompts.ts";
import { describeReading, resolveSettings, SETTINGS_KEY, type Settings, UNDECIDED } from "../anomalyclip/settings.ts";
import { promptFeatures } from "../anomalyclip/text-features.ts";
import { chooseSamples } from "../datasets/choose-samples.ts";
import { openDataset } from "../datasets/open-dataset.ts";
import type { Sample } from "../datasets/sample.ts";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { FeatureCache } from "../features/feature-cache.ts";
import { MaskCache } from "../features/mask-cache.ts";
import {
  type PreparationPlan,
  type PreparationProgress,
  type PreparedSample,
  prepareSamples,
} from "../features/prepare-samples.ts";
import { readFeatures, readMask } from "../features/read-or-recompute.ts";
import { printable } from "../printable.ts";
import { type Protocol, requireSameProtocol, writeProtocol } from "../results/run-file.ts";
import { type ClipWeights, openClip } from "../weights/clip-weights.ts";
import { EMBEDDED_MODEL, EMBEDDED_PROMPTS } from "../weights/embedded-model.ts";
import { type PromptCheckpoint, readPromptCheckpoint, writePromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { resolveModel } from "../weights/registry.ts";
import { hashFile } from "../weights/verified-file.ts";
import type { SampleReader, TrainingSample } from "./batches.ts";
import { setAside } from "./choose-validation.ts";
import { continuePrompts, drawPrompts } from "./initial-prompts.ts";
import { promptLearnables } from "./prompt-learnables.ts";
import { promptSide } from "./prompt-side.ts";
import {
  type EpochReport,
  learnedPrompts,
  type StepReport,
  type TrainingEnd,
  type TrainingProgress,
  trainPrompts,
} from "./train-prompts.ts";
import { readTrainingCheckpoint, writeTrainingCheckpoint } from "./training-checkpoint.ts";
import { makeReady, promptsPath, requireUsable, type TrainingFolder, trainingFolder } from "./training-folder.ts";
import { TrainingLog } from "./training-log.ts";
import {
  type ResolvedTrainingOptions,
  resolveTemplates,
  resolveTrainingOptions,
  type TrainingOptions,
} from "./training-options.ts";
import { type ClassCounts, type TrainingFacts, writeTrainingReport } from "./training-report.ts";

/** Told as a training goes on. */
export interface TrainingEvents {
  /** What a person should know: pictures left out, masks missing, files computed again. */
  onNote?(text: string): void;
  onPlan?(plan: PreparationPlan): void;
  onPreparation?(progress: PreparationProgress): void;
  onStep?(report: StepReport): void;
  onEpoch?(report: EpochReport): void;
  /** Stops between two steps or pictures; finished epochs stay. */
  signal?: AbortSignal;
}

export interface TrainingResult {
  end: TrainingEnd;
  /** The epoch whose prompts were written; when interrupted, the last that is done. */
  epoch: number;
  /** The prompt file; null when interrupted. */
  prompts: string | null;
  folder: TrainingFolder;
  /** Pictures that could not be used. */
  leftOut: number;
}

/** The metadata entry of a prompt file that says how it was learned. */
const TRAINING_KEY = "training";

/**
 * Learns prompts and writes them with checkpoints, log and report to `options.out`.
 *
 * The same options, data and machine give the same bytes, whether or not the run was broken off and gone on with.
 *
 * @throws AnomalyClipError E_CONFIG for options, E_DATASET for data, E_WEIGHTS, E_PROMPTS or E_DOWNLOAD for files that
 *   cannot be used, E_RUNTIME when the loss is no longer finite; what was done before stays
 * @example
 * await runTraining({ data: ["mvtec"], model: "ViT-L/14@336px", out: "prompts-mvtec" });
 */
export async function runTraining(given: TrainingOptions, events: TrainingEvents = {}): Promise<TrainingResult> {
  const options = resolveTrainingOptions(given);
  const folder = trainingFolder(options.out);
  const epochs = await requireUsable(folder, options.mode);
  requireEpoch(folder, epochs, options);
  const chosen = await chooseData(options);
  // What cannot be learned from should be known before hours may go into features.
  checkSamples(
    chosen.training.map(({ abnormal, mask }) => ({ abnormal, local: !abnormal || mask !== null })),
    options,
  );
  const start = await openStart(options);
  const { clip, settings } = start;
  const all = [...chosen.training, ...chosen.validation];
  await requireKnownWords(all, start);

  const notes: string[] = [];
  const note = (text: string) => {
    notes.push(text);
    events.onNote?.(text);
  };
  const cache = await FeatureCache.open(clip, settings, options);
  const masks = await MaskCache.open(settings.imageSize, options);
  let leftOut = 0;
  const prepared = await prepareUnlessAborted(all, cache, masks, {
    signal: events.signal,
    onPlan: events.onPlan,
    onProgress: events.onPreparation,
    onProblem: ({ message, leftOut: isLeftOut }) => {
      leftOut += isLeftOut ? 1 : 0;
      note(isLeftOut ? `left out: ${message}` : message);
    },
  });
  if (prepared === null) {
    const epoch = options.mode === "resume" ? (epochs.at(-1) ?? 0) : 0;
    return { end: "interrupted", epoch, prompts: null, folder, leftOut };
  }
  const setAsideSamples = new Set(chosen.validation);
  const usable = prepared.map(
    (one): Usable => ({
      ...one,
      className: one.sample.className,
      abnormal: one.sample.abnormal,
      local: !one.sample.abnormal || one.maskHash !== null,
    }),
  );
  const samples = usable.filter(({ sample }) => !setAsideSamples.has(sample));
  const validation = usable.filter(({ sample }) => setAsideSamples.has(sample));
  const loss = checkSamples(samples, options, note);

  const protocol = await describeRun(options, start, cache, samples, validation, loss);
  let progress: TrainingProgress | undefined;
  if (options.mode === "resume" && epochs.length > 0) {
    await requireSameProtocol(folder.path, protocol);
    const path = folder.checkpoint(options.fromEpoch ?? epochs.at(-1)!);
    progress = await readTrainingCheckpoint(path, promptLearnables(start.initial, options));
  }
  await makeReady(folder, options.mode, progress?.epoch);
  // That of a run that is gone on with is there, and the same.
  if (progress === undefined) await writeProtocol(folder.path, protocol);
  const log = await TrainingLog.open(folder.log, { keepThroughEpoch: progress?.epoch ?? 0 });
  const report = (state: TrainingFacts["state"], bestEpoch: number | null) =>
    writeTrainingReport(folder.report, {
      state,
      bestEpoch,
      epochs: options.epochs,
      localWeight: options.localWeight,
      options: protocol as Record<string, string | number>,
      data: countClasses(samples),
      notes,
      log: folder.log,
    });
  let last = progress;
  let end: TrainingEnd;
  try {
    end = await trainPrompts({
      ...options,
      ...start,
      loss,
      samples,
      validation,
      progress,
      session: { threads: options.threads },
      signal: events.signal,
      reader: readerOf(cache, masks, note),
      onStep: async (step) => {
        const { steps: _, ...line } = step;
        await log.append({ kind: "step", ...line });
        events.onStep?.(step);
      },
      onEpoch: async (epoch, reached) => {
        // The checkpoint last: an epoch counts as done when all that is said of it is on disk.
        await log.append({ kind: "epoch", ...epoch });
        await writeTrainingCheckpoint(folder.checkpoints, start.initial, reached, options);
        last = reached;
        events.onEpoch?.(epoch);
        await report("running", reached.best?.epoch ?? null);
      },
    });
  } catch (error) {
    notes.push(messageOf(error));
    // The error itself matters more than a report that cannot be written for the same reason.
    await report("interrupted", last?.best?.epoch ?? null).catch(() => undefined);
    throw withCheckpoint(error, folder, last);
  } finally {
    await log.close();
  }
  if (end === "interrupted" || last === undefined) {
    await report("interrupted", last?.best?.epoch ?? null);
    return { end: "interrupted", epoch: last?.epoch ?? 0, prompts: null, folder, leftOut };
  }
  const epoch = options.patience === undefined ? last.epoch : (last.best?.epoch ?? last.epoch);
  await writePrompts(folder, options, start, await epochProgress(folder, epoch, last, options, start), {
    ...protocol,
    epoch,
  });
  await report(end, last.best?.epoch ?? null);
  return { end, epoch, prompts: promptsPath(folder, options.format), folder, leftOut };
}

// --- internal ---

type Usable = PreparedSample & TrainingSample;

/** What learning starts from. */
interface Start {
  clip: ClipWeights;
  settings: Settings;
  templates: ReturnType<typeof readTemplates>;
  /** With settings and templates in its metadata. */
  initial: PromptCheckpoint;
}

/** Refuses to go on after an epoch that has no checkpoint, or after more epochs than are asked for. */
function requireEpoch(
  { checkpoints }: TrainingFolder,
  done: readonly number[],
  { mode, fromEpoch, epochs: wanted }: ResolvedTrainingOptions,
): void {
  const epoch = fromEpoch ?? done.at(-1) ?? 0;
  if (mode === "resume" && epoch > wanted && done.includes(epoch)) {
    throw new AnomalyClipError(
      "E_CONFIG",
      `${checkpoints}: there are ${epoch} epochs already, and ${wanted} are asked for: ask for more (--epochs), or go on after an earlier one (--from-epoch)`,
    );
  }
  if (fromEpoch === undefined || done.includes(fromEpoch)) return;
  const found = done.length === 0 ? "nor of any other" : `but of ${done.join(", ")}`;
  throw new AnomalyClipError("E_CONFIG", `${checkpoints}: there is no checkpoint of epoch ${fromEpoch}, ${found}`);
}

async function chooseData(options: ResolvedTrainingOptions): Promise<{ training: Sample[]; validation: Sample[] }> {
  const datasets = [];
  for (const path of options.data) {
    datasets.push(await openDataset(path));
  }
  const { split, classes, excludeClasses, validation, validationClasses, seed } = options;
  const samples = chooseSamples(datasets, { split, classes, excludeClasses });
  if (validation !== undefined) {
    return setAside(samples, validation, seed);
  }
  if (validationClasses === undefined) {
    return { training: samples, validation: [] };
  }
  const judged = chooseSamples(datasets, { split, classes: validationClasses });
  const isJudged = new Set(judged);
  const training = samples.filter((sample) => !isJudged.has(sample));
  if (training.length === 0) {
    throw new AnomalyClipError("E_DATASET", "all classes are set aside for validation: none is left to learn from");
  }
  return { training, validation: judged };
}

/** Refuses words that the model does not know, or has no room for, before hours may go into features. */
async function requireKnownWords(samples: readonly Sample[], { clip, templates, initial }: Start): Promise<void> {
  const classNames = [...new Set(samples.map(({ className }) => className))];
  await promptSide(clip, templates, classNames, initial.contextLength, 1);
}

/** The prepared samples; null when the signal aborted: features that were computed stay in the cache. */
async function prepareUnlessAborted(...[samples, cache, masks, options]: Required<Parameters<typeof prepareSamples>>) {
  try {
    return await prepareSamples(samples, cache, masks, options);
  } catch (error) {
    if (options.signal?.aborted && error === options.signal.reason) return null;
    throw error;
  }
}

async function openStart(options: ResolvedTrainingOptions): Promise<Start> {
  const { model, init, download } = options;
  // Before the model, which may have to be downloaded first.
  const file = init === undefined ? null : await readPromptCheckpoint(init);
  const templates = resolveTemplates(options, file === null ? undefined : readTemplates(file.metadata));
  const clip = await openClip(model === undefined ? EMBEDDED_MODEL : await resolveModel(model, download));
  const inherited =
    file?.metadata ?? (model === undefined ? (await readPromptCheckpoint(EMBEDDED_PROMPTS)).metadata : {});
  const { imageSize, views, layers, dpamFrom, attention, temperature } = options;
  const settings = resolveSettings(clip.config, inherited, {
    imageSize,
    views,
    layers,
    dpamFrom,
    attention,
    temperature,
    // Thresholds belong to the prompts that the other settings come with.
    ...(file === null ? UNDECIDED : {}),
  });
  const prompts = file === null ? drawPrompts(clip, options) : continuePrompts(clip, file, options);
  const metadata = { [SETTINGS_KEY]: JSON.stringify(settings), [TEMPLATES_KEY]: JSON.stringify(templates) };
  return { clip, settings, templates, initial: { ...prompts, metadata } };
}

/**
 * What can be learned from the samples.
 *
 * @returns the losses that are on
 * @throws AnomalyClipError E_DATASET when that is nothing
 */
function checkSamples(
  samples: readonly Pick<TrainingSample, "abnormal" | "local">[],
  { loss }: ResolvedTrainingOptions,
  note: (text: string) => void = () => {},
): ResolvedTrainingOptions["loss"] {
  if (samples.length === 0) {
    throw new AnomalyClipError("E_DATASET", "no picture is left to learn from");
  }
  const abnormal = samples.filter((sample) => sample.abnormal);
  const masked = abnormal.filter((sample) => sample.local);
  if (abnormal.length === 0) {
    throw new AnomalyClipError(
      "E_DATASET",
      `all ${samples.length} pictures are normal: learning needs abnormal ones too (another --split?)`,
    );
  }
  if (loss === "local" && masked.length === 0) {
    throw new AnomalyClipError("E_DATASET", "the local loss needs masks, and there are none: use --loss global");
  }
  if (loss !== "local" && abnormal.length === samples.length) {
    throw new AnomalyClipError(
      "E_DATASET",
      `all ${samples.length} pictures are abnormal: the global loss needs normal ones too; add a data set that has them, or use --loss local`,
    );
  }
  if (loss === "both" && masked.length === 0) {
    note("no abnormal picture has a mask: the global loss alone is learned from");
    return "global";
  }
  if (loss !== "global" && masked.length < abnormal.length) {
    const without = abnormal.length - masked.length;
    note(`${without} of ${abnormal.length} abnormal pictures have no mask: they have no part in the local loss`);
  }
  return loss;
}

/** Everything that the learned prompts depend on; not the number of epochs, so that a training can be made longer. */
async function describeRun(
  options: ResolvedTrainingOptions,
  { settings, templates, initial }: Start,
  cache: FeatureCache,
  samples: readonly Usable[],
  validation: readonly Usable[],
  loss: string,
): Promise<Protocol> {
  const fingerprint = createHash("sha256");
  for (const part of [samples, validation]) {
    for (const { sample, imageHash, maskHash } of part) {
      fingerprint.update(`${imageHash} ${maskHash} ${sample.abnormal} ${sample.className}\n`);
    }
    fingerprint.update("\n");
  }
  const { init, shuffle, patience, localLoss, localWeight, batchSize, learningRate, seed } = options;
  return {
    data: options.data.map((path) => basename(path)).join(", "),
    pictures: samples.length,
    "pictures set aside": validation.length,
    "data fingerprint": fingerprint.digest("hex").slice(0, 32),
    model: options.model === undefined ? "embedded" : basename(options.model),
    "features key": basename(cache.folder),
    ...describeReading(settings),
    "start from": init === undefined ? "random prompts" : `${basename(init)} ${(await hashFile(init)).slice(0, 16)}`,
    "normal templates": templates.normal.join(" | "),
    "abnormal templates": templates.abnormal.join(" | "),
    object: templates.object ?? "the class of each picture",
    "context length": initial.contextLength,
    "deep depth": initial.deepPrompts.length + 1,
    "deep length": initial.deepLength,
    contexts: options.sharedContext ? "shared" : "separate",
    branches: options.decoupled ? "decoupled" : "one pair",
    loss,
    "local loss": loss === "global" ? "off" : localLoss,
    "local weight": loss === "global" ? "off" : localWeight,
    "batch size": batchSize,
    "learning rate": learningRate,
    shuffle,
    seed,
    ...(patience === undefined ? {} : { patience }),
  };
}

/** The progress as it was after `epoch`, which may lie before the last. */
async function epochProgress(
  folder: TrainingFolder,
  epoch: number,
  last: TrainingProgress,
  options: ResolvedTrainingOptions,
  { initial }: Start,
): Promise<TrainingProgress> {
  return epoch === last.epoch
    ? last
    : readTrainingCheckpoint(folder.checkpoint(epoch), promptLearnables(initial, options));
}

function readerOf(cache: FeatureCache, masks: MaskCache, note: (text: string) => void): SampleReader<Usable> {
  const onDamage = ({ path, what, state }: { path: string; what: string; state: string }) =>
    note(`the cached ${what} of ${printable(path)} are ${state}: computed again`);
  return {
    layers: cache.settings.layers,
    rows: cache.rows,
    embedDim: cache.embedDim,
    imageSize: masks.size,
    readFeatures: (sample, into) => readFeatures(sample, cache, into, onDamage),
    readMask: (sample, into) => readMask(sample, masks, into, onDamage),
  };
}

async function writePrompts(
  folder: TrainingFolder,
  options: ResolvedTrainingOptions,
  { clip, templates, initial }: Start,
  progress: TrainingProgress,
  protocol: Protocol,
): Promise<void> {
  const learned = learnedPrompts(initial, progress, options);
  if (options.format === "pth") {
    // Not instead of ours: the format has no place for words and settings.
    await writeReleasedPrompts(promptsPath(folder, "pth"), clip, learned, templates);
  }
  const prompts: PromptCheckpoint = {
    ...learned,
    metadata: { ...learned.metadata, [TRAINING_KEY]: JSON.stringify(protocol) },
  };
  // Prompts that name what they look at have features for each name only.
  if (templates.object !== null) {
    prompts.textFeatures = await promptFeatures(clip, learned);
    if (learned.pixel) {
      prompts.pixel = { ...learned.pixel, textFeatures: await promptFeatures(clip, learned, undefined, learned.pixel) };
    }
  }
  await writePromptCheckpoint(promptsPath(folder, "safetensors"), prompts);
}

function countClasses(samples: readonly Usable[]): ClassCounts[] {
  const counts = new Map<string, ClassCounts>();
  for (const { className, abnormal, local } of samples) {
    const count = counts.get(className) ?? { name: className, normal: 0, abnormal: 0, withMask: 0 };
    counts.set(className, count);
    count[abnormal ? "abnormal" : "normal"]++;
    if (abnormal && local) count.withMask++;
  }
  return [...counts.values()];
}

/** An error that ends a training says which checkpoint is left. */
function withCheckpoint(error: unknown, folder: TrainingFolder, last: TrainingProgress | undefined): unknown {
  if (!(error instanceof AnomalyClipError) || last === undefined) {
    return error;
  }
  const kept = `epoch ${last.epoch} is kept in ${folder.checkpoint(last.epoch)} (--init starts from it)`;
  return new AnomalyClipError(error.code, `${messageOf(error)}; ${kept}`, { cause: error });
}
