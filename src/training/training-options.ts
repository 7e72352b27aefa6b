/** What a training run is told, with the released code's defaults, and what of it a result depends on. */

import { checkTemplates, OBJECT_AGNOSTIC, type PromptTemplates } from "../anomalyclip/prompt-templates.ts";
import type { Settings } from "../anomalyclip/settings.ts";
import type { Split } from "../datasets/sample.ts";
import { AnomalyClipError } from "../errors.ts";
import type { FolderMode } from "../results/results-folder.ts";
import type { ResolveModelOptions } from "../weights/registry.ts";
import type { InitialPromptOptions } from "./initial-prompts.ts";
import type { PromptLossOptions } from "./prompt-loss.ts";

/** How learned prompts are written: our safetensors, or the released code's `.pth`. */
export const PROMPT_FORMATS = ["safetensors", "pth"] as const;
export type PromptFormat = (typeof PROMPT_FORMATS)[number];

type VisionSettings = Pick<Settings, "imageSize" | "views" | "layers" | "dpamFrom" | "attention" | "temperature">;

export interface TrainingOptions
  extends Omit<InitialPromptOptions, "seed">,
    Omit<PromptLossOptions, "temperature">,
    Partial<VisionSettings> {
  /** Data sets: folders or `meta.json` files. */
  data: readonly string[];
  /** The folder for prompts, checkpoints, log and report. */
  out: string;
  /** What to do with a training that is in `out`. Default: `new`, which refuses it. */
  mode?: FolderMode;
  /** With mode `resume`, the epoch to go on after. Default: the last that has a checkpoint. */
  fromEpoch?: number;
  /** See `DetectorOptions`. Default: the embedded model, with its prompts' way to read pictures. */
  model?: string;
  /** A prompt file to start from, whose settings and templates are taken over. Default: random prompts. */
  init?: string;
  /** `pth` is written beside `safetensors`. Default: `safetensors`. */
  format?: PromptFormat;
  /** Default: `test`, as released: that is where the anomalies are. */
  split?: Split;
  /** Default: all. */
  classes?: readonly string[];
  /** Default: none. */
  excludeClasses?: readonly string[];
  /** Share of the pictures, above 0 and below 1, that is set aside to judge by. Default: none. */
  validation?: number;
  /** Classes to judge by instead, and not to learn from. Default: none. */
  validationClasses?: readonly string[];
  /** Epochs without a lower validation loss after which learning stops; the best epoch's prompts are written. */
  patience?: number;
  /** Default: see `FeatureCache`. */
  cacheDir?: string;
  /** Threads to compute with. Default: one for each core. */
  threads?: number;
  /** How a model of the registry is found and downloaded. */
  download?: ResolveModelOptions;
  /** Default: 15. */
  epochs?: number;
  /** Default: 8. */
  batchSize?: number;
  /** Default: 0.001. */
  learningRate?: number;
  /** Of starting values, order and what is set aside. Default: 111. */
  seed?: number;
  /** Default: true. */
  shuffle?: boolean;
  /** Default: see `PromptTemplates`. */
  normalTemplates?: readonly string[];
  /** Default: see `PromptTemplates`. */
  abnormalTemplates?: readonly string[];
  /** Prompts that name the class of each picture in place of "object". Default: false. */
  objectAware?: boolean;
}

/** {@link TrainingOptions} with defaults that do not depend on the model. */
export type ResolvedTrainingOptions = TrainingOptions & Required<Pick<TrainingOptions, keyof typeof DEFAULTS>>;

const DEFAULTS = {
  mode: "new",
  format: "safetensors",
  split: "test",
  epochs: 15,
  batchSize: 8,
  learningRate: 1e-3,
  seed: 111,
  shuffle: true,
  objectAware: false,
  sharedContext: false,
  decoupled: false,
  loss: "both",
  localLoss: "both",
  localWeight: 4,
} as const;

/** @throws AnomalyClipError E_CONFIG for options that contradict each other or are out of range */
export function resolveTrainingOptions(given: TrainingOptions): ResolvedTrainingOptions {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const options = { ...DEFAULTS, ...set } as ResolvedTrainingOptions;
  if (options.data.length === 0) {
    throw new AnomalyClipError("E_CONFIG", "no data set given: name its folder or its meta.json");
  }
  const whole = (x: number) => Number.isSafeInteger(x) && x >= 1;
  for (const [what, value, valid, range] of [
    ["epochs", options.epochs, whole, "a whole number from 1"],
    ["the batch size", options.batchSize, whole, "a whole number from 1"],
    ["the context length", options.contextLength, whole, "a whole number from 1"],
    ["the learning rate", options.learningRate, (x: number) => x > 0 && x < Infinity, "above 0"],
    ["the local weight", options.localWeight, (x: number) => x >= 0 && x < Infinity, "0 or more"],
    ["the share for validation", options.validation, (x: number) => x > 0 && x < 1, "above 0 and below 1"],
    ["the patience", options.patience, whole, "a whole number from 1"],
  ] as const) {
    if (value !== undefined && !valid(value)) {
      throw new AnomalyClipError("E_CONFIG", `${what} must be ${range}, got ${value}`);
    }
  }
  const { validation, validationClasses, patience } = options;
  if (validation !== undefined && validationClasses !== undefined) {
    throw new AnomalyClipError("E_CONFIG", "judge by a share of the pictures or by classes of their own, not by both");
  }
  if (patience !== undefined && validation === undefined && validationClasses === undefined) {
    throw new AnomalyClipError("E_CONFIG", "stopping early needs something to judge by: set pictures or classes aside");
  }
  if (options.fromEpoch !== undefined && options.mode !== "resume") {
    throw new AnomalyClipError("E_CONFIG", "--from-epoch goes with --resume");
  }
  if (options.format === "pth" && options.decoupled) throw notReleased();
  return options;
}

/**
 * The templates asked for, else those of the file to start from, else the paper's.
 *
 * @throws AnomalyClipError E_CONFIG for malformed ones, and for those that the format to write has no place for
 */
export function resolveTemplates(
  { normalTemplates, abnormalTemplates, objectAware, format }: ResolvedTrainingOptions,
  inherited: PromptTemplates = OBJECT_AGNOSTIC,
): PromptTemplates {
  const templates = {
    normal: normalTemplates ?? inherited.normal,
    abnormal: abnormalTemplates ?? inherited.abnormal,
    object: objectAware ? null : inherited.object,
  };
  checkTemplates(templates);
  const { normal, abnormal, object } = templates;
  if (format === "pth" && (normal.length > 1 || abnormal.length > 1 || object === null)) throw notReleased();
  return templates;
}

// --- internal ---

function notReleased(): AnomalyClipError {
  return new AnomalyClipError(
    "E_CONFIG",
    "the .pth format holds one pair of object-agnostic prompts with one template each: use safetensors for these",
  );
}
