import { describe, expect, test } from "vitest";
import { HistogramSegment, newSegmentCells } from "./histogram-segment.ts";

/** Count and weight of the cells that hold something. */
function read(segment: HistogramSegment): Map<number, [count: number, weight: number]> {
  const cells = newSegmentCells();
  segment.read(cells);
  const held = new Map<number, [number, number]>();
  for (const [cell, count] of cells.counts.entries()) {
    if (count > 0) held.set(cell, [count, cells.weights[cell]!]);
  }
  const isMarked = (cell: number) => ((cells.occupied[cell >>> 5]! >>> (cell & 31)) & 1) === 1;
  expect([...cells.counts.keys()].filter(isMarked)).toEqual([...held.keys()]);
  return held;
}

describe("HistogramSegment", () => {
  test("cells from the first to the last keep their counts and weights", () => {
    const segment = new HistogramSegment(true, { bytes: 0 });
    for (const cell of [0, 65_535, 0, 31, 32]) segment.add(cell, 0.25);
    expect(read(segment)).toEqual(
      new Map([
        [0, [2, 0.5]],
        [31, [1, 0.25]],
        [32, [1, 0.25]],
        [65_535, [1, 0.25]],
      ]),
    );
  });

  test("a cell counts beyond 32 bits", () => {
    const segment = new HistogramSegment(true, { bytes: 0 });
    segment.addMany(7, 2 ** 33 + 200, 1.5);
    segment.addMany(7, 100, 0.5);
    segment.add(7, 1);
    expect(read(segment)).toEqual(new Map([[7, [2 ** 33 + 301, 3]]]));
  });

  test("what was listed is still there when counters take over", () => {
    const segment = new HistogramSegment(true, { bytes: 0 });
    for (let i = 0; i < 40_000; i++) segment.add(i % 20_000, 2);
    segment.addMany(0, 5, 1);
    const held = read(segment);
    expect(held.size).toBe(20_000);
    expect([held.get(0), held.get(19_999)]).toEqual([
      [7, 5],
      [2, 4],
    ]);
  });

  test("tells what it takes, and gives all of it back", () => {
    const memory = { bytes: 0 };
    const segments = [new HistogramSegment(false, memory), new HistogramSegment(true, memory)];
    const taken = [10, 1000, 40_000, 1_000_000].map((values) => {
      for (const segment of segments) for (let i = 0; i < values; i++) segment.add(i % 65_536, 1);
      return memory.bytes;
    });
    // Two bytes a listed value and eight for its weight; one and eight for each cell; four more for large counts.
    expect(taken).toEqual([64 * 12, 1024 * 12, 65_536 * 10, 65_536 * 10]);
    for (let i = 0; i < 256; i++) segments[0]!.add(3, 0);
    expect(memory.bytes).toBe(65_536 * 14);
    for (const segment of segments) segment.release();
    expect(memory.bytes).toBe(0);
  });
});
