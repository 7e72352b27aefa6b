/** Attention of tokens to themselves that looks at near patches only. */

import { attention } from "../graph/attention.ts";
import { concat, slice } from "../graph/layout.ts";
import type { Tensor } from "../graph/tensor.ts";

/**
 * softmax(A·Aᵀ / √d)·V for each head, where patches see the class token and the rows of patches near them: the picture is
 * cut into bands of rows, half as high as the window, and the patches of a band see the band and `window` rows above and
 * below it. The class token sees everything. The work falls with the share of the rows that a band sees.
 *
 * @param tokens what is compared with itself, [batch, 1 + G², width]: the class token, then the patches row by row
 * @param values the same shape
 * @param window rows of patches; 0: all of them
 */
export function nearAttention(tokens: Tensor, values: Tensor, heads: number, window: number): Tensor {
  const count = tokens.shape[1]!;
  const grid = Math.round(Math.sqrt(count - 1));
  const height = Math.max(1, Math.ceil(window / 2));
  if (window === 0 || height + window >= grid) return attention(tokens, tokens, values, heads);
  const classToken = (x: Tensor) => slice(x, 1, 0, 1);
  const rows = (x: Tensor, from: number, to: number) => slice(x, 1, 1 + from * grid, 1 + to * grid);
  const bands = [attention(classToken(tokens), tokens, values, heads)];
  for (let top = 0; top < grid; top += height) {
    const bottom = Math.min(grid, top + height);
    const [from, to] = [Math.max(0, top - window), Math.min(grid, bottom + window)];
    const seen = (x: Tensor) => concat([classToken(x), rows(x, from, to)], 1);
    bands.push(attention(rows(tokens, top, bottom), seen(tokens), seen(values), heads));
  }
  return concat(bands, 1);
}
