/** The loss that prompts are learned by, from frozen image features: cross-entropy + λ · Σ over layers (focal + dice). */

import { globalLoss, type LocalLossPart, localLoss } from "../anomalyclip/losses.ts";
import { encodePrompts, type PromptParameters, type PromptSequences } from "../anomalyclip/prompts.ts";
import { abnormalProbability, logits, patchSimilarity, TEMPERATURE, toPixels } from "../anomalyclip/similarity.ts";
import type { Parameters } from "../clip/parameters.ts";
import { add, multiply } from "../graph/elementwise.ts";
import { reshape } from "../graph/layout.ts";
import { matmul } from "../graph/linear.ts";
import { unitLength } from "../graph/normalize.ts";
import { sum } from "../graph/reduce.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ClipConfig } from "../weights/clip-config.ts";

/** The frozen side of prompt learning. */
export interface TextSide {
  parameters: Parameters;
  config: ClipConfig;
  sequences: PromptSequences;
  /** [batch, objects], one 1 a row: the object that each picture shows. Needed where there are several. */
  assignment?: Tensor;
}

/** The prompts of both branches: one set twice, or two where they are decoupled. */
export interface BranchPrompts {
  image: PromptParameters;
  pixel: PromptParameters;
}

/** A batch. */
export interface LabelledFeatures {
  /** [batch, embed], of unit length. */
  image: Tensor;
  /** For each layer [batch, 1 + G², embed], of unit length; the first token is passed over. */
  patches: readonly Tensor[];
  /** [batch], 1: abnormal. */
  labels: Tensor;
  /** [batch, S, S] of 0 and 1. */
  masks: Tensor;
  /** [batch]: weight of each picture in the global loss; 1 / batch for a mean. */
  globalWeights: Tensor;
  /** [batch]: weight of each picture in the local loss; 0 for an abnormal one without a mask. */
  localWeights: Tensor;
}

/** Which losses are summed; `both` is the paper's. */
export const LOSSES = ["both", "global", "local"] as const;
export type LossKind = (typeof LOSSES)[number];

export interface PromptLossOptions {
  /** Default: `both`. */
  loss?: LossKind;
  /** Default: `both`. */
  localLoss?: LocalLossPart;
  /** λ, the weight of the local loss. Default: 4, as released. */
  localWeight?: number;
  /** Default: 0.07. */
  temperature?: number;
}

/** The loss and those of its parts that are on, `local` before its weight; P(abnormal) of the pictures, [batch]. */
export interface PromptLoss {
  loss: Tensor;
  report: { global?: Tensor; local?: Tensor };
  scores: Tensor;
}

/** @throws RangeError when there are several objects and no assignment */
export function promptLoss(
  text: TextSide,
  prompts: BranchPrompts,
  { image, patches, labels, masks, globalWeights, localWeights }: LabelledFeatures,
  { loss: kind = "both", localLoss: part = "both", localWeight = 4, temperature = TEMPERATURE }: PromptLossOptions = {},
): PromptLoss {
  const batch = labels.shape[0]!;
  const texts = textFeatures(text, prompts.image, batch);
  const pixelTexts = prompts.pixel === prompts.image ? texts : textFeatures(text, prompts.pixel, batch);
  const twoLogits = logits(image, texts, temperature);
  const report: PromptLoss["report"] = {};
  const terms: Tensor[] = [];
  if (kind !== "local") {
    report.global = sum(multiply(globalLoss(twoLogits, labels), globalWeights));
    terms.push(report.global);
  }
  if (kind !== "global") {
    const size = masks.shape[2]!;
    const maps = patches.map((layer) => toPixels(patchSimilarity(layer, pixelTexts, temperature), size));
    report.local = sum(multiply(localLoss(maps, masks, part), localWeights));
    terms.push(multiply(localWeight, report.local));
  }
  return { loss: terms.reduce((total, term) => add(total, term)), report, scores: abnormalProbability(twoLogits) };
}

// --- internal ---

/** Unit text features: [2, embed] for one object, [batch, 2, embed] where each picture has its own. */
function textFeatures(
  { parameters, config, sequences, assignment }: TextSide,
  prompts: PromptParameters,
  batch: number,
): Tensor {
  const features = unitLength(encodePrompts(parameters, config, prompts, sequences));
  if (sequences.objects === 1) {
    return features;
  }
  if (assignment === undefined) {
    throw new RangeError("promptLoss: of several objects each picture needs to be assigned one");
  }
  const pairs = reshape(features, [sequences.objects, 2 * config.embedDim]);
  return reshape(matmul(assignment, pairs), [batch, 2, config.embedDim]);
}
