import fc from "fast-check";
import { expect, it } from "vitest";
import { Random } from "../random.ts";
import { EnlargedRows } from "./enlarged-rows.ts";
import { resizeMap } from "./resample.ts";

const noise = (length: number, seed: number) => {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.range(-1, 1));
};

it("equals resizeMap, enlarging or shrinking, also where rows are left out", () => {
  const sides = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 24 }),
      sides,
      sides,
      fc.nat(3),
      fc.nat(),
      (size, width, height, skip, seed) => {
        const map = noise(size * size, seed);
        const whole = resizeMap(map, size, size, width, height);
        const rows = new EnlargedRows(map, size, width, height);
        for (let y = 0; y < height; y += 1 + skip) {
          expect(rows.row(y)).toEqual(whole.subarray(y * width, (y + 1) * width));
        }
      },
    ),
  );
});

it("refuses a map of another size", () => {
  expect(() => new EnlargedRows(new Float32Array(8), 3, 5, 5)).toThrow(new RangeError("expected 9 values, got 8"));
});
