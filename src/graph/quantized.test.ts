import { describe, expect, test } from "vitest";
import { quantizeBlocks, quantizeChannels } from "../quantization/quantize-weights.ts";
import { Random } from "../random.ts";
import { evaluate } from "../runtime/session.ts";
import { gradient } from "./gradient.ts";
import { BLOCK_SIZE, blockQuantizedLinear, quantizedLinear } from "./quantized.ts";
import { sum } from "./reduce.ts";
import { constant, constant8, input } from "./tensor.ts";

const [ROWS, INNER, OUT] = [5, 2 * BLOCK_SIZE, 24];

function draw(seed: number, length: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.normal());
}

/** x·Wᵀ + b in double precision. */
function direct(x: Float32Array, weight: Float32Array, bias: Float32Array): number[] {
  return Array.from({ length: ROWS * OUT }, (_, i) => {
    const [row, out] = [Math.floor(i / OUT), i % OUT];
    let total = bias[out]!;
    for (let k = 0; k < INNER; k++) total += x[row * INNER + k]! * weight[out * INNER + k]!;
    return total;
  });
}

const relativeError = (found: Float32Array, expected: number[]) => {
  const norm = (values: number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return norm(expected.map((value, i) => found[i]! - value)) / norm(expected);
};

const x = draw(1, ROWS * INNER);
const weight = draw(2, OUT * INNER);
const bias = draw(3, OUT);

describe("8-bit products", () => {
  test("with a scale a channel are near those in float32, over any leading axes", async () => {
    const { data, scale } = quantizeChannels(weight, [OUT, INNER]);
    const y = quantizedLinear(
      input("x", [1, ROWS, INNER]),
      constant8(data, [INNER, OUT]),
      constant(scale),
      constant(bias),
    );
    expect(y.shape).toEqual([1, ROWS, OUT]);
    const found = (await evaluate({ y }, { x })).y!;
    expect(relativeError(found, direct(x, weight, bias))).toBeLessThan(0.02);
  });

  test("with a scale a block stay near where one activation is a thousand times the others", async () => {
    const spiked = x.slice();
    spiked[3] = 1000;
    const zeroed = weight.map((value, i) => (i % INNER === 3 ? 0 : value));
    const expected = direct(spiked, zeroed, bias);
    const channels = quantizeChannels(zeroed, [OUT, INNER]);
    const blocks = quantizeBlocks(zeroed);
    const fed = input("x", [ROWS, INNER]);
    const { plain, blocked } = await evaluate(
      {
        plain: quantizedLinear(fed, constant8(channels.data, [INNER, OUT]), constant(channels.scale), constant(bias)),
        blocked: blockQuantizedLinear(
          fed,
          constant8(blocks.data, [OUT, INNER / BLOCK_SIZE, BLOCK_SIZE]),
          constant(blocks.scale),
          constant(bias),
        ),
      },
      { x: spiked },
    );
    expect(relativeError(plain!, expected)).toBeGreaterThan(0.3);
    // The spike costs the first block of its own row alone.
    expect(relativeError(blocked!.slice(OUT), expected.slice(OUT))).toBeLessThan(0.02);
  });

  test("refuse shapes that do not fit and have no derivative", () => {
    const scale = constant(new Float32Array(OUT));
    const small = constant8(new Int8Array(OUT * 8), [8, OUT]);
    expect(() => quantizedLinear(input("x", [ROWS, 9]), small, scale)).toThrow(RangeError);
    const fed = input("x", [ROWS, 8]);
    expect(() => gradient(sum(quantizedLinear(fed, small, scale)), [fed])).toThrow("train with float32");
  });
});
