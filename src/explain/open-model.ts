/** Opens what an explanation needs: CLIP, prompts, settings. */

import type { AttentionKind } from "../anomalyclip/dpam.ts";
import { readTemplates } from "../anomalyclip/prompt-templates.ts";
import { describeReading, resolveSettings, type Settings } from "../anomalyclip/settings.ts";
import { gridSize } from "../clip/vision.ts";
import { AnomalyClipError } from "../errors.ts";
import { printable } from "../printable.ts";
import type { Protocol } from "../results/run-file.ts";
import { type ClipWeights, openClip } from "../weights/clip-weights.ts";
import { EMBEDDED_MODEL, EMBEDDED_PROMPTS } from "../weights/embedded-model.ts";
import { type PromptCheckpoint, readPromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { type ResolveModelOptions, resolveModel } from "../weights/registry.ts";

/** What is explained, and how it is asked; all of it has a default. */
export interface ModelOptions
  extends Partial<
    Pick<Settings, "imageSize" | "views" | "layers" | "dpamFrom" | "temperature" | "sigma" | "threshold">
  > {
  /** A checkpoint file or folder, or a name of the registry. Default: the small model that comes with the package. */
  model?: string;
  /** Learned prompts. Default: the embedded model's. */
  prompts?: string;
  /** Learned prompts that name the object, to compare with. Default: none. */
  objectAwarePrompts?: string;
  /** Attention of the second path. Default: what the prompts were learned with; `v-v` where that is none. */
  attention?: Exclude<AttentionKind, "none">;
  /** What the pictures show, such as `metal nut`, for prompts that name it. */
  object?: string;
  /** Threads that the computation may use. Default: one for each core. */
  threads?: number;
  /** How a model of the registry is found and downloaded. */
  download?: ResolveModelOptions;
}

/** A model that is ready to be asked. */
export interface OpenedModel {
  clip: ClipWeights;
  settings: Settings;
  /** Attention of the second path, which is shown even where the prompts were learned without one. */
  secondPath: Exclude<AttentionKind, "none">;
  /** G: patches along a side. */
  grid: number;
  learned: PromptCheckpoint;
  objectAware: PromptCheckpoint | null;
  threads: number | undefined;
  /** Model, prompts and settings in words. */
  protocol: Protocol;
}

/**
 * @throws AnomalyClipError E_WEIGHTS, E_PROMPTS or E_DOWNLOAD for a file that cannot be used, E_CONFIG for options
 */
export async function openModel(options: ModelOptions): Promise<OpenedModel> {
  const { model, prompts, objectAwarePrompts, attention, object, threads, download } = options;
  if (model !== undefined && prompts === undefined) {
    throw new AnomalyClipError(
      "E_CONFIG",
      `model ${printable(model)} needs prompts learned for it: name their file too`,
    );
  }
  if (object !== undefined && (object.trim() === "" || object.length > LONGEST_OBJECT)) {
    throw new AnomalyClipError("E_CONFIG", `the object's name must have 1 to ${LONGEST_OBJECT} characters`);
  }
  // Before the model, which may have to be downloaded first.
  const learned = await readPromptCheckpoint(prompts ?? EMBEDDED_PROMPTS);
  const objectAware = objectAwarePrompts === undefined ? null : await readObjectAware(objectAwarePrompts);
  const clip = await openClip(model === undefined ? EMBEDDED_MODEL : await resolveModel(model, download));
  const { imageSize, views, layers, dpamFrom, temperature, sigma, threshold } = options;
  const given = { imageSize, views, layers, dpamFrom, attention, temperature, sigma, threshold };
  const settings = resolveSettings(clip.config, learned.metadata, given);
  const secondPath = settings.attention === "none" ? "v-v" : settings.attention;
  const protocol = {
    model: model ?? "embedded",
    prompts: prompts ?? "embedded",
    ...(objectAwarePrompts === undefined ? {} : { "object-aware prompts": objectAwarePrompts }),
    ...(object === undefined ? {} : { object }),
    backbone: `ViT, ${clip.config.vision.layers} blocks of width ${clip.config.vision.width}, patches of ${clip.config.patchSize} px`,
    ...describeReading(settings),
    sigma: settings.sigma,
    threshold: settings.threshold,
  };
  const grid = gridSize(clip.config, settings.imageSize);
  return { clip, settings, secondPath, grid, learned, objectAware, threads, protocol };
}

/**
 * The blocks to show: those that were asked for, else at most `most`, evenly from the first with a second path to the
 * last. Ascending, each once.
 *
 * @throws AnomalyClipError E_CONFIG for a block that the model does not have
 */
export function shownBlocks(
  { clip: { config }, settings: { dpamFrom } }: Pick<OpenedModel, "clip" | "settings">,
  asked: readonly number[] | undefined,
  most: number,
): number[] {
  const depth = config.vision.layers;
  if (asked !== undefined) {
    const wrong = asked.find((block) => !Number.isInteger(block) || block < 1 || block > depth);
    if (asked.length === 0 || wrong !== undefined) {
      const what = wrong === undefined ? "no blocks given" : `block ${wrong} does not exist`;
      throw new AnomalyClipError("E_CONFIG", `${what}: the model has blocks 1 to ${depth}`);
    }
    return [...new Set(asked)].sort((a, b) => a - b);
  }
  const count = Math.min(most, depth - dpamFrom + 1);
  if (count === 1) return [depth];
  return Array.from({ length: count }, (_, i) => Math.round(dpamFrom + (i * (depth - dpamFrom)) / (count - 1)));
}

/** @throws AnomalyClipError E_WEIGHTS where numbers that a model gave are not finite */
export function requireFinite({ clip }: Pick<OpenedModel, "clip">, values: ArrayLike<number>): void {
  if (!Array.from(values).every(Number.isFinite)) {
    throw new AnomalyClipError(
      "E_WEIGHTS",
      `${clip.path}: gives features that are not finite: the weights are damaged`,
    );
  }
}

// --- internal ---

/** Characters; no text encoder reads more. */
const LONGEST_OBJECT = 300;

async function readObjectAware(path: string): Promise<PromptCheckpoint> {
  const prompts = await readPromptCheckpoint(path);
  const { object } = readTemplates(prompts.metadata);
  if (object !== null) {
    const what = `these prompts do not name the object but say "${printable(object)}"; learn some with train --object-aware`;
    throw new AnomalyClipError("E_PROMPTS", `${printable(path)}: ${what}`);
  }
  return prompts;
}
