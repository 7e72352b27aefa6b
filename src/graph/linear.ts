/** Matrix products. */

import { unbroadcast } from "./elementwise.ts";
import { reshape, transpose } from "./layout.ts";
import { apply, type Op } from "./op.ts";
import { constant, type Shape, sizeOf, type Tensor } from "./tensor.ts";

type None = Record<never, never>;

const matmulOp: Op<None> = {
  name: "matmul",
  shape: ([a, b]) => {
    const rank = Math.max(a!.length, b!.length);
    if (a!.length < 2 || b!.length < 2) {
      throw new RangeError("both must be matrices or stacks of matrices");
    }
    const [m, k] = a!.slice(-2);
    const [k2, n] = b!.slice(-2);
    if (k !== k2) {
      throw new RangeError(`the inner lengths ${k} and ${k2} differ`);
    }
    const stack = Array.from({ length: rank - 2 }, (_, i) => {
      const p = a![a!.length - rank + i] ?? 1;
      const q = b![b!.length - rank + i] ?? 1;
      if (p !== q && p !== 1 && q !== 1) {
        throw new RangeError(`stacks of ${p} and ${q} do not broadcast`);
      }
      return Math.max(p, q);
    });
    return [...stack, m!, n!];
  },
  onnx: (inputs) => ({ type: "MatMul", inputs }),
  gradient: (g, { inputs: [a, b] }) => [
    unbroadcast(matmul(g, swapLast(b!)), a!.shape),
    unbroadcast(matmul(swapLast(a!), g), b!.shape),
  ],
};

/** The product of the last two axes, broadcast over the axes before them. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  return apply(matmulOp, [a, b], {});
}

/** The last two axes swapped. */
export function swapLast(x: Tensor): Tensor {
  const rank = x.shape.length;
  return transpose(x, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2]);
}

const gemmOp: Op<{ transposeA: boolean; transposeB: boolean }> = {
  name: "gemm",
  shape: ([a, b, bias], { transposeA, transposeB }) => {
    if (a!.length !== 2 || b!.length !== 2) {
      throw new RangeError("both must be matrices");
    }
    const [m, k] = transposeA ? [a![1]!, a![0]!] : [a![0]!, a![1]!];
    const [k2, n] = transposeB ? [b![1]!, b![0]!] : [b![0]!, b![1]!];
    if (k !== k2) {
      throw new RangeError(`the inner lengths ${k} and ${k2} differ`);
    }
    if (bias !== undefined && (bias.length !== 1 || bias[0] !== n)) {
      throw new RangeError(`a bias of [${bias}] does not fit ${n} columns`);
    }
    return [m, n];
  },
  onnx: (inputs, { transposeA, transposeB }) => ({
    type: "Gemm",
    inputs,
    attributes: { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 },
  }),
  // With C = op(A)·op(B): dA and dB are products of the same kind, so no transposed copy is ever made.
  gradient: (g, { inputs: [a, b, bias], attributes: { transposeA, transposeB } }) => [
    transposeA ? gemm(b!, g, transposeB, true) : gemm(g, b!, false, !transposeB),
    transposeB ? gemm(g, a!, true, transposeA) : gemm(a!, g, !transposeA, false),
    ...(bias === undefined ? [] : [sumRows(g)]),
  ],
};

function gemm(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean, bias?: Tensor): Tensor {
  return apply(gemmOp, bias === undefined ? [a, b] : [a, b, bias], { transposeA, transposeB });
}

/**
 * The sum over all axes but the last: [..., width] -> [width]. As a product with ones it runs at the speed of products,
 * several times that of the runtime's own reduction over leading axes.
 */
export function sumRows(x: Tensor): Tensor {
  const width = x.shape[x.shape.length - 1]!;
  const rows = sizeOf(x.shape) / width;
  const ones = constant(new Float32Array(rows).fill(1), [1, rows]);
  return reshape(gemm(ones, reshape(x, [rows, width]), false, false), [width]);
}

/** x·Wᵀ + b over the last axis: `x` [..., in], `weight` [out, in], `bias` [out]. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const inner = x.shape[x.shape.length - 1]!;
  const rows = sizeOf(x.shape) / inner;
  const outShape: Shape = [...x.shape.slice(0, -1), weight.shape[0]!];
  return reshape(gemm(reshape(x, [rows, inner]), weight, false, true, bias), outShape);
}
