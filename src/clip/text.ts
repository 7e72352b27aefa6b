/** CLIP's text tower, with learnable tokens inside its blocks (textual prompt tuning). */

import { attention } from "../graph/attention.ts";
import { add } from "../graph/elementwise.ts";
import { gatherRows } from "../graph/gather.ts";
import { concat, expand, reshape, slice } from "../graph/layout.ts";
import { linear } from "../graph/linear.ts";
import { layerNorm } from "../graph/normalize.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ClipConfig } from "../weights/clip-config.ts";
import { block } from "./block.ts";
import type { Parameters } from "./parameters.ts";

/**
 * Token embeddings [batch, tokens, width] -> text features [batch, embed], not normalised.
 *
 * The tower is causal and only the end-of-text token is read, so `tokens` need not reach beyond the longest text.
 *
 * @param ends int64 [batch]: row of each text's end-of-text token in the flattened [batch · tokens, width]
 * @param deepPrompts each [L, width]: the i-th overwrites the tokens at positions 1..L before block i + 1 (0-based), so
 *   block 0 sees the context tokens and `deepPrompts.length` = depth - 1
 */
export function encodeTokens(
  parameters: Parameters,
  config: ClipConfig,
  embeddings: Tensor,
  ends: Tensor,
  deepPrompts: readonly Tensor[] = [],
): Tensor {
  const [batch, tokens, width] = embeddings.shape as [number, number, number];
  const { layers, heads } = config.text;
  let x = add(embeddings, slice(parameters("text.position"), 0, 0, tokens));
  for (let i = 0; i < layers; i++) {
    const deep = i === 0 ? undefined : deepPrompts[i - 1];
    if (deep !== undefined) {
      const length = deep.shape[0]!;
      x = concat([slice(x, 1, 0, 1), expand(deep, [batch, length, width]), slice(x, 1, 1 + length, tokens)], 1);
    }
    const { norm1, query, key, value, out, feedForward } = block(parameters, "text", i, config);
    const normalized = norm1(x);
    x = feedForward(add(x, out(attention(query(normalized), key(normalized), value(normalized), heads, true))));
  }
  const last = gatherRows(reshape(x, [batch * tokens, width]), ends);
  const normalized = layerNorm(
    last,
    parameters("text.final_norm.weight"),
    parameters("text.final_norm.bias"),
    config.layerNormEps,
  );
  return linear(normalized, parameters("text.projection"));
}
