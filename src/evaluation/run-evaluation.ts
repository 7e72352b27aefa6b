/** An evaluation from a data set to figures: scores of every picture, metrics of every class, tables and a report. */

import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describeReading } from "../anomalyclip/settings.ts";
import { gridSize } from "../clip/vision.ts";
import { chooseSamples } from "../datasets/choose-samples.ts";
import { mapConcurrently } from "../datasets/map-concurrently.ts";
import { openDataset } from "../datasets/open-dataset.ts";
import type { Sample } from "../datasets/sample.ts";
import { AnomalyClipError } from "../errors.ts";
import type { PreparationPlan, PreparationProgress } from "../features/prepare-samples.ts";
import { printable } from "../printable.ts";
import { onDisk } from "../results/results-folder.ts";
import type { Protocol } from "../results/run-file.ts";
import { VERSION } from "../version.ts";
import { type ClipWeights, openClip } from "../weights/clip-weights.ts";
import { EMBEDDED_MODEL, EMBEDDED_PROMPTS } from "../weights/embedded-model.ts";
import { readPromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { resolveModel } from "../weights/registry.ts";
import { hashFiles } from "../weights/verified-file.ts";
import { averageClasses } from "./average-classes.ts";
import type { ClassEvaluation, Evaluation } from "./evaluation.ts";
import { DATA_HASH, EVALUATION_FILES, makeReady, requireUsable } from "./evaluation-folder.ts";
import {
  type EvaluationOptions,
  type ResolvedEvaluationOptions,
  resolveEvaluationOptions,
} from "./evaluation-options.ts";
import { EvaluationStore } from "./evaluation-store.ts";
import { writeTables } from "./evaluation-tables.ts";
import { measureClass, type ScoredPicture } from "./measure-class.ts";
import { commonSettings, type LearnedPrompts, type Method, methodsOf } from "./methods.ts";
import { publishedFigures } from "./published.ts";
import { writeEvaluationReport } from "./report/evaluation-report.ts";
import { reportExhibits } from "./report-exhibits.ts";
import { encodeSamples, readSamples } from "./score-samples.ts";
import { MapMaker, type MethodTexts, Scorer } from "./scorer.ts";

/** Told as an evaluation goes on. */
export interface EvaluationEvents {
  /** What a person should know: pictures left out, masks of another size. */
  onNote?(text: string): void;
  /** Once it is known what there is to do. */
  onStart?(work: { pictures: number; done: number; methods: readonly string[] }): void;
  /** Where features are kept: what of them is there. */
  onPlan?(plan: PreparationPlan): void;
  onPreparation?(progress: PreparationProgress): void;
  /** A picture has its scores, or could not be read. */
  onScore?(progress: { done: number; total: number }): void;
  /** A picture has been measured. */
  onMeasure?(progress: { done: number; total: number }): void;
  /** Stops between two pictures; what was scored stays. */
  signal?: AbortSignal;
}

export interface EvaluationResult {
  /** Null when interrupted. */
  evaluation: Evaluation | null;
  /** Pictures that could not be read. */
  failed: number;
  /** The report; null when interrupted. */
  report: string | null;
}

/**
 * Evaluates prompts on a data set and writes figures, tables and a report to `options.out`.
 *
 * @throws AnomalyClipError E_CONFIG for options, E_DATASET for data, E_WEIGHTS, E_PROMPTS or E_DOWNLOAD for files that
 *   cannot be used; what was scored before stays
 * @example
 * const { evaluation } = await runEvaluation({ data: "mvtec=/data/mvtec", model: "ViT-L/14@336px",
 *   prompts: ["prompts.safetensors"], out: "mvtec-evaluation" });
 */
export async function runEvaluation(
  given: EvaluationOptions,
  events: EvaluationEvents = {},
): Promise<EvaluationResult> {
  const options = resolveEvaluationOptions(given);
  await requireUsable(options.out, options.mode);
  const dataset = await openDataset(options.data);
  const samples = chooseSamples([dataset], options);
  const pathOf = pathsFrom(samples);
  const { clip, learned, inherited } = await openModel(options);
  const settings = commonSettings(clip, learned, inherited, options);
  const grid = gridSize(clip.config, settings.imageSize);
  const methods = methodsOf(clip, learned, options.baselines, options.baselinePath, options.object);
  const texts = await textsOfClasses(methods, samples);
  const protocol = await describeRun(options, clip, learned, methods, settings, samples, pathOf);
  const sizes = await fileSizes(samples, pathOf);
  await makeReady(options.out, options.mode, protocol);

  const notes: string[] = [];
  const note = (text: string) => {
    notes.push(text);
    events.onNote?.(text);
  };
  const store = await onDisk(options.out, "write to", () =>
    EvaluationStore.open(options.out, methods.length * grid ** 2, methods.length, sizes),
  );
  try {
    const waiting = samples.filter((sample) => !store.records.has(pathOf(sample)));
    const methodNames = methods.map(({ name }) => name);
    events.onStart?.({ pictures: samples.length, done: samples.length - waiting.length, methods: methodNames });
    const failures = await scoreAll(waiting, {
      options,
      events,
      clip,
      settings,
      methods,
      texts,
      store,
      pathOf,
      sizes,
      note,
    });
    const maps = await MapMaker.create(grid, settings.imageSize, settings.sigma, options.threads);
    try {
      const pictures = samples.flatMap((sample): ScoredPicture[] => {
        const record = store.records.get(pathOf(sample));
        return record ? [{ sample, record }] : [];
      });
      const classes = await measureAll(samples, pictures, failures, {
        methods: methodNames,
        metrics: options.metrics,
        store,
        maps,
        imageSize: settings.imageSize,
        layers: settings.layers.length,
        maskAbove: options.maskAbove,
        signal: events.signal,
        onNote: note,
        onMeasure: events.onMeasure,
      });
      const id = dataset.id ?? null;
      const evaluation: Evaluation = {
        dataset: { id, title: dataset.name },
        methods: methods.map(({ name, description }) => ({ name, description })),
        metrics: options.metrics,
        classes,
        mean: averageClasses(classes, methodNames, options.metrics),
        published: publishedFigures(id),
        notes,
        protocol,
      };
      await writeTables(options.out, evaluation);
      const report = join(options.out, EVALUATION_FILES.report);
      const context = {
        store,
        maps,
        methods: methods.length,
        layers: settings.layers.length,
        mapSize: settings.imageSize,
      };
      await writeEvaluationReport(report, evaluation, await reportExhibits(pictures, context));
      return { evaluation, failed: failures.size, report };
    } finally {
      await maps.close();
    }
  } catch (error) {
    if (!events.signal?.aborted || error !== events.signal.reason) throw error;
    return { evaluation: null, failed: 0, report: null };
  } finally {
    await store.close();
  }
}

// --- internal ---

type Settings = ReturnType<typeof commonSettings>;

async function openModel({ model, prompts, download }: ResolvedEvaluationOptions): Promise<{
  clip: ClipWeights;
  learned: LearnedPrompts[];
  /** Metadata whose settings hold where there are no learned prompts: those that suit the embedded model. */
  inherited: Readonly<Record<string, string>>;
}> {
  const files = prompts ?? (model === undefined ? [EMBEDDED_PROMPTS] : []);
  const learned: LearnedPrompts[] = [];
  // Before the model, which may have to be downloaded first.
  for (const path of files) learned.push({ path, prompts: await readPromptCheckpoint(path) });
  const clip = await openClip(model === undefined ? EMBEDDED_MODEL : await resolveModel(model, download));
  const inherited = model === undefined ? (await readPromptCheckpoint(EMBEDDED_PROMPTS)).metadata : {};
  return { clip, learned, inherited };
}

/** What every class is compared with, before hours may go into features: words may be unknown. */
async function textsOfClasses(
  methods: readonly Method[],
  samples: readonly Sample[],
): Promise<ReadonlyMap<string, readonly MethodTexts[]>> {
  const texts = new Map<string, MethodTexts[]>();
  for (const { className } of samples) {
    if (texts.has(className)) continue;
    const ofClass: MethodTexts[] = [];
    for (const method of methods) ofClass.push(await method.texts(className));
    texts.set(className, ofClass);
  }
  return texts;
}

interface Scoring {
  options: ResolvedEvaluationOptions;
  events: EvaluationEvents;
  clip: ClipWeights;
  settings: Settings;
  methods: readonly Method[];
  texts: ReadonlyMap<string, readonly MethodTexts[]>;
  store: EvaluationStore;
  pathOf(sample: Sample): string;
  sizes: ReadonlyMap<string, number>;
  note(text: string): void;
}

/** @returns the pictures that could not be read */
async function scoreAll(waiting: readonly Sample[], scoring: Scoring): Promise<ReadonlySet<Sample>> {
  const { options, events, clip, settings, methods, texts, store, pathOf, sizes, note } = scoring;
  const { threads, keepFeatures, cacheDir } = options;
  const { signal, onPlan, onPreparation } = events;
  const failures = new Set<Sample>();
  const paths = methods.map(({ path }) => path);
  const source = { paths: new Set(paths), threads, signal };
  const pictures = keepFeatures
    ? readSamples(waiting, clip, settings, { ...source, cacheDir, onPlan, onProgress: onPreparation, onNote: note })
    : encodeSamples(waiting, clip, settings, source);
  const scorer = await Scorer.create({
    rows: 1 + gridSize(clip.config, settings.imageSize) ** 2,
    embedDim: clip.config.embedDim,
    layers: settings.layers.length,
    paths,
    temperature: settings.temperature,
    threads,
    fed: keepFeatures ? "float16" : "float32",
  });
  let done = 0;
  try {
    for await (const picture of pictures) {
      const { sample } = picture;
      if ("problem" in picture) {
        failures.add(sample);
        note(`left out: ${picture.problem}`);
      } else {
        const { className, specie, abnormal } = sample;
        const { scores, patchMaps } = await scorer.score(picture.features, texts.get(className)!);
        if (!scores.every(Number.isFinite) || !patchMaps.every(Number.isFinite)) {
          throw new AnomalyClipError(
            "E_WEIGHTS",
            `${printable(sample.image)}: its scores are not finite: weights or prompts are damaged (${clip.path})`,
          );
        }
        const image = pathOf(sample);
        const bytes = sizes.get(image) ?? null;
        const record = { image, bytes, className, specie, abnormal, size: picture.size, scores };
        await onDisk(options.out, "write to", () => store.append(record, patchMaps));
      }
      events.onScore?.({ done: ++done, total: waiting.length });
    }
  } finally {
    await scorer.close();
  }
  return failures;
}

async function measureAll(
  samples: readonly Sample[],
  pictures: readonly ScoredPicture[],
  failures: ReadonlySet<Sample>,
  {
    onMeasure,
    ...context
  }: Omit<Parameters<typeof measureClass>[3], "onPicture"> & Pick<EvaluationEvents, "onMeasure">,
): Promise<ClassEvaluation[]> {
  const classes: ClassEvaluation[] = [];
  let done = 0;
  const onPicture = () => onMeasure?.({ done: ++done, total: pictures.length });
  for (const className of new Set(samples.map((sample) => sample.className))) {
    const failed = [...failures].filter((sample) => sample.className === className).length;
    const members = pictures.filter(({ sample }) => sample.className === className);
    classes.push(await measureClass(className, members, failed, { ...context, onPicture }));
  }
  return classes;
}

/** Paths of pictures from the folder that all of them lie in, so that a set may be moved between two runs. */
function pathsFrom(samples: readonly Sample[]): (sample: Sample) => string {
  let root = dirname(resolve(samples[0]!.image));
  const isAbove = (path: string) => path.startsWith(root.endsWith(sep) ? root : root + sep);
  for (const { image } of samples) {
    while (!isAbove(resolve(image)) && dirname(root) !== root) root = dirname(root);
  }
  return ({ image }) => relative(root, resolve(image)).replaceAll("\\", "/");
}

/** Everything that the figures depend on. */
async function describeRun(
  options: ResolvedEvaluationOptions,
  clip: ClipWeights,
  learned: readonly LearnedPrompts[],
  methods: readonly Method[],
  settings: Settings,
  samples: readonly Sample[],
  pathOf: (sample: Sample) => string,
): Promise<Protocol> {
  const { model, prompts, object, split, maskAbove, keepFeatures } = options;
  return {
    anomalyclip: VERSION,
    data: options.data,
    [DATA_HASH]: fingerprint(samples, pathOf),
    pictures: samples.length,
    split,
    model: model ?? "embedded",
    "model SHA-256": await clip.sha256(),
    prompts: prompts?.join(", ") ?? (learned.length > 0 ? "embedded" : "none"),
    ...(learned.length > 0 ? { "prompts SHA-256": await hashFiles(learned.map(({ path }) => path)) } : {}),
    methods: methods.map(({ name, description }) => `${name} (${description})`).join("; "),
    ...(object === undefined ? {} : { "object's name": object }),
    // Like the views, named only where it is not the default.
    ...(settings.precision === "fp32" ? {} : { precision: settings.precision }),
    ...describeReading(settings),
    sigma: settings.sigma,
    threshold: settings.threshold,
    masks: `squashed to ${settings.imageSize} x ${settings.imageSize}, anomalous above ${maskAbove}`,
    features: keepFeatures ? "kept in half precision" : FEATURES[settings.precision],
  };
}

/** What features are where they are not kept. */
const FEATURES: Readonly<Record<Settings["precision"], string>> = {
  fp32: "single precision",
  int8: "single precision, of a tower in 8 bits",
};

/** Stands for the pictures' paths and labels. Not for what is in the files: a picture may be repaired, or a mask. */
function fingerprint(samples: readonly Sample[], pathOf: (sample: Sample) => string): string {
  const lines = samples.map((sample) => {
    const { abnormal, className, specie } = sample;
    return JSON.stringify([pathOf(sample), className, specie, abnormal]);
  });
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}

/** Bytes of the pictures' files, by path; nothing of a file that cannot be looked at. */
async function fileSizes(
  samples: readonly Sample[],
  pathOf: (sample: Sample) => string,
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  await mapConcurrently(samples, 32, async (sample) => {
    const found = await stat(sample.image).catch(() => null);
    if (found !== null) sizes.set(pathOf(sample), found.size);
  });
  return sizes;
}
