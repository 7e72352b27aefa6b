import { expect, test } from "vitest";
import { BLOCK_SIZE } from "../graph/quantized.ts";
import { Random } from "../random.ts";
import { columnMaxima, quantizeBlocks, quantizeChannels, smoothingFactors } from "./quantize-weights.ts";

const random = new Random(7);
const [OUT, INNER] = [6, BLOCK_SIZE];
const weight = Float32Array.from({ length: OUT * INNER }, (_, i) => random.normal() * 10 ** -Math.floor(i / INNER));

test("each output channel is off by at most half a step of its own scale", () => {
  const { data, scale } = quantizeChannels(weight, [OUT, INNER]);
  for (let out = 0; out < OUT; out++) {
    const row = weight.subarray(out * INNER, (out + 1) * INNER);
    expect(scale[out]).toBeCloseTo(Math.max(...row.map(Math.abs)) / 127, 7);
    for (let i = 0; i < INNER; i++) {
      expect(Math.abs(data[i * OUT + out]! * scale[out]! - row[i]!)).toBeLessThanOrEqual(0.5001 * scale[out]!);
    }
  }
});

test("factors multiply the columns before they are rounded", () => {
  const factors = Float32Array.from({ length: INNER }, (_, i) => 2 ** (i % 3));
  const scaled = weight.map((value, i) => value * factors[i % INNER]!);
  expect(quantizeChannels(weight, [OUT, INNER], factors)).toEqual(quantizeChannels(scaled, [OUT, INNER]));
});

test("blocks are off by at most half a step, around a zero of 128", () => {
  const { data, scale } = quantizeBlocks(weight);
  expect(scale).toHaveLength(weight.length / BLOCK_SIZE);
  for (const [i, value] of weight.entries()) {
    const step = scale[Math.floor(i / BLOCK_SIZE)]!;
    expect(Math.abs((data[i]! - 128) * step - value)).toBeLessThanOrEqual(0.5001 * step);
  }
});

test("a channel of zeros stays zero", () => {
  const { data, scale } = quantizeChannels(new Float32Array(8), [2, 4]);
  expect([...data]).toEqual(Array(8).fill(0));
  expect([...scale].every((value) => value > 0)).toBe(true);
});

test("smoothing gives activations and weights the same range, and multiplies to one", () => {
  const activations = Float32Array.of(100, 1, 4);
  const weights = Float32Array.of(1, 1, 0.25);
  const factors = smoothingFactors(activations, weights);
  const ratios = [...factors].map((s, i) => activations[i]! / s / (weights[i]! * s));
  for (const ratio of ratios) expect(ratio).toBeCloseTo(ratios[0]!, 3);
  expect(factors.reduce((product, s) => product * s, 1)).toBeCloseTo(1, 5);
  expect([...smoothingFactors(Float32Array.of(0, 1), Float32Array.of(0, 0))].every(Number.isFinite)).toBe(true);
});

test("column maxima are those of magnitudes over all matrices", () => {
  const maxima = columnMaxima([Float32Array.of(1, -5, 2, 3), Float32Array.of(-4, 0)], 2);
  expect([...maxima]).toEqual([4, 5]);
});
