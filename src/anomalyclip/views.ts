/**
 * Test-time augmentation: a picture looked at in several ways has the mean of the ways' features. A mirrored or turned
 * scratch is a scratch; what the tower makes of one way alone averages out.
 */

import type { Parameters } from "../clip/parameters.ts";
import { gridSize } from "../clip/vision.ts";
import { add } from "../graph/elementwise.ts";
import { concat, reshape, reverse, slice, transpose } from "../graph/layout.ts";
import { unitLength } from "../graph/normalize.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ClipConfig } from "../weights/clip-config.ts";
import { type EncodeOptions, encodeImages, type ImageFeatures, type VisionOptions } from "./dpam.ts";

/** 1: as it is; 2: mirrored too; 4: those upside down too; 8: those with rows and columns exchanged, so turned, too. */
export const VIEW_COUNTS = [1, 2, 4, 8] as const;

/** How the vision tower is read, and in how many ways pictures are looked at. */
export interface ViewOptions extends VisionOptions {
  /** One of {@link VIEW_COUNTS}. Default: 1. */
  views?: number;
}

/**
 * As `encodeImages`. With more than one view the features are sums of the views' features of unit length, which point where
 * their mean does; those of patches are moved back to where the patch is in the picture.
 *
 * @param images normalised, [batch, 3, S, S]
 */
export function encodeViews(
  parameters: Parameters,
  config: ClipConfig,
  images: Tensor,
  { views = 1, ...vision }: ViewOptions,
  encodeOptions?: EncodeOptions,
): ImageFeatures {
  const steps = STEPS.slice(0, Math.log2(views));
  // Each step doubles the views: those so far, then all of them changed.
  const seen = steps.reduce((x, step) => concat([x, step(x)], 0), images);
  const { image, patches, originalPatches } = encodeImages(parameters, config, seen, vision, encodeOptions);
  if (views === 1) return { image, patches, originalPatches };
  const batch = images.shape[0]!;
  const grid = gridSize(config, images.shape[2]!);
  /** [views * batch, rows, columns, embed] -> [batch, rows, columns, embed]: the steps undone, the last one first. */
  const sumOfViews = (features: Tensor, rows: number, columns: number): Tensor => {
    const split = reshape(features, [views, batch, rows, columns, config.embedDim]);
    const sum = steps.reduceRight((x, step) => {
      const half = x.shape[0]! / 2;
      return add(slice(x, 0, 0, half), step(slice(x, 0, half, 2 * half)));
    }, split);
    return reshape(sum, [batch, rows * columns, config.embedDim]);
  };
  const sumOfTokens = (tokens: Tensor): Tensor => {
    const unit = unitLength(tokens);
    const ofPatches = sumOfViews(slice(unit, 1, 1, 1 + grid * grid), grid, grid);
    return concat([sumOfViews(slice(unit, 1, 0, 1), 1, 1), ofPatches], 1);
  };
  return {
    image: reshape(sumOfViews(unitLength(image), 1, 1), [batch, config.embedDim]),
    patches: patches.map(sumOfTokens),
    originalPatches: originalPatches.map(sumOfTokens),
  };
}

// --- internal ---

/** On [batch, 3, S, S], and on [views, batch, G, G, embed]; each undoes itself. */
const STEPS: readonly ((x: Tensor) => Tensor)[] = [
  (x) => reverse(x, 3),
  (x) => reverse(x, 2),
  (x) => transpose(x, x.shape.length === 4 ? [0, 1, 3, 2] : [0, 1, 3, 2, 4]),
];
