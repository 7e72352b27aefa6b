import { expect, test } from "vitest";
import { input } from "../graph/tensor.ts";
import { Random } from "../random.ts";
import { evaluate } from "../runtime/session.ts";
import { nearAttention } from "./near-attention.ts";

const GRID = 7;
const WIDTH = 8;
const HEADS = 2;
const COUNT = 1 + GRID * GRID;

async function run(window: number, tokens: Float32Array, values: Float32Array): Promise<Float32Array> {
  const shape = [1, COUNT, WIDTH];
  const { y } = await evaluate(
    { y: nearAttention(input("tokens", shape), input("values", shape), HEADS, window) },
    { tokens, values },
  );
  return y!;
}

/** By the definition: a loop over tokens, heads and what each sees. */
function direct(window: number, tokens: Float32Array, values: Float32Array): Float32Array {
  const height = Math.ceil(window / 2);
  const size = WIDTH / HEADS;
  const result = new Float32Array(COUNT * WIDTH);
  const rowOf = (token: number) => Math.floor((token - 1) / GRID);
  for (let i = 0; i < COUNT; i++) {
    const top = height * Math.floor(rowOf(i) / height);
    const sees = (j: number) =>
      i === 0 || j === 0 || window === 0 || (rowOf(j) >= top - window && rowOf(j) < top + height + window);
    for (let head = 0; head < HEADS; head++) {
      const at = (x: Float32Array, token: number, k: number) => x[token * WIDTH + head * size + k]!;
      const weights = Array.from({ length: COUNT }, (_, j) => {
        if (!sees(j)) return 0;
        let product = 0;
        for (let k = 0; k < size; k++) product += at(tokens, i, k) * at(tokens, j, k);
        return Math.exp(product / Math.sqrt(size));
      });
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (let k = 0; k < size; k++) {
        const sum = weights.reduce((sum, weight, j) => sum + weight * at(values, j, k), 0);
        result[i * WIDTH + head * size + k] = sum / total;
      }
    }
  }
  return result;
}

test.each([0, 1, 2, 3, 4, 7])("a window of %i rows is what the definition says", async (window) => {
  const random = new Random(window);
  const draw = () => Float32Array.from({ length: COUNT * WIDTH }, () => random.range(-2, 2));
  const [tokens, values] = [draw(), draw()];
  // From where a band sees every row, all patches see each other.
  const near = window + Math.ceil(window / 2) >= GRID ? 0 : window;
  const expected = direct(near, tokens, values);
  const found = await run(window, tokens, values);
  expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-5);
});
