import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CurveThinner } from "./curve-thinner.ts";

type Point = readonly [x: number, y: number];

/** Thins a curve from (0, 0); the threshold of each point is its negative index. */
function thin(points: readonly Point[], most = 400, { width = 1, height = 1 } = {}): Point[] {
  const thinner = new CurveThinner({ x: 0, y: 0, threshold: 1 }, { width, height, most });
  // In blocks of five, as if more came later.
  for (let from = 0; from < points.length; from += 5) {
    const block = points.slice(from, from + 5);
    const column = (axis: 0 | 1) => Float64Array.from(block, (point) => point[axis]);
    thinner.take(
      column(0),
      column(1),
      Float64Array.from(block, (_, i) => -from - i),
      block.length,
    );
  }
  const vertices = thinner.vertices();
  for (const { x, y, threshold } of vertices.slice(1)) {
    const [px, py] = points[-threshold]!;
    expect([x, y]).toEqual([px / width, py / height]);
  }
  return vertices.map(({ x, y }) => [x, y] as const);
}

/** Distance of a point from a line through points, whatever the part of it. */
function distance([x, y]: Point, line: readonly Point[]): number {
  const distances = line.slice(1).map(([x1, y1], i) => {
    const [x0, y0] = line[i]!;
    const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
    const along = length === 0 ? 0 : ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length;
    const at = Math.min(1, Math.max(0, along));
    return Math.hypot(x - x0 - at * (x1 - x0), y - y0 - at * (y1 - y0));
  });
  return Math.min(...distances);
}

/** Curves as of precision and recall: `x` never falls, `y` goes up and down. */
const curves = fc.array(fc.tuple(fc.nat(20), fc.nat(100)), { minLength: 1, maxLength: 300 }).map((steps) => {
  const total = steps.reduce((sum, [step]) => sum + step, 0) || 1;
  let x = 0;
  return steps.map(([step, y]): Point => {
    x += step;
    return [x / total, y / 100];
  });
});

describe("CurveThinner", () => {
  test("keeps corners exactly and leaves out what lies on a line between them", () => {
    const staircase: Point[] = [
      [0, 0.1],
      [0, 0.3],
      [0.1, 0.3],
      [0.2, 0.3],
      [0.5, 0.3],
      [0.6, 0.4],
      [0.7, 0.5],
      [1, 0.8],
      [1, 1],
    ];
    expect(thin(staircase)).toEqual([
      [0, 0],
      [0, 0.3],
      [0.5, 0.3],
      [1, 0.8],
      [1, 1],
    ]);
  });

  test("keeps where a curve turns back, up or down", () => {
    const drop: Point[] = [
      [0, 0.9],
      [0, 0],
      [1e-12, 0.6],
      [1, 0.6],
    ];
    expect(thin(drop).map(([, y]) => y)).toEqual([0, 0.9, 0, 0.6, 0.6]);
  });

  test("every point of a short curve lies on the line through those that are kept", () => {
    fc.assert(
      fc.property(curves, (points) => {
        const kept = thin(points);
        expect(kept.at(-1)).toEqual(points.at(-1));
        for (const point of points) expect(distance(point, kept)).toBeLessThan(1e-8);
      }),
    );
  });

  test("never keeps more than it may, the first and the last point always", () => {
    fc.assert(
      fc.property(curves, fc.integer({ min: 2, max: 40 }), (points, most) => {
        const kept = thin(points, most);
        expect(kept.length).toBeLessThanOrEqual(most);
        expect([kept[0], kept.at(-1)]).toEqual([[0, 0], points.at(-1)]);
      }),
    );
  });

  test("a circle is drawn within a thousandth by forty points of 100,000", () => {
    const arc = Array.from({ length: 100_000 }, (_, i): Point => {
      const angle = ((i + 1) / 100_000) * (Math.PI / 2);
      return [1 - Math.cos(angle), Math.sin(angle)];
    });
    const kept = thin(arc, 40);
    expect(kept.length).toBeGreaterThan(15);
    for (let i = 0; i < arc.length; i += 97) expect(distance(arc[i]!, kept)).toBeLessThan(1e-3);
  });

  test("axes may be counts", () => {
    const counts: Point[] = [
      [0, 1],
      [4, 1],
      [8, 2],
    ];
    expect(thin(counts, 400, { width: 8, height: 2 })).toEqual([
      [0, 0],
      [0, 0.5],
      [0.5, 0.5],
      [1, 1],
    ]);
  });

  test("one point is no curve", () => {
    expect(() => thin([[1, 1]], 1)).toThrow(new RangeError("a curve needs 2 points or more, got 1"));
  });
});
