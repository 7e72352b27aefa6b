/** Convolution over pictures, and its adjoint. */

import { slice, transpose } from "./layout.ts";
import { apply, type Op } from "./op.ts";
import { sum } from "./reduce.ts";
import type { Shape, Tensor } from "./tensor.ts";

/** Between neighbouring places of the result, around the picture, and between neighbouring taps of the kernel: pixels. */
interface Steps {
  stride: number;
  padding: number;
  dilation: number;
}

/** Places along an axis of `length` pixels where a kernel of `taps` fits. */
function placesOf(length: number, taps: number, { stride, padding, dilation }: Steps): number {
  return Math.floor((length + 2 * padding - dilation * (taps - 1) - 1) / stride) + 1;
}

const attributesOf = ([, , rows, columns]: Shape, { stride, padding, dilation }: Steps) => ({
  kernel_shape: [rows!, columns!],
  strides: [stride, stride],
  pads: [padding, padding, padding, padding],
  dilations: [dilation, dilation],
});

const convolutionOp: Op<Steps> = {
  name: "convolution",
  shape: ([x, weight, bias], steps) => {
    if (x!.length !== 4 || weight!.length !== 4) {
      throw new RangeError("they must be [batch, in, rows, columns] and [out, in, rows, columns]");
    }
    const [batch, channels, rows, columns] = x as [number, number, number, number];
    const [out, channels2, down, across] = weight as [number, number, number, number];
    if (channels !== channels2) {
      throw new RangeError(`${channels} and ${channels2} channels differ`);
    }
    if (bias !== undefined && (bias.length !== 1 || bias[0] !== out)) {
      throw new RangeError(`a bias of [${bias}] does not fit ${out} channels`);
    }
    const places = [placesOf(rows, down, steps), placesOf(columns, across, steps)];
    if (places.some((length) => length < 1)) {
      throw new RangeError("the kernel is larger than the picture");
    }
    return [batch, out, ...places];
  },
  onnx: (inputs, steps) => ({ type: "Conv", inputs, attributes: attributesOf(inputs[1]!.shape, steps) }),
  gradient: (g, { inputs: [x, weight, bias], attributes: steps }) => [
    spread(g, weight!, steps, x!.shape.slice(2)),
    weightGradient(g, x!, steps, weight!.shape),
    ...(bias === undefined ? [] : [sum(sum(g, [2, 3]), [0])]),
  ],
};

/**
 * y[n, o, r, c] = bias[o] + Σ weight[o, i, a, b] · x[n, i, stride·r + a - padding, stride·c + b - padding] over i, a, b,
 * with zeros outside the picture: the cross-correlation that is called a convolution in neural networks.
 *
 * @param x [batch, in, rows, columns]
 * @param weight [out, in, k, k]
 * @param bias [out]
 * @returns [batch, out, ⌊(rows + 2·padding - k) / stride⌋ + 1, the same of columns]
 */
export function convolution(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  { stride = 1, padding = 0 }: { stride?: number; padding?: number } = {},
): Tensor {
  return convolve(bias === undefined ? [x, weight] : [x, weight, bias], { stride, padding, dilation: 1 });
}

function convolve(inputs: readonly Tensor[], steps: Steps): Tensor {
  return apply(convolutionOp, inputs, steps);
}

/**
 * dL/d(weight)[o, i, a, b] = Σ g[n, o, r, c] · x[n, i, stride·r + dilation·a - padding, ...] over n, r, c: a convolution
 * of x with g where stride and dilation, and batch and channels, have changed places.
 */
function weightGradient(g: Tensor, x: Tensor, { stride, padding, dilation }: Steps, shape: Shape): Tensor {
  const swapped = [1, 0, 2, 3];
  const steps = { stride: dilation, padding, dilation: stride };
  const products = transpose(convolve([transpose(x, swapped), transpose(g, swapped)], steps), swapped);
  // Pixels at the far side that no place reached make it longer than the kernel.
  return slice(slice(products, 2, 0, shape[2]!), 3, 0, shape[3]!);
}

const spreadOp: Op<Steps & { size: Shape }> = {
  name: "spread",
  shape: ([y, weight], { size }) => [y![0]!, weight![1]!, ...size],
  onnx: ([y, weight], { size, ...steps }) => ({
    type: "ConvTranspose",
    inputs: [y!, weight!],
    attributes: {
      ...attributesOf(weight!.shape, steps),
      output_padding: size.map((length, i) => {
        const { stride, padding, dilation } = steps;
        const reached = stride * (y!.shape[i + 2]! - 1) + dilation * (weight!.shape[i + 2]! - 1) + 1 - 2 * padding;
        return length - reached;
      }),
    },
  }),
  gradient: (g, { inputs: [y, weight], attributes: steps }) => [
    convolve([g, weight!], steps),
    weightGradient(y!, g, steps, weight!.shape),
  ],
};

/** The adjoint of convolution in x: y [batch, out, ...] spread over pictures [batch, in, ...size]. */
function spread(y: Tensor, weight: Tensor, { stride, padding, dilation }: Steps, size: Shape): Tensor {
  return apply(spreadOp, [y, weight], { stride, padding, dilation, size });
}
