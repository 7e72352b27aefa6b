/** The whole of detection as a graph: a picture in, a score and a map out. */

import type { LinearLayers } from "../clip/block.ts";
import type { Parameters } from "../clip/parameters.ts";
import { unitLength } from "../graph/normalize.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import type { ClipConfig } from "../weights/clip-config.ts";
import type { ImageFeatures } from "./dpam.ts";
import type { Settings } from "./settings.ts";
import { abnormalProbability, anomalyMap, logits, patchSimilarity, toPixels } from "./similarity.ts";
import type { TextFeatures } from "./text-features.ts";
import { encodeViews } from "./views.ts";

/** Everything that a detection graph is made of besides the picture. */
export interface DetectionParts {
  config: ClipConfig;
  /** Of the vision tower. */
  parameters: Parameters;
  /** How its linear layers are computed. Default: in float32, as they are stored. */
  linear?: LinearLayers;
  settings: Settings;
  /** The two unit vectors that all of the text side comes down to. */
  texts: TextFeatures;
  /** Those for the map. Default: the same. */
  pixelTexts?: TextFeatures;
}

/**
 * @param image normalised, [batch, 3, S, S]
 * @returns `score` [batch] and `map` [batch, S, S]
 */
export function detectionGraph(image: Tensor, parts: DetectionParts): { score: Tensor; map: Tensor } {
  const { parameters, linear, config, settings } = parts;
  return judgeFeatures(encodeViews(parameters, config, image, settings, { linear }), parts);
}

/** The score and the map that features amount to. */
export function judgeFeatures(
  features: ImageFeatures,
  { config, settings, texts, pixelTexts = texts }: DetectionParts,
): { score: Tensor; map: Tensor } {
  const { imageSize, temperature, sigma } = settings;
  const pair = ({ normal, abnormal }: TextFeatures) =>
    constant(Float32Array.of(...normal, ...abnormal), [2, config.embedDim]);
  const maps = features.patches.map((patches) =>
    toPixels(patchSimilarity(unitLength(patches), pair(pixelTexts), temperature), imageSize),
  );
  return {
    score: abnormalProbability(logits(unitLength(features.image), pair(texts), temperature)),
    map: anomalyMap(maps, sigma),
  };
}
