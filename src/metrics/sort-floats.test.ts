import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sortFloats, sortFloatsWith } from "./sort-floats.ts";

describe("sortFloats", () => {
  test("any float32 bits but NaN come out in the order of the built-in sort", () => {
    const arrays = fc.float32Array({ minLength: 2048, maxLength: 3000, noNaN: true });
    fc.assert(
      fc.property(arrays, (values) => {
        const expected = values.slice().sort();
        sortFloats(values);
        expect(values).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  test("infinities, both zeros and the smallest numbers have their places", () => {
    const special = [Infinity, 0, -0, -Infinity, 2 ** -149, -(2 ** -149), 3.4028234663852886e38, 1, -1];
    const values = Float32Array.from({ length: 4096 }, (_, i) => special[i % special.length]!);
    const expected = values.slice().sort();
    sortFloats(values);
    expect(values).toEqual(expected);
  });

  test("a view into a larger buffer leaves its neighbours alone", () => {
    const whole = Float32Array.from({ length: 5000 }, (_, i) => -i);
    sortFloats(whole.subarray(100, 4900));
    expect([whole[0], whole[99], whole[100], whole[4899], whole[4900]]).toEqual([-0, -99, -4899, -100, -4900]);
  });

  test("float64 keeps its precision", () => {
    const values = Float64Array.of(1 + 1e-12, 1, 0.5);
    sortFloats(values);
    expect([...values]).toEqual([0.5, 1, 1 + 1e-12]);
  });
});

describe("sortFloatsWith", () => {
  test("what belongs to a value goes with it, and equal values keep their order", () => {
    fc.assert(
      fc.property(fc.float32Array({ maxLength: 300, noNaN: true }), (values) => {
        const sorted = values.slice();
        const from = Uint32Array.from(values.keys());
        sortFloatsWith(sorted, from);
        expect(sorted).toEqual(values.slice().sort());
        expect(Float32Array.from(from, (i) => values[i]!)).toEqual(sorted);
        for (let i = 1; i < from.length; i++) {
          if (Object.is(sorted[i], sorted[i - 1])) expect(from[i]).toBeGreaterThan(from[i - 1]!);
        }
      }),
    );
  });
});
