/**
 * What patches attend to, under CLIP's own attention and under those that DPAM compares with it (section 3.4 of the
 * paper): all of them are read off the same block of the original path.
 */

import { block } from "../clip/block.ts";
import type { Parameters } from "../clip/parameters.ts";
import { embedImages } from "../clip/vision.ts";
import { attention } from "../graph/attention.ts";
import { add, multiply } from "../graph/elementwise.ts";
import { gatherRows } from "../graph/gather.ts";
import { reshape, transpose } from "../graph/layout.ts";
import { matmul } from "../graph/linear.ts";
import { softmax } from "../graph/normalize.ts";
import { mean } from "../graph/reduce.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ClipConfig } from "../weights/clip-config.ts";

/** What is compared with what: `q-k` is CLIP's own attention. */
export const COMPARISONS = ["q-k", "q-q", "k-k", "v-v"] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** Attention of some tokens to all tokens, [asking, tokens]: the mean over heads. Each row sums to 1. */
export type AttentionRows = Record<Comparison, Tensor>;

/**
 * The attention of some tokens of one image at some blocks of the original path.
 *
 * @param image normalised, [1, 3, S, S]
 * @param blocks counted from 1, as in the paper; each must exist
 * @param asking int64 [asking]: whose attention is wanted; token 0 is the class token, then come the patches row by row
 * @returns one entry for each of `blocks`
 */
export function attentionMaps(
  parameters: Parameters,
  config: ClipConfig,
  image: Tensor,
  blocks: readonly number[],
  asking: Tensor,
): AttentionRows[] {
  const { heads } = config.vision;
  const rows = new Map<number, AttentionRows>();
  let x = embedImages(parameters, config, image);
  for (let number = 1; number <= Math.max(...blocks); number++) {
    const { norm1, query, key, value, out, feedForward } = block(parameters, "vision", number - 1, config);
    const normalized = norm1(x);
    const [q, k, v] = [query(normalized), key(normalized), value(normalized)];
    // Those of other blocks are never written to the graph, and neither is what follows the last.
    rows.set(number, {
      "q-k": attentionRows(q, k, heads, asking),
      "q-q": attentionRows(q, q, heads, asking),
      "k-k": attentionRows(k, k, heads, asking),
      "v-v": attentionRows(v, v, heads, asking),
    });
    x = feedForward(add(x, out(attention(q, k, v, heads))));
  }
  return blocks.map((number) => rows.get(number)!);
}

/**
 * softmax(a·bᵀ / √d) of the rows `asking` of `a`, averaged over heads: `a` and `b` [1, tokens, width] -> [asking, tokens].
 */
export function attentionRows(a: Tensor, b: Tensor, heads: number, asking: Tensor): Tensor {
  const [, tokens, width] = b.shape as [number, number, number];
  const headWidth = width / heads;
  const chosen = gatherRows(reshape(a, [a.shape[1]!, width]), asking);
  // [heads, asking, width / heads] and [heads, width / heads, tokens]
  const rows = transpose(reshape(chosen, [asking.shape[0]!, heads, headWidth]), [1, 0, 2]);
  const columns = transpose(reshape(b, [tokens, heads, headWidth]), [1, 2, 0]);
  return mean(softmax(multiply(1 / Math.sqrt(headWidth), matmul(rows, columns))), [0]);
}
