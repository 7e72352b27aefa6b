import fc from "fast-check";
import { expect, it } from "vitest";
import { Random } from "../random.ts";
import { findRegions } from "./regions.ts";
import { StreamingRegions } from "./streaming-regions.ts";

function stream(map: Float32Array, width: number, threshold: number) {
  const regions = new StreamingRegions(threshold);
  for (let i = 0; i < map.length; i += width) regions.add(map.subarray(i, i + width));
  return regions.finish();
}

it("finds what findRegions finds, in the same order", () => {
  const sides = fc.integer({ min: 1, max: 14 });
  fc.assert(
    fc.property(sides, sides, fc.nat(), fc.nat(4), (width, height, seed, threshold) => {
      const random = new Random(seed);
      // Few levels, so that peaks and areas are often equal.
      const map = Float32Array.from({ length: width * height }, () => random.int(0, 5));
      expect(stream(map, width, threshold)).toEqual(findRegions(map, width, height, threshold));
    }),
    { numRuns: 500 },
  );
});

it("joins areas that meet only further down, and finds more of them than it made room for", () => {
  const width = 2001;
  const teeth = Float32Array.from({ length: width }, (_, x) => (x % 2 === 0 ? 1 : 0));
  const bar = new Float32Array(width).fill(2);
  const comb = Float32Array.from([...teeth, ...teeth, ...bar, ...new Float32Array(width), ...teeth]);
  const regions = stream(comb, width, 1);
  expect(regions).toEqual(findRegions(comb, width, 5, 1));
  expect(regions).toHaveLength(1002);
  expect(regions[0]).toEqual({ x: 0, y: 0, width, height: 3, area: 1001 * 2 + width, peak: 2 });
});

it("leaves NaN out", () => {
  expect(stream(Float32Array.of(1, Number.NaN, 1), 3, 0)).toHaveLength(2);
});
