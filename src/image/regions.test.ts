import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findRegions } from "./regions.ts";

/** Rows of digits as a map. */
function toMap(...rows: string[]): [Float32Array, number, number] {
  return [Float32Array.from(rows.join(""), Number), rows[0]!.length, rows.length];
}

/** Flood fill, the plainest definition: the sorted areas of all components. */
function floodAreas(map: Float32Array, width: number, height: number, threshold: number): number[] {
  const left = new Set(Array.from(map.keys()).filter((i) => map[i]! >= threshold));
  const areas: number[] = [];
  for (const start of left) {
    const queue = [start];
    left.delete(start);
    for (let at = 0; at < queue.length; at++) {
      const [x, y] = [queue[at]! % width, Math.trunc(queue[at]! / width)];
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const inside = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
          const neighbour = (y + dy) * width + x + dx;
          if (inside && left.delete(neighbour)) queue.push(neighbour);
        }
      }
    }
    areas.push(queue.length);
  }
  return areas.sort((a, b) => a - b);
}

describe("findRegions", () => {
  it("gives box, area and peak of each area, the highest peak first", () => {
    const map = toMap("0000000", "0550007", "0050070", "0000000", "1000000");
    expect(findRegions(...map, 5)).toEqual([
      { x: 5, y: 1, width: 2, height: 2, area: 2, peak: 7 },
      { x: 1, y: 1, width: 2, height: 2, area: 3, peak: 5 },
    ]);
  });

  it("joins areas that touch at a corner only", () => {
    expect(findRegions(...toMap("100", "010", "100"), 1)).toHaveLength(1);
    expect(findRegions(...toMap("101", "000", "101"), 1)).toHaveLength(4);
  });

  it("joins the arms of a U and of a spiral", () => {
    expect(findRegions(...toMap("10001", "10001", "11111"), 1)).toMatchObject([{ area: 9, width: 5, height: 3 }]);
    const spiral = toMap("1111111", "0000001", "1111101", "1000101", "1011101", "1000001", "1111111");
    expect(findRegions(...spiral, 1)).toHaveLength(1);
  });

  it("does not join the end of a row with the start of the next", () => {
    expect(findRegions(...toMap("0011", "0000", "1100"), 1)).toHaveLength(2);
    expect(findRegions(...toMap("0001", "1000"), 1)).toHaveLength(2);
  });

  it("leaves out areas below minArea", () => {
    expect(findRegions(...toMap("1100", "0000", "0001"), 1, { minArea: 2 })).toMatchObject([{ area: 2 }]);
  });

  it("counts a value equal to the threshold, and never NaN", () => {
    const map = Float32Array.of(0.5, Number.NaN, 0.49999);
    expect(findRegions(map, 3, 1, 0.5)).toEqual([{ x: 0, y: 0, width: 1, height: 1, area: 1, peak: 0.5 }]);
    expect(findRegions(map, 3, 1, Number.NaN)).toEqual([]);
  });

  it("finds the areas that flood fill finds", () => {
    const maps = fc.integer({ min: 1, max: 12 }).chain((width) =>
      fc.integer({ min: 1, max: 12 }).chain((height) => {
        const values = fc.array(fc.nat(3), { minLength: width * height, maxLength: width * height });
        return fc.tuple(values, fc.constant(width), fc.constant(height));
      }),
    );
    fc.assert(
      fc.property(maps, fc.integer({ min: 1, max: 3 }), ([values, width, height], threshold) => {
        const map = Float32Array.from(values);
        const areas = findRegions(map, width, height, threshold).map((region) => region.area);
        expect(areas.sort((a, b) => a - b)).toEqual(floodAreas(map, width, height, threshold));
      }),
      { numRuns: 300 },
    );
  });

  it("copes with a large map that is all one area, and with a checkerboard", () => {
    const side = 1000;
    expect(findRegions(new Float32Array(side * side).fill(1), side, side, 0.5)).toMatchObject([{ area: side * side }]);
    const board = Float32Array.from({ length: side * side }, (_, i) => (i + Math.trunc(i / side)) % 2);
    expect(findRegions(board, side, side, 1)).toMatchObject([{ area: (side * side) / 2 }]);
  });

  it("refuses a map of another length", () => {
    expect(() => findRegions(new Float32Array(5), 2, 2, 0)).toThrow(RangeError);
  });
});
