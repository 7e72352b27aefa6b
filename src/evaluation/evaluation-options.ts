/** What an evaluation is told. */

import type { HandWritten } from "../anomalyclip/hand-written-prompts.ts";
import type { Settings } from "../anomalyclip/settings.ts";
import type { Split } from "../datasets/sample.ts";
import { AnomalyClipError } from "../errors.ts";
import type { FolderMode } from "../results/results-folder.ts";
import type { ResolveModelOptions } from "../weights/registry.ts";
import type { MetricId } from "./metric-names.ts";
import type { FeaturePath } from "./scorer.ts";

export interface EvaluationOptions extends Partial<Settings> {
  /** A data set as `openDataset` takes it: a folder, a `meta.json`, a CSV, or `id=path` for a benchmark. */
  data: string;
  /** The folder for scores, figures and the report. */
  out: string;
  /** What to do with an evaluation that is in `out`. Default: `new`, which refuses it. */
  mode?: FolderMode;
  /** See `DetectorOptions`. Default: the embedded model. */
  model?: string;
  /** Prompt files, each a method. Default: the embedded model's own; none for another model. */
  prompts?: readonly string[];
  /** Methods without learning. Default: none. */
  baselines?: readonly HandWritten[];
  /** The attention that baselines take their local features from. Default: `original`. */
  baselinePath?: FeaturePath;
  /** What every class is called in prompts that name what they look at. Default: its own name. */
  object?: string;
  /** Default: {@link PAPER_METRICS}. */
  metrics?: readonly MetricId[];
  /** Default: `test`. */
  split?: Split;
  /** Default: all. */
  classes?: readonly string[];
  /** Default: none. */
  excludeClasses?: readonly string[];
  /** Values of masks above this are anomalous, 0..254. Default: 0. */
  maskAbove?: number;
  /**
   * Whether features are kept on disk, in half precision, and shared with training: evaluating other prompts then takes
   * seconds. Default: false.
   */
  keepFeatures?: boolean;
  /** Where they are kept. Default: see `FeatureCache`. */
  cacheDir?: string;
  /** Threads that the computation may use. Default: one for each core. */
  threads?: number;
  /** How a model of the registry is found and downloaded. */
  download?: ResolveModelOptions;
}

/** The columns of the paper's tables, and AUPRO as it is defined. */
export const PAPER_METRICS: readonly MetricId[] = ["image-auroc", "image-ap", "pixel-auroc", "aupro", "aupro-200"];

/** {@link EvaluationOptions} with defaults that do not depend on the model. */
export type ResolvedEvaluationOptions = EvaluationOptions & Required<Pick<EvaluationOptions, keyof typeof DEFAULTS>>;

const DEFAULTS = {
  mode: "new",
  baselines: [],
  baselinePath: "original",
  metrics: PAPER_METRICS,
  split: "test",
  maskAbove: 0,
  keepFeatures: false,
} as const;

/** @throws AnomalyClipError E_CONFIG for options that contradict each other or are out of range */
export function resolveEvaluationOptions(given: EvaluationOptions): ResolvedEvaluationOptions {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const options = { ...DEFAULTS, ...(set as unknown as EvaluationOptions) };
  const { model, prompts = [], baselines, metrics, maskAbove, keepFeatures, cacheDir } = options;
  if (model !== undefined && prompts.length === 0 && baselines.length === 0) {
    throw new AnomalyClipError(
      "E_CONFIG",
      `model ${model} needs prompts learned for it, or a baseline that does without: name either`,
    );
  }
  if (metrics.length === 0) throw new AnomalyClipError("E_CONFIG", "no metric given");
  if (!Number.isInteger(maskAbove) || maskAbove < 0 || maskAbove > 254) {
    throw new AnomalyClipError("E_CONFIG", `the limit of masks must be a whole number from 0 to 254, got ${maskAbove}`);
  }
  if (cacheDir !== undefined && !keepFeatures) {
    throw new AnomalyClipError("E_CONFIG", "a folder for features is of use only where they are kept");
  }
  return { ...options, baselines: [...new Set(baselines)], metrics: [...new Set(metrics)] };
}
