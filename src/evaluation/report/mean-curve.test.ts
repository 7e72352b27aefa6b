import { describe, expect, it } from "vitest";
import type { Curve } from "../evaluation.ts";
import { meanCurve } from "./mean-curve.ts";

const CHANCE: Curve = [
  [0, 0],
  [1, 1],
];
const PERFECT: Curve = [
  [0, 0],
  [0, 1],
  [1, 1],
];

describe("the mean of curves", () => {
  it("is their vertical average", () => {
    expect(meanCurve([CHANCE, PERFECT], 1, 4)).toEqual([
      [0, 0],
      [0, 0.5],
      [0.25, 0.625],
      [0.5, 0.75],
      [0.75, 0.875],
      [1, 1],
      [1, 1],
    ]);
  });

  it("has the mean of their areas", () => {
    const stairs: Curve = [
      [0, 0],
      [0, 0.25],
      [0.5, 0.25],
      [0.5, 0.75],
      [1, 0.75],
      [1, 1],
    ];
    const points = meanCurve([CHANCE, PERFECT, stairs]);
    const area = points.slice(1).reduce((sum, [x, y], i) => sum + ((x - points[i]![0]) * (y + points[i]![1])) / 2, 0);
    expect(area).toBeCloseTo((0.5 + 1 + 0.5) / 3, 2);
  });

  it("of one curve is the curve, with a fall at its end", () => {
    const precision: Curve = [
      [0, 1],
      [0.5, 1],
      [0.5, 0.5],
      [1, 0.75],
      [1, 0.25],
    ];
    expect(meanCurve([precision], 1, 4)).toEqual([
      [0, 1],
      [0, 1],
      [0.25, 1],
      [0.5, 1],
      [0.75, 0.625],
      [1, 0.75],
      [1, 0.25],
    ]);
  });

  it("ends at the limit, between two points of a curve as well, and goes on level where a curve has ended", () => {
    const short: Curve = [
      [0, 0],
      [0.1, 1],
    ];
    const [first, ...rest] = meanCurve([short, CHANCE], 0.3, 3);
    expect(first).toEqual([0, 0]);
    for (const [i, y] of [0, 0.55, 0.6, 0.65].entries()) {
      expect(rest[i]![0]).toBeCloseTo(i / 10, 12);
      expect(rest[i]![1]).toBeCloseTo(y, 12);
    }
    expect(rest).toHaveLength(4);
  });
});
