import { expect, test } from "vitest";
import { evaluate } from "../runtime/session.ts";
import { bilinearMatrix, gaussianMatrix, resampleSquare } from "./resampling.ts";
import { constant, type Tensor } from "./tensor.ts";

const values = async (tensor: Tensor) => [...(await evaluate({ y: tensor })).y!];

test("bilinear enlargement by two interpolates between half-pixel centres and repeats the borders", async () => {
  const line = await values(bilinearMatrix(2, 4));
  // Rows: weights of the two samples at 0.25, 0.75, 1.25, 1.75 pixels, clamped to the samples' centres.
  expect(line).toEqual([1, 0, 0.75, 0.25, 0.25, 0.75, 0, 1]);
});

test("bilinear resampling to the same size changes nothing", async () => {
  expect(await values(bilinearMatrix(3, 3))).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
});

test.each([
  [9, 1],
  [40, 4],
  [5, 4], // the kernel is wider than the line, which is mirrored several times
])("Gaussian smoothing of %i samples by sigma %i is a convolution with mirrored ends", async (size, sigma) => {
  const signal = Array.from({ length: size }, (_, i) => Math.sin(3 * i) + (i === 2 ? 5 : 0));
  const radius = 4 * sigma;
  const mirror = (i: number): number => (i < 0 ? mirror(-1 - i) : i >= size ? mirror(2 * size - 1 - i) : i);
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, k) => Math.exp(-((k - radius) ** 2) / (2 * sigma ** 2)));
  const total = kernel.reduce((a, b) => a + b);
  const matrix = await values(gaussianMatrix(size, sigma));
  for (let i = 0; i < size; i++) {
    const wanted = kernel.reduce((sum, w, k) => sum + (w / total) * signal[mirror(i + k - radius)]!, 0);
    const actual = signal.reduce((sum, x, k) => sum + x * matrix[i * size + k]!, 0);
    expect(actual).toBeCloseTo(wanted, 5);
  }
});

test("a constant map stays what it is under both", async () => {
  const flat = constant(new Float32Array(9).fill(2), [1, 3, 3]);
  const enlarged = resampleSquare(flat, bilinearMatrix(3, 12));
  for (const value of await values(resampleSquare(enlarged, gaussianMatrix(12, 4)))) {
    expect(value).toBeCloseTo(2, 5);
  }
});
