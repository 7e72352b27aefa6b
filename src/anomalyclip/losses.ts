/**
 * Glocal optimisation (section 3.3 of the paper): cross-entropy on the image, focal and dice on the maps. Every loss is
 * one number for each picture, [batch]; the batch's loss is their mean.
 */

import { add, divide, log, multiply, negate, power, subtract } from "../graph/elementwise.ts";
import { concat, reshape } from "../graph/layout.ts";
import { logSoftmax } from "../graph/normalize.ts";
import { mean, sum } from "../graph/reduce.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Keeps the logarithm of the focal loss finite, and softens its targets by as much. */
const FOCAL_SMOOTHING = 1e-5;
/** Added to numerator and denominator of the dice coefficient. */
const DICE_SMOOTHING = 1;

/** Cross-entropy of logits [batch, 2] with labels [batch] (1: abnormal). */
export function globalLoss(twoLogits: Tensor, labels: Tensor): Tensor {
  const abnormal = reshape(labels, [...labels.shape, 1]);
  const oneHot = concat([subtract(1, abnormal), abnormal], 1);
  return negate(sum(multiply(logSoftmax(twoLogits), oneHot), [1]));
}

/**
 * Focal loss, mean over a picture's pixels of -(1 - p)^γ · ln p, where p is the probability that the map gives to the
 * right class: S_a where the mask is 1, S_n = 1 - S_a elsewhere.
 *
 * @param map S_a [batch, S, S]
 * @param mask [batch, S, S] of 0 and 1
 */
export function focalLoss(map: Tensor, mask: Tensor, gamma = 2): Tensor {
  const soft = add(multiply(mask, 1 - 2 * FOCAL_SMOOTHING), FOCAL_SMOOTHING);
  const right = add(add(multiply(soft, map), multiply(subtract(1, soft), subtract(1, map))), FOCAL_SMOOTHING);
  return negate(mean(multiply(power(subtract(1, right), gamma), log(right)), [1, 2]));
}

/** Dice loss: 1 - (2·Σ S·G + 1) / (Σ S + Σ G + 1). */
export function diceLoss(map: Tensor, mask: Tensor): Tensor {
  const perPicture = (x: Tensor) => sum(x, [1, 2]);
  const overlap = add(multiply(2, perPicture(multiply(map, mask))), DICE_SMOOTHING);
  const total = add(add(perPicture(map), perPicture(mask)), DICE_SMOOTHING);
  return subtract(1, divide(overlap, total));
}

/** Parts of the local loss; `both` is the paper's. */
export const LOCAL_LOSSES = ["both", "focal", "dice"] as const;
export type LocalLossPart = (typeof LOCAL_LOSSES)[number];

/** Focal(S_a, G) + Dice(S_a, G) + Dice(S_n, 1 - G), summed over the layers' maps S_a [batch, S, S]. */
export function localLoss(layerMaps: readonly Tensor[], mask: Tensor, part: LocalLossPart = "both"): Tensor {
  const dice = (map: Tensor) => add(diceLoss(map, mask), diceLoss(subtract(1, map), subtract(1, mask)));
  const ofLayer = {
    both: (map: Tensor) => add(focalLoss(map, mask), dice(map)),
    focal: (map: Tensor) => focalLoss(map, mask),
    dice,
  }[part];
  return layerMaps.map(ofLayer).reduce((total, loss) => add(total, loss));
}
