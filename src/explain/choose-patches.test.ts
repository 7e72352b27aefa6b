import { describe, expect, test } from "vitest";
import { extremePatches, patchesAt, requireInside } from "./choose-patches.ts";

const size = { width: 200, height: 100 };

describe("places in a picture", () => {
  test("stand for the patches that they lie in, whatever the picture's shape", () => {
    const patches = patchesAt(
      [
        { x: 0, y: 0 },
        { x: 199, y: 99 },
        { x: 60, y: 60 },
      ],
      size,
      4,
    );
    expect(patches.map(({ column, row }) => [column, row])).toEqual([
      [0, 0],
      [3, 3],
      [1, 2],
    ]);
  });

  test("in the same patch ask once", () => {
    expect(
      patchesAt(
        [
          { x: 1, y: 1 },
          { x: 49, y: 24 },
          { x: 50, y: 24 },
        ],
        size,
        4,
      ),
    ).toHaveLength(2);
  });

  test.each([
    [200, 50],
    [50, 100],
    [-1, 50],
    [Number.NaN, 50],
  ])("outside of it (%d,%d) are refused with its size", (x, y) => {
    expect(() => requireInside([{ x, y }], size)).toThrow(/outside the picture, which has 200 x 100 pixels/);
    expect(() => requireInside([{ x: 199, y: 99 }], size)).not.toThrow();
  });

  test("are refused in hundreds", () => {
    expect(() => requireInside(Array(17).fill({ x: 1, y: 1 }), size)).toThrow("17 patches are too many");
  });
});

describe("the default patches", () => {
  test("are the highest and the lowest, told by their middles", () => {
    const similarity = new Float32Array(16).fill(0.5);
    similarity[6] = 0.9;
    similarity[12] = 0.1;
    expect(extremePatches(similarity, size, 4)).toEqual([
      { x: 125, y: 37, column: 2, row: 1, why: "the most anomalous" },
      { x: 25, y: 87, column: 0, row: 3, why: "the least anomalous" },
    ]);
  });

  test("are one where all are alike", () => {
    expect(extremePatches(new Float32Array(16), size, 4)).toHaveLength(1);
  });

  test("lie in their patches in a picture smaller than the grid", () => {
    for (const { x, y, column, row } of extremePatches(Float32Array.of(0, 0, 0, 1), { width: 1, height: 1 }, 2)) {
      expect([x, y]).toEqual([0, 0]);
      expect([column, row]).not.toContain(2);
    }
  });
});
