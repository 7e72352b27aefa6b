import { describe, expect, test } from "vitest";
import { Random } from "../random.ts";
import { evaluate, Session } from "../runtime/session.ts";
import { bruteForceConvolution } from "./convolution.fixture.ts";
import { convolution } from "./convolution.ts";
import { constant, input, type Shape, sizeOf } from "./tensor.ts";
import { UNKNOWN_LENGTH } from "./unknown-length.ts";

const random = new Random(3);
const draw = (shape: Shape) => Float32Array.from({ length: sizeOf(shape) }, () => random.normal());

describe("convolution", () => {
  test.each([
    [3, 1, 0],
    [3, 2, 1],
    [2, 2, 0],
    [1, 3, 0],
    [3, 3, 2],
  ])("of kernel %d, stride %d and padding %d is the sum of its definition", async (k, stride, padding) => {
    const shapes = { x: [2, 3, 7, 6], weight: [4, 3, k, k], bias: [4] };
    const [x, weight, bias] = [draw(shapes.x), draw(shapes.weight), draw(shapes.bias)];
    const y = convolution(constant(x, shapes.x), constant(weight, shapes.weight), constant(bias), { stride, padding });
    const expected = bruteForceConvolution([x, shapes.x], [weight, shapes.weight], bias, { stride, padding });
    const values = (await evaluate({ y })).y!;
    expect(sizeOf(y.shape)).toBe(expected.length);
    for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 4);
  });

  test("takes any number of pictures, and computes in half precision", async () => {
    const [weight, bias] = [constant(draw([4, 3, 3, 3]), [4, 3, 3, 3]), constant(draw([4]))];
    const pictures = draw([2, 3, 8, 8]);
    const over = (batch: number) => convolution(input("x", [batch, 3, 8, 8]), weight, bias, { stride: 2, padding: 1 });
    const exact = (await evaluate({ y: over(2) }, { x: pictures })).y!;
    expect((await evaluate({ y: over(UNKNOWN_LENGTH) }, { x: pictures })).y).toEqual(exact);
    const session = await Session.create({ y: over(2) }, { arithmetic: "float16" });
    const half = (await session.run({ x: pictures })).y!;
    await session.close();
    const errors = half.map((value, i) => Math.abs(value - exact[i]!));
    expect(Math.max(...errors)).toBeLessThan(0.03);
    expect(Math.max(...errors)).toBeGreaterThan(1e-5);
  });

  test("refuses tensors that do not fit, with their shapes", () => {
    const over = (x: Shape, w: Shape, b?: Shape) => () =>
      convolution(input("x", x), input("w", w), b && input("b", b), { padding: 1 });
    expect(over([1, 3, 4, 4], [2, 4, 3, 3])).toThrow("convolution of [1,3,4,4] and [2,4,3,3]: 3 and 4 channels differ");
    expect(over([3, 4, 4], [2, 3, 3, 3])).toThrow("they must be [batch, in, rows, columns]");
    expect(over([1, 3, 4, 4], [2, 3, 3, 3], [3])).toThrow("a bias of [3] does not fit 2 channels");
    expect(over([1, 3, 4, 4], [2, 3, 7, 7])).toThrow("the kernel is larger than the picture");
  });
});
