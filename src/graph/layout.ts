/** Operations that move values without changing them. */

import { unbroadcast } from "./elementwise.ts";
import { apply, type Op } from "./op.ts";
import { axisOf, integers, type Shape, sizeOf, type Tensor } from "./tensor.ts";
import { reshapeTarget } from "./unknown-length.ts";

const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((length, i) => length === b[i]);

const reshapeOp: Op<{ shape: Shape }> = {
  name: "reshape",
  shape: ([x], { shape }) => {
    if (sizeOf(x!) !== sizeOf(shape)) {
      throw new RangeError(`${sizeOf(x!)} values do not fill the shape [${shape}]`);
    }
    return shape;
  },
  onnx: ([x], { shape }) => ({ type: "Reshape", inputs: [x!, integers(reshapeTarget(shape))] }),
  gradient: (g, { inputs: [x] }) => [reshape(g, x!.shape)],
};

/** The same values, in C order, in another shape. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : apply(reshapeOp, [x], { shape });
}

const transposeOp: Op<{ order: readonly number[] }> = {
  name: "transpose",
  shape: ([x], { order }) => order.map((axis) => x![axis]!),
  onnx: (inputs, { order }) => ({ type: "Transpose", inputs, attributes: { perm: order } }),
  gradient: (g, { attributes: { order } }) => [
    transpose(
      g,
      order.map((_, axis) => order.indexOf(axis)),
    ),
  ],
};

/** Axis i of the result is axis `order[i]` of `x`. */
export function transpose(x: Tensor, order: readonly number[]): Tensor {
  const rank = x.shape.length;
  if (order.length !== rank || new Set(order.map((axis) => axisOf(axis, rank))).size !== rank) {
    throw new RangeError(`transpose: [${order}] is not an order of the axes of [${x.shape}]`);
  }
  return apply(transposeOp, [x], { order });
}

const concatOp: Op<{ axis: number }> = {
  name: "concat",
  shape: (shapes, { axis }) => {
    const first = shapes[0]!;
    for (const shape of shapes) {
      if (shape.length !== first.length || shape.some((length, i) => i !== axis && length !== first[i])) {
        throw new RangeError(`the shapes differ outside axis ${axis}`);
      }
    }
    return first.map((length, i) => (i === axis ? shapes.reduce((total, shape) => total + shape[axis]!, 0) : length));
  },
  onnx: (inputs, { axis }) => ({ type: "Concat", inputs, attributes: { axis } }),
  gradient: (g, { inputs, attributes: { axis } }) => {
    let start = 0;
    return inputs.map((x) => {
      const from = start;
      start += x.shape[axis]!;
      return slice(g, axis, from, start);
    });
  },
};

/** The tensors one after another along `axis`. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const first = tensors[0];
  if (first === undefined) {
    throw new RangeError("concat: no tensors given");
  }
  return tensors.length === 1 ? first : apply(concatOp, tensors, { axis: axisOf(axis, first.shape.length) });
}

const sliceOp: Op<{ axis: number; start: number; end: number }> = {
  name: "slice",
  shape: ([x], { axis, start, end }) => {
    if (start < 0 || end > x![axis]! || start >= end) {
      throw new RangeError(`${start}..${end} is not a range of axis ${axis}`);
    }
    return x!.map((length, i) => (i === axis ? end - start : length));
  },
  onnx: ([x], { axis, start, end }) => ({
    type: "Slice",
    inputs: [x!, integers([start]), integers([end]), integers([axis])],
  }),
  gradient: (g, { inputs: [x], attributes: { axis, start, end } }) => [pad(g, axis, start, x!.shape[axis]! - end)],
};

/** Elements `start` (included) to `end` (excluded) along `axis`. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const along = axisOf(axis, x.shape.length);
  return start === 0 && end === x.shape[along] ? x : apply(sliceOp, [x], { axis: along, start, end });
}

const reverseOp: Op<{ axis: number }> = {
  name: "reverse",
  shape: ([x]) => x!,
  onnx: ([x], { axis }) => ({
    type: "Slice",
    // From the last element down past the first, which only a number far below says.
    inputs: [x!, integers([-1]), integers([-(2 ** 31)]), integers([axis]), integers([-1])],
  }),
  gradient: (g, { attributes: { axis } }) => [reverse(g, axis)],
};

/** The elements along `axis` in the opposite order. */
export function reverse(x: Tensor, axis: number): Tensor {
  return apply(reverseOp, [x], { axis: axisOf(axis, x.shape.length) });
}

const padOp: Op<{ axis: number; before: number; after: number }> = {
  name: "pad",
  shape: ([x], { axis, before, after }) => x!.map((length, i) => (i === axis ? before + length + after : length)),
  onnx: ([x], { axis, before, after }) => ({
    type: "Pad",
    inputs: [
      x!,
      integers(
        x!.shape
          .flatMap((_, i) => (i === axis ? [before] : [0]))
          .concat(x!.shape.map((_, i) => (i === axis ? after : 0))),
      ),
    ],
  }),
  gradient: (g, { inputs: [x], attributes: { axis, before } }) => [slice(g, axis, before, before + x!.shape[axis]!)],
};

/** `before` and `after` zeros around `x` along `axis`. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  return before === 0 && after === 0 ? x : apply(padOp, [x], { axis: axisOf(axis, x.shape.length), before, after });
}

const expandOp: Op<{ shape: Shape }> = {
  name: "expand",
  shape: ([x], { shape }) => {
    const extra = shape.length - x!.length;
    if (extra < 0 || x!.some((length, i) => length !== 1 && length !== shape[i + extra])) {
      throw new RangeError(`it does not broadcast to [${shape}]`);
    }
    return shape;
  },
  onnx: ([x], { shape }) => ({ type: "Expand", inputs: [x!, integers(shape)] }),
  gradient: (g, { inputs: [x] }) => [unbroadcast(g, x!.shape)],
};

/** `x` repeated along its axes of length 1, and along new leading axes, up to `shape`. */
export function expand(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : apply(expandOp, [x], { shape });
}
