/** Sums and means over axes. */

import { divide } from "./elementwise.ts";
import { expand, reshape } from "./layout.ts";
import { apply, type Op } from "./op.ts";
import { axisOf, integers, type Shape, sizeOf, type Tensor } from "./tensor.ts";

const sumOp: Op<{ axes: readonly number[]; keepAxes: boolean }> = {
  name: "sum",
  shape: ([x], { axes, keepAxes }) => x!.flatMap((length, i) => (axes.includes(i) ? (keepAxes ? [1] : []) : [length])),
  onnx: ([x], { axes, keepAxes }) => ({
    type: "ReduceSum",
    inputs: [x!, integers(axes)],
    attributes: { keepdims: keepAxes ? 1 : 0 },
  }),
  gradient: (g, { inputs: [x], attributes: { axes } }) => [expand(reshape(g, keptShape(x!.shape, axes)), x!.shape)],
};

/** The sum over `axes` (default: all); with `keepAxes` they stay, with length 1. */
export function sum(x: Tensor, axes?: readonly number[], keepAxes = false): Tensor {
  const rank = x.shape.length;
  const over = axes === undefined ? x.shape.map((_, i) => i) : axes.map((axis) => axisOf(axis, rank));
  return over.length === 0 ? x : apply(sumOp, [x], { axes: over, keepAxes });
}

/** The mean over `axes` (default: all). */
export function mean(x: Tensor, axes?: readonly number[], keepAxes = false): Tensor {
  const total = sum(x, axes, keepAxes);
  return divide(total, sizeOf(x.shape) / sizeOf(total.shape));
}

function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((length, i) => (axes.includes(i) ? 1 : length));
}
