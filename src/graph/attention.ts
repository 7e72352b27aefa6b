/** Multi-head attention as one operation: the runtime never holds the whole score matrix. */

import { add, multiply, subtract } from "./elementwise.ts";
import { reshape, transpose } from "./layout.ts";
import { matmul, swapLast } from "./linear.ts";
import { softmax } from "./normalize.ts";
import { apply, type Op } from "./op.ts";
import { sum } from "./reduce.ts";
import { constant, type Tensor } from "./tensor.ts";

interface AttentionAttributes {
  heads: number;
  causal: boolean;
}

const attentionOp: Op<AttentionAttributes> = {
  name: "attention",
  shape: ([query, key, value], { heads, causal }) => {
    const [batch, , width] = query!;
    if (query!.length !== 3 || width! % heads !== 0) {
      throw new RangeError(`queries must be [batch, tokens, width] with a width that ${heads} heads divide`);
    }
    if (`${key}` !== `${value}` || key![0] !== batch || key![2] !== width) {
      throw new RangeError("keys and values must be alike, with the batch and width of the queries");
    }
    if (causal && query![1] !== key![1]) {
      throw new RangeError("causal attention needs as many queries as keys");
    }
    return query!;
  },
  onnx: (inputs, { heads, causal }) => ({
    type: "MultiHeadAttention",
    domain: "com.microsoft",
    inputs,
    attributes: { num_heads: heads, unidirectional: causal ? 1 : 0 },
  }),
  // With P = softmax(s·Q·Kᵀ), recomputed here: dV = Pᵀ·g, dS = P∘(g·Vᵀ - rowsum(g∘O)), dQ = s·dS·K, dK = s·dSᵀ·Q.
  // The row sums are those of P∘(g·Vᵀ), but over the head's width instead of the keys (Dao et al., 2022); scaling Q and
  // the results instead of the scores saves passes over the largest tensors for the same reason.
  gradient: (g, { inputs, output, attributes: { heads, causal } }) => {
    const [query, key, value] = inputs.map((x) => splitHeads(x, heads)) as [Tensor, Tensor, Tensor];
    const scale = 1 / Math.sqrt(query.shape[3]!);
    const scaledQuery = multiply(scale, query);
    const scores = matmul(scaledQuery, swapLast(key));
    const probabilities = softmax(causal ? add(scores, causalMask(query.shape[2]!)) : scores);
    const gradient = splitHeads(g, heads);
    const rowSums = sum(multiply(gradient, splitHeads(output, heads)), [-1], true);
    const dScores = multiply(probabilities, subtract(matmul(gradient, swapLast(value)), rowSums));
    return [
      mergeHeads(multiply(scale, matmul(dScores, key))),
      mergeHeads(matmul(swapLast(dScores), scaledQuery)),
      mergeHeads(matmul(swapLast(probabilities), gradient)),
    ];
  },
};

/**
 * softmax(Q·Kᵀ / √d)·V for each head: `query` [batch, queries, width], `key` and `value` [batch, keys, width].
 * With `causal`, a token attends to itself and to those before it.
 */
export function attention(query: Tensor, key: Tensor, value: Tensor, heads: number, causal = false): Tensor {
  return apply(attentionOp, [query, key, value], { heads, causal });
}

/** [batch, tokens, width] -> [batch, heads, tokens, width / heads] */
function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, tokens, width] = x.shape as [number, number, number];
  return transpose(reshape(x, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]);
}

function mergeHeads(x: Tensor): Tensor {
  const [batch, heads, tokens, headWidth] = x.shape as [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, tokens, heads * headWidth]);
}

/** 0 where a query may look, a large negative number where it may not. */
function causalMask(tokens: number): Tensor {
  const mask = new Float32Array(tokens * tokens);
  for (let i = 0; i < tokens; i++) {
    mask.fill(-1e9, i * tokens + i + 1, (i + 1) * tokens);
  }
  return constant(mask, [tokens, tokens]);
}
