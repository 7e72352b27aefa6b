import fc from "fast-check";
import { expect, test } from "vitest";
import { mixSeed, Random } from "./random.ts";

test("equal seeds give equal streams, near seeds give different ones", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const draw = (from: number) => {
        const random = new Random(mixSeed("test", from));
        return [random.next(), random.next(), random.next()];
      };
      expect(draw(seed)).toEqual(draw(seed));
      expect(draw(seed)).not.toEqual(draw(seed + 1));
    }),
  );
});

test("draws stay in their ranges and reach both ends", () => {
  const random = new Random(7);
  const seen = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    seen.add(random.int(2, 5));
    const x = random.range(-1, 3);
    expect(x).toBeGreaterThanOrEqual(-1);
    expect(x).toBeLessThan(3);
  }
  expect([...seen].sort()).toEqual([2, 3, 4, 5]);
});

test("normal draws have mean 0 and deviation 1", () => {
  const random = new Random(3);
  const draws = Array.from({ length: 20_000 }, () => random.normal());
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
  const variance = draws.reduce((sum, x) => sum + x * x, 0) / draws.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.03);
});

test("a seed distinguishes where words are cut", () => {
  expect(mixSeed("ab", "c")).not.toBe(mixSeed("a", "bc"));
});
