/** From the options of a detector to everything that its graph is made of. */

import { gridSize } from "../clip/vision.ts";
import { AnomalyClipError } from "../errors.ts";
import { openTower } from "../quantization/open-tower.ts";
import type { QuantizedTowerOptions } from "../quantization/quantized-tower.ts";
import { type ClipWeights, openClip } from "../weights/clip-weights.ts";
import { EMBEDDED_MODEL, EMBEDDED_PROMPTS } from "../weights/embedded-model.ts";
import { readPromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { type ResolveModelOptions, resolveModel } from "../weights/registry.ts";
import type { DetectionParts } from "./detection-graph.ts";
import { describeReading, resolveSettings, type Settings } from "./settings.ts";
import { promptFeatures, type TextFeatures } from "./text-features.ts";

/** Model, prompts and settings; all of it has a default. */
export interface DetectionModelOptions extends Partial<Settings> {
  /**
   * A checkpoint file or folder, or a name of the registry (`ViT-L/14@336px`), downloaded once. Default: the small model
   * that comes with the package.
   */
  model?: string;
  /** A prompt checkpoint: ours (`.safetensors`) or a released `.pth`. Default: the embedded model's. */
  prompts?: string;
  /** What is looked at, such as `bottle`: needed by object-aware prompts, and by no others. */
  object?: string;
  /** How a model of the registry is found and downloaded. */
  download?: ResolveModelOptions;
  /** How 8-bit weights are made and kept, for `precision: "int8"`. */
  quantization?: QuantizedTowerOptions;
}

/** The parts of the graph, and model, prompts and settings in words, for reports. */
export interface DetectionModel extends DetectionParts {
  clip: ClipWeights;
  /** The file that the prompts were read from. */
  promptFile: string;
  description: Readonly<Record<string, string | number>>;
}

/**
 * Opens model and prompts. Only what lies in the files is read; nothing in them is executed.
 *
 * @throws AnomalyClipError E_WEIGHTS, E_PROMPTS or E_DOWNLOAD for a file that cannot be used, E_CONFIG for options
 */
export async function openDetection(options: DetectionModelOptions): Promise<DetectionModel> {
  const { model, prompts: promptPath, object, download, quantization, ...given } = options;
  if (model !== undefined && promptPath === undefined) {
    throw new AnomalyClipError("E_CONFIG", `model ${model} needs prompts learned for it: name their file too`);
  }
  // Before the model, which may have to be downloaded first.
  const promptFile = promptPath ?? EMBEDDED_PROMPTS;
  const prompts = await readPromptCheckpoint(promptFile);
  const path = model === undefined ? EMBEDDED_MODEL : await resolveModel(model, download);
  const clip = await openClip(path);
  const settings = resolveSettings(clip.config, prompts.metadata, given);
  gridSize(clip.config, settings.imageSize);
  const texts = await promptFeatures(clip, prompts, object);
  const pixelTexts = prompts.pixel && (await promptFeatures(clip, prompts, object, prompts.pixel));
  for (const features of [texts, pixelTexts ?? texts]) checkTexts(clip, features);
  const { parameters, linear } = await openTower(clip, settings.precision, quantization);
  return {
    clip,
    promptFile,
    config: clip.config,
    parameters,
    linear,
    settings,
    texts,
    pixelTexts,
    description: {
      model: model ?? "embedded",
      prompts: promptPath ?? "embedded",
      ...(object === undefined ? {} : { object }),
      backbone: describeBackbone(clip),
      precision: settings.precision,
      ...describeReading(settings),
      sigma: settings.sigma,
      threshold: settings.threshold,
      "map threshold": settings.mapThreshold,
    },
  };
}

// --- internal ---

function checkTexts({ config, path }: ClipWeights, { normal, abnormal }: TextFeatures): void {
  for (const { length } of [normal, abnormal]) {
    if (length !== config.embedDim) {
      throw new AnomalyClipError(
        "E_PROMPTS",
        `the prompts' text features have ${length} numbers, the features of ${path} ${config.embedDim}: they belong to another backbone`,
      );
    }
  }
}

function describeBackbone({ config: { vision, patchSize, embedDim } }: ClipWeights): string {
  return `ViT, ${vision.layers} blocks of width ${vision.width}, patches of ${patchSize} px, features of ${embedDim}`;
}
