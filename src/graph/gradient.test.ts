/** Every derivative rule against central finite differences, on random shapes. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate } from "../runtime/session.ts";
import { attention } from "./attention.ts";
import { convolution } from "./convolution.ts";
import * as elementwise from "./elementwise.ts";
import { gatherRows, scatterAddRows } from "./gather.ts";
import { gradient } from "./gradient.ts";
import { concat, expand, pad, reshape, reverse, slice, transpose } from "./layout.ts";
import { linear, matmul } from "./linear.ts";
import { layerNorm, logSoftmax, softmax, unitLength } from "./normalize.ts";
import { mean, sum } from "./reduce.ts";
import { constant, input, integers, type Shape, scalar, sizeOf, type Tensor } from "./tensor.ts";

/** A function to differentiate: shapes of its arguments, the function, and the range that arguments are drawn from. */
interface Case {
  shapes: Shape[];
  f: (...x: Tensor[]) => Tensor;
  low?: number;
  high?: number;
}

const STEP = 1e-2;
// Central differences in float32: truncation is O(STEP²), rounding about 1e-7 / STEP.
const TOLERANCE = 1e-2;

/** Compares the derivative of Σ r·f(x) along a random direction with (Σ r·f(x + h·d) - Σ r·f(x - h·d)) / 2h. */
async function checkGradient({ shapes, f, low = -1.5, high = 1.5 }: Case, seed: number): Promise<void> {
  const random = generator(seed);
  const draw = (n: number, a: number, b: number) => Float32Array.from({ length: n }, () => a + (b - a) * random());
  const names = shapes.map((_, i) => `x${i}`);
  const at = names.map((_, i) => draw(sizeOf(shapes[i]!), low, high));
  const direction = shapes.map((shape) => draw(sizeOf(shape), -1, 1));
  const arguments_ = shapes.map((shape, i) => input(names[i]!, shape));
  const output = f(...arguments_);
  const weights = draw(sizeOf(output.shape), 0.5, 1.5);
  const loss = sum(elementwise.multiply(output, constant(weights, output.shape)));
  const gradients = gradient(loss, arguments_);

  const shifted = (h: number) =>
    Object.fromEntries(names.map((name, i) => [name, at[i]!.map((x, k) => x + h * direction[i]![k]!)]));
  const analytic = await evaluate(Object.fromEntries(gradients.map((g, i) => [`g${i}`, g])), shifted(0));
  const above = (await evaluate({ y: output }, shifted(STEP))).y!;
  const below = (await evaluate({ y: output }, shifted(-STEP))).y!;

  const expected = weights.reduce((total, w, k) => total + (w * (above[k]! - below[k]!)) / (2 * STEP), 0);
  let actual = 0;
  let scale = 0;
  gradients.forEach((g, i) => {
    expect(g.shape).toEqual(shapes[i]);
    analytic[`g${i}`]!.forEach((value, k) => {
      actual += value * direction[i]![k]!;
      scale += Math.abs(value * direction[i]![k]!);
    });
  });
  expect(Math.abs(actual - expected)).toBeLessThan(TOLERANCE * Math.max(1, scale));
}

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const length = fc.integer({ min: 1, max: 4 });
const shape = fc.array(length, { minLength: 0, maxLength: 3 });

/** Two shapes that broadcast: some axes of either shrunk to 1, leading axes of the second dropped. */
const broadcastPair = fc
  .tuple(
    fc.array(fc.tuple(length, fc.constantFrom("both", "first", "second")), { maxLength: 3 }),
    fc.nat(3),
    fc.boolean(),
  )
  .map(([axes, dropped, swapped]): [Shape, Shape] => {
    const a = axes.map(([n, who]) => (who === "second" ? 1 : n));
    const b = axes.map(([n, who]) => (who === "first" ? 1 : n)).slice(Math.min(dropped, axes.length));
    return swapped ? [b, a] : [a, b];
  });

const { add, subtract, multiply, divide, negate, exp, log, sqrt, sigmoid, erf, power, quickGelu, gelu } = elementwise;
const unary = (f: (x: Tensor) => Tensor, low?: number, high?: number) =>
  shape.map((s): Case => ({ shapes: [s], f, low, high }));
const binary = (f: (a: Tensor, b: Tensor) => Tensor, low?: number, high?: number) =>
  broadcastPair.map((shapes): Case => ({ shapes, f, low, high }));
const rows = fc.tuple(length, length, fc.integer({ min: 2, max: 6 }));
const axisAndShape = fc
  .array(length, { minLength: 1, maxLength: 3 })
  .chain((s) => fc.tuple(fc.constant(s), fc.nat(s.length - 1)));

const convolutions = fc
  .record({
    channels: fc.tuple(length, length),
    size: fc.tuple(fc.integer({ min: 3, max: 7 }), fc.integer({ min: 3, max: 7 })),
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.nat(1),
  })
  .map(({ channels: [from, to], size, kernel, ...steps }) => ({
    shapes: [[2, from, ...size], [to, from, kernel, kernel], [to]],
    steps,
  }));

const cases: Record<string, fc.Arbitrary<Case>> = {
  add: binary(add),
  subtract: binary(subtract),
  multiply: binary(multiply),
  divide: binary(divide, 0.5, 2),
  "a tensor used twice": unary((x) => multiply(add(x, x), x)),
  negate: unary(negate),
  exp: unary(exp),
  log: unary(log, 0.5, 3),
  sqrt: unary(sqrt, 0.5, 3),
  sigmoid: unary(sigmoid),
  erf: unary(erf),
  quickGelu: unary(quickGelu),
  gelu: unary(gelu),
  "power with a whole exponent": unary((x) => power(x, 3)),
  "power with a broken exponent": unary((x) => power(x, 1.7), 0.5, 2),
  "sum over some axes": fc
    .tuple(axisAndShape, fc.boolean())
    .map(([[s, axis], keep]): Case => ({ shapes: [s], f: (x) => sum(x, [axis], keep) })),
  "sum over all axes": unary((x) => sum(x)),
  "mean over an axis": axisAndShape.map(([s, axis]): Case => ({ shapes: [s], f: (x) => mean(x, [axis - s.length]) })),
  reshape: shape.map((s): Case => ({ shapes: [s], f: (x) => reshape(multiply(x, x), [sizeOf(s), 1]) })),
  transpose: fc
    .tuple(length, length, length, fc.shuffledSubarray([0, 1, 2], { minLength: 3 }))
    .map(([a, b, c, order]): Case => ({ shapes: [[a, b, c]], f: (x) => transpose(multiply(x, x), order) })),
  concat: fc.tuple(axisAndShape, length, length).map(([[s, axis], m, n]): Case => {
    const with_ = (k: number) => s.map((l, i) => (i === axis ? k : l));
    return {
      shapes: [s, with_(m), with_(n)],
      f: (...x) =>
        concat(
          x.map((t) => multiply(t, t)),
          axis,
        ),
    };
  }),
  slice: fc.tuple(axisAndShape, fc.nat(3), fc.nat(3)).map(([[s, axis], before, after]): Case => {
    const longer = s.map((l, i) => (i === axis ? l + before + after : l));
    return { shapes: [longer], f: (x) => slice(multiply(x, x), axis, before, longer[axis]! - after) };
  }),
  reverse: axisAndShape.map(
    ([s, axis]): Case => ({ shapes: [s], f: (x) => multiply(reverse(x, axis), multiply(x, x)) }),
  ),
  pad: fc
    .tuple(axisAndShape, fc.nat(3), fc.nat(3))
    .map(([[s, axis], before, after]): Case => ({ shapes: [s], f: (x) => pad(multiply(x, x), axis, before, after) })),
  expand: broadcastPair.map(([a, b]): Case => {
    const target = add(input("a", a), input("b", b)).shape;
    return { shapes: [b], f: (x) => expand(multiply(x, x), target) };
  }),
  "matmul with broadcast stacks": fc.tuple(broadcastPair, length, length, length).map(
    ([[p, q], m, k, n]): Case => ({
      shapes: [
        [...p, m, k],
        [...q, k, n],
      ],
      f: matmul,
    }),
  ),
  linear: fc
    .tuple(length, length, length, length)
    .map(([b, t, i, o]): Case => ({ shapes: [[b, t, i], [o, i], [o]], f: linear })),
  "linear without bias": fc.tuple(length, length, length).map(
    ([t, i, o]): Case => ({
      shapes: [
        [t, i],
        [o, i],
      ],
      f: (x, w) => linear(x, w),
    }),
  ),
  // The second derivative runs through the product's own derivative, with either factor transposed.
  "the gradient of linear": fc.tuple(length, length, length).map(
    ([t, i, o]): Case => ({
      shapes: [
        [t, i],
        [o, i],
      ],
      f: (x, w) => {
        const y = linear(x, w);
        const [dx, dw] = gradient(sum(multiply(y, y)), [x, w]) as [Tensor, Tensor];
        return add(sum(multiply(dx, dx)), sum(dw));
      },
      low: -0.7,
      high: 0.7,
    }),
  ),
  convolution: convolutions.map(({ shapes, steps }): Case => ({ shapes, f: (x, w, b) => convolution(x, w, b, steps) })),
  // Runs through the derivatives of the adjoint, and of the product that has a stride in the place of a dilation.
  "the gradient of convolution": convolutions.map(
    ({ shapes, steps }): Case => ({
      shapes: shapes.slice(0, 2),
      f: (x, w) => {
        const y = convolution(x, w, undefined, steps);
        const [dx, dw] = gradient(mean(multiply(y, y)), [x, w]) as [Tensor, Tensor];
        return add(mean(multiply(dx, dx)), mean(multiply(dw, dw)));
      },
      low: -0.5,
      high: 0.5,
    }),
  ),
  layerNorm: rows.map(
    ([a, b, w]): Case => ({ shapes: [[a, b, w], [w], [w]], f: (x, s, c) => layerNorm(x, s, c, 0.1) }),
  ),
  softmax: rows.map(([a, b, w]): Case => ({ shapes: [[a, b, w]], f: softmax })),
  logSoftmax: rows.map(([a, b, w]): Case => ({ shapes: [[a, b, w]], f: logSoftmax })),
  unitLength: rows.map(([a, b, w]): Case => ({ shapes: [[a, b, w]], f: unitLength, low: 0.3 })),
  attention: fc.tuple(fc.integer({ min: 1, max: 2 }), length, length, length, length).map(
    ([batch, queries, keys, heads, d]): Case => ({
      shapes: [
        [batch, queries, heads * d],
        [batch, keys, heads * d],
        [batch, keys, heads * d],
      ],
      f: (q, k, v) => attention(q, k, v, heads),
    }),
  ),
  "attention of one tensor with itself": fc
    .tuple(length, length, length)
    .map(([tokens, heads, d]): Case => ({ shapes: [[2, tokens, heads * d]], f: (x) => attention(x, x, x, heads) })),
  "causal attention": fc.tuple(length, length, length).map(
    ([tokens, heads, d]): Case => ({
      shapes: [1, 2, 3].map(() => [2, tokens, heads * d]),
      f: (q, k, v) => attention(q, k, v, heads, true),
    }),
  ),
  "gatherRows, repeated rows included": fc
    .tuple(length, length, fc.array(fc.nat(3), { minLength: 1, maxLength: 5 }))
    .map(
      ([rowCount, width, wanted]): Case => ({
        shapes: [[rowCount, width]],
        f: (table) => gatherRows(multiply(table, table), integers(wanted.map((i) => i % rowCount))),
      }),
    ),
  scatterAddRows: fc.tuple(length, length, fc.array(fc.nat(3), { minLength: 1, maxLength: 5 })).map(
    ([rowCount, width, wanted]): Case => ({
      shapes: [[wanted.length, width]],
      f: (x) => scatterAddRows(multiply(x, x), integers(wanted.map((i) => i % rowCount)), rowCount),
    }),
  ),
};

describe("the gradient agrees with central differences", () => {
  test.each(Object.keys(cases))("%s", async (name) => {
    await fc.assert(
      fc.asyncProperty(cases[name]!, fc.nat(2 ** 31), (example, seed) => checkGradient(example, seed)),
      { numRuns: 12 },
    );
  });
});

test("what the loss does not depend on has a zero gradient", async () => {
  const x = input("x", [2]);
  const unused = input("unused", [3]);
  const [g] = gradient(sum(x), [unused]);
  expect([...(await evaluate({ g: g! })).g!]).toEqual([0, 0, 0]);
});

test("only a scalar can be differentiated", () => {
  expect(() => gradient(input("x", [2]), [])).toThrow("must be a scalar, got the shape [2]");
  expect(gradient(scalar(1), [])).toEqual([]);
});
