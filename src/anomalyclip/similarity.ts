/** From features to scores and maps (sections 3.2 and 3.5 of the paper). */

import { add, divide, sigmoid, subtract } from "../graph/elementwise.ts";
import { reshape, slice } from "../graph/layout.ts";
import { linear, matmul, swapLast } from "../graph/linear.ts";
import { bilinearMatrix, gaussianMatrix, resampleSquare } from "../graph/resampling.ts";
import { sizeOf, type Tensor } from "../graph/tensor.ts";

/** Temperature of both softmaxes in the released code. */
export const TEMPERATURE = 0.07;

/**
 * Cosine similarities with the normal and the abnormal prompt over the temperature: features [batch, ..., embed] ->
 * [batch, ..., 2].
 *
 * @param features of unit length
 * @param textFeatures of unit length, normal first: [2, embed], or [batch, 2, embed] where each picture has its own
 */
export function logits(features: Tensor, textFeatures: Tensor, temperature = TEMPERATURE): Tensor {
  if (textFeatures.shape.length === 2) {
    return divide(linear(features, textFeatures), temperature);
  }
  const [batch, , embed] = textFeatures.shape as [number, number, number];
  const rows = sizeOf(features.shape) / (batch * embed);
  const products = matmul(reshape(features, [batch, rows, embed]), swapLast(textFeatures));
  return divide(reshape(products, [...features.shape.slice(0, -1), 2]), temperature);
}

/**
 * P(abnormal): logits [..., 2] -> [...]. A softmax over two is a sigmoid of the difference, so one channel says it all:
 * S_n = 1 - S_a, and (1 - S_n + S_a) / 2 = S_a.
 */
export function abnormalProbability(twoLogits: Tensor): Tensor {
  const last = twoLogits.shape.length - 1;
  const difference = subtract(slice(twoLogits, last, 1, 2), slice(twoLogits, last, 0, 1));
  return sigmoid(reshape(difference, twoLogits.shape.slice(0, -1)));
}

/**
 * S_a of the patches of one layer, [batch, 1 + G², embed] -> [batch, G, G]; the first token, which is no patch, is left
 * out. Features are of unit length.
 */
export function patchSimilarity(patchFeatures: Tensor, textFeatures: Tensor, temperature = TEMPERATURE): Tensor {
  const [batch, tokens] = patchFeatures.shape as [number, number];
  const grid = Math.round(Math.sqrt(tokens - 1));
  const probabilities = abnormalProbability(logits(patchFeatures, textFeatures, temperature));
  return reshape(slice(probabilities, 1, 1, tokens), [batch, grid, grid]);
}

/** A map over patches [batch, G, G] enlarged bilinearly to pixels [batch, S, S]. */
export function toPixels(patchMap: Tensor, size: number): Tensor {
  return resampleSquare(patchMap, bilinearMatrix(patchMap.shape[2]!, size));
}

/** Maps of several layers [batch, S, S] summed, then smoothed by a Gaussian of `sigma` pixels (0: not at all). */
export function anomalyMap(layerMaps: readonly Tensor[], sigma: number): Tensor {
  const total = layerMaps.reduce((sum, map) => add(sum, map));
  return sigma > 0 ? resampleSquare(total, gaussianMatrix(total.shape[2]!, sigma)) : total;
}
