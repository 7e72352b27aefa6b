import { expect, test } from "vitest";
import { Random } from "../random.ts";
import { evaluate, Session } from "../runtime/session.ts";
import { attention } from "./attention.ts";
import { add } from "./elementwise.ts";
import { gatherRows } from "./gather.ts";
import { linear } from "./linear.ts";
import { layerNorm } from "./normalize.ts";
import { toOnnx } from "./onnx.ts";
import { constant, input } from "./tensor.ts";

const [TOKENS, WIDTH] = [10, 16];
const random = new Random(5);
const draw = (length: number) => Float32Array.from({ length }, () => random.normal());

/** A block of a transformer, with indices for good measure. */
function graph() {
  const x = input("x", [1, TOKENS, WIDTH]);
  const normalized = layerNorm(x, constant(draw(WIDTH)), constant(draw(WIDTH)), 1e-5);
  const mixed = linear(attention(normalized, normalized, normalized, 2), constant(draw(WIDTH * WIDTH), [WIDTH, WIDTH]));
  const chosen = gatherRows(input("table", [4, WIDTH]), input("row", [1], "int64"));
  return { y: add(add(x, mixed), chosen), same: x };
}

test("half precision is near float32, with inputs and outputs as they were", async () => {
  const outputs = graph();
  const feeds = { x: draw(TOKENS * WIDTH), table: draw(4 * WIDTH), row: BigInt64Array.of(2n) };
  const exact = await evaluate(outputs, feeds);
  const session = await Session.create(outputs, { arithmetic: "float16" });
  const half = await session.run(feeds);
  await session.close();
  expect(half.same!.every((value, i) => Math.abs(value - feeds.x[i]!) < 2e-3)).toBe(true);
  const errors = half.y!.map((value, i) => Math.abs(value - exact.y![i]!));
  expect(Math.max(...errors)).toBeLessThan(0.03);
  // It really is another arithmetic.
  expect(Math.max(...errors)).toBeGreaterThan(1e-5);
});

test("ports are named as they are fed", () => {
  const { inputs, outputs } = toOnnx(graph(), undefined, "float16");
  expect(inputs.map(({ name, type }) => [name, type])).toEqual([
    ["x", "float32"],
    ["table", "float32"],
    ["row", "int64"],
  ]);
  expect(outputs.map(({ name, type }) => [name, type])).toEqual([
    ["y", "float32"],
    ["same", "float32"],
  ]);
});
