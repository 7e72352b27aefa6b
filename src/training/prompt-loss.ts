/** The loss that prompts are learned by, from frozen image features: cross-entropy + λ · Σ over layers (focal + dice). */

import type { ImageFeatures } from "../anomalyclip/dpam.ts";
import { globalLoss, localLoss } from "../anomalyclip/losses.ts";
import { encodePrompts, type PromptParameters } from "../anomalyclip/prompts.ts";
import { logits, patchSimilarity, TEMPERATURE, toPixels } from "../anomalyclip/similarity.ts";
import type { Parameters } from "../clip/parameters.ts";
import type { TokenEmbeddings } from "../clip/token-embeddings.ts";
import { add, multiply } from "../graph/elementwise.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ClipConfig } from "../weights/clip-config.ts";
import type { PromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import type { Learnable } from "./optimizer.ts";

/** The frozen side of prompt learning. */
export interface TextSide {
  parameters: Parameters;
  config: ClipConfig;
  /** Tokens around the contexts, from `promptTokens`. */
  endings: readonly [TokenEmbeddings, TokenEmbeddings];
}

export interface PromptLossOptions {
  /** λ, the weight of the local loss. Default: 4, as released. */
  localWeight?: number;
  /** Default: 0.07. */
  temperature?: number;
}

/** A batch: features of the frozen image encoder, labels [batch] (1: abnormal), masks [batch, S, S] of 0 and 1. */
export interface LabelledFeatures {
  features: ImageFeatures;
  labels: Tensor;
  masks: Tensor;
}

/** The loss and its parts; `local` is before its weight. */
export function promptLoss(
  text: TextSide,
  prompts: PromptParameters,
  { features, labels, masks }: LabelledFeatures,
  { localWeight = 4, temperature = TEMPERATURE }: PromptLossOptions = {},
): { loss: Tensor; report: { global: Tensor; local: Tensor } } {
  const textFeatures = encodePrompts(text.parameters, text.config, prompts, text.endings);
  const size = masks.shape[2]!;
  const maps = features.patches.map((patches) => toPixels(patchSimilarity(patches, textFeatures, temperature), size));
  const global = globalLoss(logits(features.image, textFeatures, temperature), labels);
  const local = localLoss(maps, masks);
  return { loss: add(global, multiply(localWeight, local)), report: { global, local } };
}

/** What is learned, by the names of the prompt file: two contexts [E, W] and the deep prompts, each [L, W]. */
export function promptLearnables(prompts: PromptCheckpoint): Map<string, Learnable> {
  const context = [prompts.contextLength, prompts.width];
  return new Map<string, Learnable>([
    ["context.normal", { shape: context, values: prompts.contextNormal }],
    ["context.abnormal", { shape: context, values: prompts.contextAbnormal }],
    ...prompts.deepPrompts.map((values, i): [string, Learnable] => [
      `deep.${i}`,
      { shape: [prompts.deepLength, prompts.width], values },
    ]),
  ]);
}

/** The prompts in the optimizer's graph, under the names of {@link promptLearnables}. */
export function promptParameters(parameter: (name: string) => Tensor, deepCount: number): PromptParameters {
  return {
    contextNormal: parameter("context.normal"),
    contextAbnormal: parameter("context.abnormal"),
    deepPrompts: Array.from({ length: deepCount }, (_, i) => parameter(`deep.${i}`)),
  };
}
