/** Operations on each element, with NumPy's broadcasting where there are two operands. */

import { reshape } from "./layout.ts";
import { apply, type Op } from "./op.ts";
import { sum } from "./reduce.ts";
import { type Shape, scalar, type Tensor } from "./tensor.ts";

type None = Record<never, never>;
const none: None = {};

/** A tensor, or a number that stands for a scalar. */
export type Operand = Tensor | number;

const lift = (x: Operand): Tensor => (typeof x === "number" ? scalar(x) : x);

/** The shape of a broadcast pair. */
function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = a[a.length - rank + i] ?? 1;
    const n = b[b.length - rank + i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new RangeError(`axes of length ${m} and ${n} do not broadcast`);
    }
    return m === 1 ? n : m;
  });
}

/** The adjoint of broadcasting: sums `gradient` over the axes along which a tensor of `shape` was repeated. */
export function unbroadcast(gradient: Tensor, shape: Shape): Tensor {
  const extra = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((length, i) =>
    i < extra || (shape[i - extra] === 1 && length !== 1) ? [i] : [],
  );
  return axes.length === 0 ? gradient : reshape(sum(gradient, axes, true), shape);
}

function binary(name: string, onnxType: string, derivative: (g: Tensor, a: Tensor, b: Tensor) => [Tensor, Tensor]) {
  const op: Op<None> = {
    name,
    shape: ([a, b]) => broadcast(a!, b!),
    onnx: (inputs) => ({ type: onnxType, inputs }),
    gradient: (g, { inputs: [a, b] }) => {
      const [da, db] = derivative(g, a!, b!);
      return [unbroadcast(da, a!.shape), unbroadcast(db, b!.shape)];
    },
  };
  return (a: Operand, b: Operand): Tensor => apply(op, [lift(a), lift(b)], none);
}

/** a + b */
export const add = binary("add", "Add", (g) => [g, g]);
/** a - b */
export const subtract = binary("subtract", "Sub", (g) => [g, negate(g)]);
/** a · b */
export const multiply = binary("multiply", "Mul", (g, a, b) => [multiply(g, b), multiply(g, a)]);
/** a / b */
export const divide = binary("divide", "Div", (g, a, b) => [
  divide(g, b),
  negate(divide(multiply(g, a), multiply(b, b))),
]);

function unary(name: string, onnxType: string, derivative: (g: Tensor, x: Tensor, y: Tensor) => Tensor) {
  const op: Op<None> = {
    name,
    shape: ([x]) => x!,
    onnx: (inputs) => ({ type: onnxType, inputs }),
    gradient: (g, { inputs: [x], output }) => [derivative(g, x!, output)],
  };
  return (x: Tensor): Tensor => apply(op, [x], none);
}

/** -x */
export const negate: (x: Tensor) => Tensor = unary("negate", "Neg", (g) => negate(g));
/** eˣ */
export const exp = unary("exp", "Exp", (g, _, y) => multiply(g, y));
/** ln x, x > 0 */
export const log = unary("log", "Log", (g, x) => divide(g, x));
/** √x, x > 0 */
export const sqrt = unary("sqrt", "Sqrt", (g, _, y) => divide(g, multiply(2, y)));
/** 1 / (1 + e⁻ˣ) */
export const sigmoid = unary("sigmoid", "Sigmoid", (g, _, y) => multiply(g, multiply(y, subtract(1, y))));
/** The error function. d/dx = 2/√π · exp(-x²) */
export const erf = unary("erf", "Erf", (g, x) =>
  multiply(g, multiply(2 / Math.sqrt(Math.PI), exp(negate(multiply(x, x))))),
);

const powerOp: Op<{ exponent: number }> = {
  name: "power",
  shape: ([x]) => x!,
  onnx: ([x], { exponent }) => ({ type: "Pow", inputs: [x!, scalar(exponent)] }),
  gradient: (g, { inputs: [x], attributes: { exponent } }) => [
    multiply(g, multiply(exponent, power(x!, exponent - 1))),
  ],
};

/** xᶜ for a constant c; x ≥ 0 unless c is whole. */
export function power(x: Tensor, exponent: number): Tensor {
  return apply(powerOp, [x], { exponent });
}

const QUICK_GELU_SLOPE = 1.702;

const quickGeluOp: Op<None> = {
  name: "quickGelu",
  shape: ([x]) => x!,
  onnx: (inputs) => ({
    type: "QuickGelu",
    domain: "com.microsoft",
    inputs,
    attributes: { alpha: { float: QUICK_GELU_SLOPE } },
  }),
  // d/dx x·s = s + a·x·s·(1 - s) with s = sigmoid(a·x)
  gradient: (g, { inputs: [x], output }) => {
    const s = sigmoid(multiply(QUICK_GELU_SLOPE, x!));
    return [multiply(g, add(s, multiply(multiply(QUICK_GELU_SLOPE, output), subtract(1, s))))];
  },
};

/** x · sigmoid(1.702 x), the activation of OpenAI's CLIP. */
export function quickGelu(x: Tensor): Tensor {
  return apply(quickGeluOp, [x], none);
}

/** x · Φ(x), the exact GELU. */
export function gelu(x: Tensor): Tensor {
  return multiply(multiply(0.5, x), add(1, erf(multiply(Math.SQRT1_2, x))));
}
