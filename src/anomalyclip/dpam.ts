/**
 * Diagonally prominent attention map (DPAM, section 3.4 of the paper): beside CLIP's own path the vision tower runs a
 * second one whose attention compares values with values (or queries, or keys, with themselves). Its patches attend to
 * patches like themselves, which keeps local features local.
 */

import { block, type LinearLayers } from "../clip/block.ts";
import type { Parameters } from "../clip/parameters.ts";
import { embedImages, projectClassToken, projectTokens } from "../clip/vision.ts";
import { AnomalyClipError } from "../errors.ts";
import { attention } from "../graph/attention.ts";
import { add } from "../graph/elementwise.ts";
import { reshape, slice } from "../graph/layout.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ClipConfig } from "../weights/clip-config.ts";

/** What the second path compares with itself; `none` switches the second path off. */
export const ATTENTION_KINDS = ["v-v", "q-q", "k-k", "none"] as const;
export type AttentionKind = (typeof ATTENTION_KINDS)[number];

/** How the vision tower is read. Blocks are counted from 1, as in the paper. */
export interface VisionOptions {
  /** Blocks whose patch tokens are used. Default: the last. */
  layers: readonly number[];
  /** First block with the second path. Default: the 6th of 24, and in proportion for other depths. */
  dpamFrom: number;
  /** Attention of the second path. Default: `v-v`. */
  attention: AttentionKind;
}

/** Options with the paper's defaults filled in. @throws AnomalyClipError E_CONFIG when a block does not exist */
export function visionOptions(config: ClipConfig, given: Partial<VisionOptions> = {}): VisionOptions {
  const depth = config.vision.layers;
  const layers = [...new Set(given.layers ?? [depth])].sort((a, b) => a - b);
  const dpamFrom = given.dpamFrom ?? Math.max(1, Math.round(depth / 4));
  for (const [what, value] of [
    ...layers.map((layer) => ["layer", layer] as const),
    ["first V-V block", dpamFrom] as const,
  ]) {
    if (!Number.isInteger(value) || value < 1 || value > depth) {
      throw new AnomalyClipError("E_CONFIG", `${what} ${value} does not exist: the model has blocks 1 to ${depth}`);
    }
  }
  if (layers.length === 0) {
    throw new AnomalyClipError("E_CONFIG", `no layers given; use some of 1 to ${depth}`);
  }
  return { layers, dpamFrom, attention: given.attention ?? "v-v" };
}

/** Features in the space that images and texts share, not normalised. */
export interface ImageFeatures {
  /** [batch, embed]: the class token of the original path. */
  image: Tensor;
  /** For each of `layers`, [batch, 1 + G², embed]: the class token, then the patches row by row. */
  patches: Tensor[];
  /** The same of the original path, which has CLIP's own attention; none unless they were asked for. */
  originalPatches: Tensor[];
}

export interface EncodeOptions {
  /** Whether the patches of the original path are wanted too. Default: no, which saves the last block most of its work. */
  withOriginal?: boolean;
  /** How linear layers are computed. Default: in float32, as they are stored. */
  linear?: LinearLayers;
}

/** Normalised images [batch, 3, S, S] -> global and local features. */
export function encodeImages(
  parameters: Parameters,
  config: ClipConfig,
  images: Tensor,
  options: VisionOptions,
  { withOriginal = false, linear }: EncodeOptions = {},
): ImageFeatures {
  const { layers: depth, width } = config.vision;
  const batch = images.shape[0]!;
  const patches: Tensor[] = [];
  const originalPatches: Tensor[] = [];
  let paths: Paths = { original: embedImages(parameters, config, images) };
  for (let number = 1; number <= depth; number++) {
    // After the last block the original path is read at the class token alone, unless its patches are wanted.
    const onlyClass = number === depth && !(withOriginal && options.layers.includes(depth));
    paths = dualBlock(parameters, config, paths, number, options, { onlyClass, linear });
    if (options.layers.includes(number)) {
      patches.push(projectTokens(parameters, config, paths.second ?? paths.original));
      if (withOriginal) originalPatches.push(projectTokens(parameters, config, paths.original));
    }
  }
  return {
    image: projectClassToken(parameters, reshape(slice(paths.original, 1, 0, 1), [batch, width])),
    patches,
    originalPatches,
  };
}

/** Tokens between two blocks, [batch, 1 + G², width]. */
export interface Paths {
  original: Tensor;
  /** The second path, from the first block that has one. */
  second?: Tensor;
}

/**
 * Block `number` of the vision tower on both paths. The second one starts as a copy of the first and only gathers
 * attention outputs: it has no feed-forward layer.
 *
 * @param options.onlyClass leaves of the original path the class token alone, where there is a second path for the patches
 */
export function dualBlock(
  parameters: Parameters,
  config: ClipConfig,
  { original, second }: Paths,
  number: number,
  options: Omit<VisionOptions, "layers">,
  { onlyClass = false, linear }: { onlyClass?: boolean; linear?: LinearLayers } = {},
): Paths {
  const { heads } = config.vision;
  const { norm1, query, key, value, out, feedForward } = block(parameters, "vision", number - 1, config, linear);
  const normalized = norm1(original);
  // What turns out not to be needed is never written to the graph.
  const [queries, keys, values] = [query(normalized), key(normalized), value(normalized)];
  const inSecondPath = options.attention !== "none" && number >= options.dpamFrom;
  if (inSecondPath) {
    const self = { "v-v": values, "q-q": queries, "k-k": keys, none: values }[options.attention];
    second = add(second ?? original, out(attention(self, self, values, heads)));
  }
  const short = onlyClass && inSecondPath;
  const asking = short ? query(slice(normalized, 1, 0, 1)) : queries;
  const before = short ? slice(original, 1, 0, 1) : original;
  return { original: feedForward(add(before, out(attention(asking, keys, values, heads)))), second };
}
