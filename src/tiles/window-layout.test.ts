import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layOutSpans, tileSize } from "./window-layout.ts";

const startsOf = (side: number, tile: number, overlap: number) => layOutSpans(side, tile, overlap).map((s) => s.start);

describe("layOutSpans", () => {
  it("steps by the share that is not overlapped, and moves the last span inwards", () => {
    expect(startsOf(1000, 400, 0.25)).toEqual([0, 300, 600]);
    expect(startsOf(1001, 400, 0.25)).toEqual([0, 300, 600, 601]);
    expect(startsOf(900, 400, 0.25)).toEqual([0, 300, 500]);
    expect(startsOf(800, 400, 0)).toEqual([0, 400]);
  });

  it("makes one span of a side that is no longer than a window", () => {
    expect(layOutSpans(3, 400, 0.25)).toEqual([{ start: 0, length: 3, weights: Float64Array.of(1, 1, 1) }]);
    expect(startsOf(400, 400, 0.25)).toEqual([0]);
  });

  it("covers every pixel with weights that sum to 1", () => {
    const cases = fc.tuple(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 16, max: 80 }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
    );
    fc.assert(
      fc.property(cases, ([side, tile, overlap]) => {
        const sums = new Float64Array(side);
        for (const { start, length, weights } of layOutSpans(side, tile, overlap)) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(start + length).toBeLessThanOrEqual(side);
          expect(weights).toHaveLength(length);
          for (const [i, weight] of weights.entries()) {
            expect(weight).toBeGreaterThan(0);
            sums[start + i]! += weight;
          }
        }
        for (const sum of sums) expect(sum).toBeCloseTo(1, 12);
      }),
    );
  });

  it("weighs a pixel little at the border of a span, fully in its middle and at the border of the picture", () => {
    const [first, second] = layOutSpans(100, 40, 0.5).map(({ weights }) => weights);
    expect(first![0]).toBe(1);
    expect(first![39]).toBeCloseTo(Math.sin(Math.PI / 80) ** 2, 12);
    expect(second![0]).toBeCloseTo(Math.sin(Math.PI / 80) ** 2, 12);
    expect(second![9]! + second![10]!).toBeCloseTo(1, 12);
  });
});

describe("tileSize", () => {
  it("takes windows of the model's size where a side has more than 1.5 times as many pixels", () => {
    expect(tileSize("auto", 518, 777, 400)).toBeNull();
    expect(tileSize("auto", 518, 400, 778)).toBe(518);
  });

  it("needs no windows where one holds the picture", () => {
    expect(tileSize(600, 518, 600, 300)).toBeNull();
    expect(tileSize(600, 518, 601, 300)).toBe(600);
  });
});
