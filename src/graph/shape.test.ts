import { expect, test } from "vitest";
import { attention } from "./attention.ts";
import { add } from "./elementwise.ts";
import { concat, expand, reshape, slice, transpose } from "./layout.ts";
import { linear, matmul } from "./linear.ts";
import { layerNorm } from "./normalize.ts";
import { toOnnx } from "./onnx.ts";
import { constant, input } from "./tensor.ts";

const x = (...shape: number[]) => input("x", shape);

test("tensors that do not fit are refused with the operation and both shapes", () => {
  expect(() => add(x(2, 3), x(2))).toThrow("add of [2,3] and [2]: axes of length 3 and 2 do not broadcast");
  expect(() => matmul(x(2, 3), x(4, 2))).toThrow("matmul of [2,3] and [4,2]: the inner lengths 3 and 4 differ");
  expect(() => linear(x(2, 3), x(5, 4))).toThrow("inner lengths 3 and 4");
  expect(() => linear(x(2, 3), x(5, 3), x(4))).toThrow("bias of [4] does not fit 5 columns");
  expect(() => reshape(x(2, 3), [7])).toThrow("6 values do not fill the shape [7]");
  expect(() => transpose(x(2, 3), [0, 0])).toThrow("not an order of the axes");
  expect(() => concat([x(2, 3), x(3, 4)], 0)).toThrow("differ outside axis 0");
  expect(() => slice(x(4), 0, 2, 5)).toThrow("2..5 is not a range of axis 0");
  expect(() => expand(x(2), [3])).toThrow("does not broadcast to [3]");
  expect(() => layerNorm(x(2, 3), x(2), x(3), 1e-5)).toThrow("must be [3]");
  expect(() => attention(x(1, 2, 6), x(1, 2, 6), x(1, 2, 6), 4)).toThrow("4 heads");
  expect(() => constant([1, 2], [3])).toThrow("2 values do not fill the shape [3]");
});

test("two inputs of one name are refused", () => {
  expect(() => toOnnx({ y: add(x(2), x(2)) })).toThrow('two inputs are named "x"');
});

test("a graph lists the inputs it needs and the shapes it gives", () => {
  const model = toOnnx({ y: matmul(input("a", [2, 3]), input("b", [5, 3, 4])) });
  expect(model.inputs.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(model.outputs).toEqual([{ name: "y", shape: [5, 2, 4], type: "float32" }]);
});
