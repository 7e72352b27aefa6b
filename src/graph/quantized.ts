/**
 * Products with weights in 8 bits. Their activations are quantised when they are computed, so nothing but the weights is
 * prepared. For inference only: they have no derivative.
 */

import { reshape } from "./layout.ts";
import { apply, type Op } from "./op.ts";
import { type Shape, sizeOf, type Tensor } from "./tensor.ts";

/** Activations that share a scale in {@link blockQuantizedLinear}, and weights too. */
export const BLOCK_SIZE = 64;

const noGradient = (name: string) => (): never => {
  throw new RangeError(`${name} has no derivative: train with float32 weights`);
};

const quantizedLinearOp: Op<Record<never, never>> = {
  name: "quantizedLinear",
  shape: ([x, weight, scale, bias]) => {
    const [inner, out] = weight!;
    if (x!.length !== 2 || weight!.length !== 2 || x![1] !== inner) {
      throw new RangeError("x must be [rows, in] and the weight [in, out]");
    }
    if (scale!.length !== 1 || scale![0] !== out || (bias !== undefined && `${bias}` !== `${scale}`)) {
      throw new RangeError(`scale and bias must be [${out}]`);
    }
    return [x![0]!, out!];
  },
  onnx: ([x, weight, scale, bias]) => ({
    type: "DynamicQuantizeMatMul",
    domain: "com.microsoft",
    inputs: [x!, weight!, scale!, null, bias ?? null],
  }),
  gradient: noGradient("quantizedLinear"),
};

/**
 * x·(scale∘weight) + bias over the last axis, `x` rounded to 256 levels between the smallest and the largest of all its
 * values: `x` [..., in], `weight` int8 [in, out], `scale` and `bias` [out].
 */
export function quantizedLinear(x: Tensor, weight: Tensor, scale: Tensor, bias?: Tensor): Tensor {
  return overRows(x, weight.shape[1]!, (rows) =>
    apply(quantizedLinearOp, bias === undefined ? [rows, weight, scale] : [rows, weight, scale, bias], {}),
  );
}

const blockQuantizedLinearOp: Op<Record<never, never>> = {
  name: "blockQuantizedLinear",
  shape: ([x, weight, scale, bias]) => {
    const [out, blocks, size] = weight!;
    if (x!.length !== 2 || size !== BLOCK_SIZE || x![1] !== blocks! * size) {
      throw new RangeError(`x must be [rows, in] and the weight [out, in / ${BLOCK_SIZE}, ${BLOCK_SIZE}]`);
    }
    if (sizeOf(scale!) !== out! * blocks! || (bias !== undefined && `${bias}` !== `${out}`)) {
      throw new RangeError(`scale must have ${out! * blocks!} values and bias ${out}`);
    }
    return [x![0]!, out!];
  },
  onnx: ([x, weight, scale, bias]) => ({
    type: "MatMulNBits",
    domain: "com.microsoft",
    inputs: [x!, weight!, scale!, null, null, bias ?? null],
    attributes: {
      K: x!.shape[1]!,
      N: weight!.shape[0]!,
      bits: 8,
      block_size: BLOCK_SIZE,
      // Activations in 8 bits too; without it they stay float32 and so does the pace.
      accuracy_level: 4,
    },
  }),
  gradient: noGradient("blockQuantizedLinear"),
};

/**
 * As {@link quantizedLinear}, but every {@link BLOCK_SIZE} numbers of a row share a scale, in `x` and in the weight:
 * slower, and safe where few values are far larger than the others. `x` [..., in], `weight` uint8 with 128 for zero
 * [out, in / 64, 64], `scale` [out · in / 64], `bias` [out].
 */
export function blockQuantizedLinear(x: Tensor, weight: Tensor, scale: Tensor, bias?: Tensor): Tensor {
  return overRows(x, weight.shape[0]!, (rows) =>
    apply(blockQuantizedLinearOp, bias === undefined ? [rows, weight, scale] : [rows, weight, scale, bias], {}),
  );
}

// --- internal ---

function overRows(x: Tensor, out: number, product: (rows: Tensor) => Tensor): Tensor {
  const inner = x.shape[x.shape.length - 1]!;
  const shape: Shape = [...x.shape.slice(0, -1), out];
  return reshape(product(reshape(x, [sizeOf(x.shape) / inner, inner])), shape);
}
