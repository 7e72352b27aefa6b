import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHalf, toHalf } from "./half.ts";

const round = (value: number) => fromHalf(toHalf(Float32Array.of(value)))[0]!;

describe("half precision", () => {
  test("every half survives the way to float32 and back", () => {
    const patterns = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const back = toHalf(fromHalf(patterns));
    const isNaN16 = (pattern: number) => (pattern & 0x7c00) === 0x7c00 && (pattern & 0x3ff) !== 0;
    const changed = patterns.filter((pattern) => !isNaN16(pattern) && back[pattern] !== pattern);
    expect([...changed]).toEqual([]);
    expect(patterns.filter(isNaN16).every((pattern) => isNaN16(back[pattern]!))).toBe(true);
  });

  test.each([
    [1, 1],
    [-2.5, -2.5],
    [65504, 65504],
    [65519.996, 65504],
    [65520, Number.POSITIVE_INFINITY],
    [-1e30, Number.NEGATIVE_INFINITY],
    [2 ** -24, 2 ** -24],
    [2 ** -25, 0],
    [2 ** -25 * 1.0001, 2 ** -24],
    [3 * 2 ** -25, 2 ** -23],
    [2 ** -14 - 2 ** -26, 2 ** -14],
    [1 + 2 ** -11, 1],
    [1 + 3 * 2 ** -11, 1 + 2 ** -9],
    [2 - 2 ** -12, 2],
    [1e-45, 0],
  ])("%d becomes %d", (value, expected) => {
    expect(round(value)).toBe(expected);
  });

  test("NaN stays NaN, and zero keeps its sign", () => {
    expect(round(Number.NaN)).toBeNaN();
    expect(round(-0)).toBe(-0);
  });

  test("rounding picks a nearest half, and the even one of two", () => {
    const halves = fromHalf(Uint16Array.from({ length: 0x7c00 }, (_, i) => i));
    fc.assert(
      fc.property(fc.float({ min: 0, max: 65504, noNaN: true }), (value) => {
        const pattern = toHalf(Float32Array.of(value))[0]!;
        const error = Math.abs(halves[pattern]! - value);
        for (const neighbour of [pattern - 1, pattern + 1].filter((p) => p >= 0 && p < halves.length)) {
          const other = Math.abs(halves[neighbour]! - value);
          expect(other > error || (other === error && pattern % 2 === 0)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
