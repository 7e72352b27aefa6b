/** Normalisations over the last axis. */

import { add, divide, exp, multiply, sqrt, subtract } from "./elementwise.ts";
import { sumRows } from "./linear.ts";
import { apply, type Op } from "./op.ts";
import { mean, sum } from "./reduce.ts";
import type { Tensor } from "./tensor.ts";

const layerNormOp: Op<{ epsilon: number }> = {
  name: "layerNorm",
  shape: ([x, scale, bias]) => {
    const width = x![x!.length - 1];
    if (scale!.length !== 1 || scale![0] !== width || bias!.length !== 1 || bias![0] !== width) {
      throw new RangeError(`scale and bias must be [${width}]`);
    }
    return x!;
  },
  onnx: (inputs, { epsilon }) => ({
    type: "LayerNormalization",
    inputs,
    attributes: { axis: -1, epsilon: { float: epsilon } },
  }),
  // With n = (x - mean)/deviation and h = g·scale: dx = (h - mean(h) - n·mean(h·n)) / deviation
  gradient: (g, { inputs: [x, scale], attributes: { epsilon } }) => {
    const centered = subtract(x!, mean(x!, [-1], true));
    const deviation = sqrt(add(mean(multiply(centered, centered), [-1], true), epsilon));
    const normalized = divide(centered, deviation);
    const h = multiply(g, scale!);
    const dx = divide(
      subtract(subtract(h, mean(h, [-1], true)), multiply(normalized, mean(multiply(h, normalized), [-1], true))),
      deviation,
    );
    return [dx, sumRows(multiply(g, normalized)), sumRows(g)];
  },
};

/** (x - mean) / √(variance + epsilon) · scale + bias over the last axis; `scale` and `bias` [width]. */
export function layerNorm(x: Tensor, scale: Tensor, bias: Tensor, epsilon: number): Tensor {
  return apply(layerNormOp, [x, scale, bias], { epsilon });
}

const softmaxOp: Op<Record<never, never>> = {
  name: "softmax",
  shape: ([x]) => x!,
  onnx: (inputs) => ({ type: "Softmax", inputs, attributes: { axis: -1 } }),
  gradient: (g, { output }) => [multiply(output, subtract(g, sum(multiply(g, output), [-1], true)))],
};

/** eˣⁱ / Σ eˣʲ over the last axis. */
export function softmax(x: Tensor): Tensor {
  return apply(softmaxOp, [x], {});
}

const logSoftmaxOp: Op<Record<never, never>> = {
  name: "logSoftmax",
  shape: ([x]) => x!,
  onnx: (inputs) => ({ type: "LogSoftmax", inputs, attributes: { axis: -1 } }),
  gradient: (g, { output }) => [subtract(g, multiply(exp(output), sum(g, [-1], true)))],
};

/** ln softmax(x) over the last axis, without overflow. */
export function logSoftmax(x: Tensor): Tensor {
  return apply(logSoftmaxOp, [x], {});
}

/** x / ‖x‖₂ over the last axis. */
export function unitLength(x: Tensor): Tensor {
  return divide(x, sqrt(sum(multiply(x, x), [-1], true)));
}
