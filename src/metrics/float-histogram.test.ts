import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FloatHistogram, sweepHistograms } from "./float-histogram.ts";
import { SweepFeed, type ThresholdBlock } from "./threshold-sweep.ts";

/** What both histograms hold, from the highest score: score, normal, anomalous, weight. */
function contents(normal: FloatHistogram, anomalous: FloatHistogram): number[][] {
  const rows: number[][] = [];
  let before = [0, 0, 0];
  const take = ({ length, thresholds, falsePositives, truePositives, overlaps }: ThresholdBlock) => {
    for (let i = 0; i < length; i++) {
      const sums = [falsePositives[i]!, truePositives[i]!, overlaps[i]!];
      rows.push([thresholds[i]!, ...sums.map((sum, column) => sum - before[column]!)]);
      before = sums;
    }
  };
  sweepHistograms(normal, anomalous, new SweepFeed([{ take, result: () => null }]));
  return rows;
}

function newPair() {
  const memory = { bytes: 0 };
  return { memory, normal: new FloatHistogram(false, memory), anomalous: new FloatHistogram(true, memory) };
}

const addAll = (histogram: FloatHistogram, values: Float32Array, weight = 0) =>
  histogram.add(values, 0, values.length, weight);

const floats = fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 60 });

describe("FloatHistogram", () => {
  test("any finite floats come back with their counts and weights, from the highest", () => {
    fc.assert(
      fc.property(floats, floats, (low, high) => {
        const { normal, anomalous } = newPair();
        addAll(normal, low);
        addAll(anomalous, high, 0.5);
        const scores = [...new Set([...low, ...high].map((value) => value + 0))].sort((a, b) => b - a);
        const count = (values: Float32Array, score: number) => values.filter((value) => value === score).length;
        expect(contents(normal, anomalous)).toEqual(
          scores.map((score) => [score, count(low, score), count(high, score), count(high, score) / 2]),
        );
      }),
    );
  });

  test("a range of an array is counted, and no more of it", () => {
    const { normal, anomalous } = newPair();
    normal.add(Float32Array.of(9, 9, 1, 2, 2, 9).subarray(1), 1, 4, 0);
    expect(contents(normal, anomalous)).toEqual([
      [2, 2, 0, 0],
      [1, 1, 0, 0],
    ]);
  });

  test("counts beyond a byte, and beyond what a list takes, are exact", () => {
    const { normal, anomalous } = newPair();
    const values = Float32Array.from({ length: 200_000 }, (_, i) => (i % 3 === 0 ? 0.5 : 0.5 + (i % 1000) * 2 ** -24));
    addAll(normal, values);
    addAll(anomalous, values.subarray(0, 100_000), 2);
    const rows = contents(normal, anomalous);
    const sum = (column: number) => rows.reduce((total, row) => total + row[column]!, 0);
    expect([sum(1), sum(2), sum(3)]).toEqual([200_000, 100_000, 200_000]);
    const lowest = values.filter((value) => value === 0.5).length;
    expect(rows.at(-1)!.slice(0, 2)).toEqual([0.5, lowest]);
    expect(lowest).toBeGreaterThan(66_666);
  });

  test("memory depends on the distinct values, not on how many there are", () => {
    const { memory, normal } = newPair();
    const values = Float32Array.from({ length: 100_000 }, (_, i) => 1 + (i % 50_000) * 2 ** -23);
    addAll(normal, values);
    const once = memory.bytes;
    for (let i = 0; i < 10; i++) addAll(normal, values);
    expect(memory.bytes).toBe(once);
    expect(once).toBeLessThan(70_000);
  });
});

describe("coarsen", () => {
  test("joins neighbours under the lower of them, and keeps every count and weight", () => {
    fc.assert(
      fc.property(floats, floats, fc.integer({ min: 1, max: 12 }), (low, high, bits) => {
        const { normal, anomalous } = newPair();
        addAll(normal, low);
        addAll(anomalous, high, 0.5);
        for (let i = 0; i < bits; i++) {
          normal.coarsen();
          anomalous.coarsen();
        }
        expect(normal.droppedBits).toBe(bits);
        const rows = contents(normal, anomalous);
        for (const [column, values] of [low, high].entries()) {
          for (const score of values) {
            const at = rows.find(([lowest]) => lowest! <= score)!;
            expect(at[1 + column]).toBeGreaterThan(0);
            // A float32 has 23 bits behind its first; the smallest ones have less.
            expect(score - at[0]!).toBeLessThanOrEqual(Math.max(Math.abs(score) * 2 ** (bits - 22), 2 ** (bits - 148)));
          }
        }
        const sum = (column: number) => rows.reduce((total, row) => total + row[column]!, 0);
        expect([sum(1), sum(2), sum(3)]).toEqual([low.length, high.length, high.length / 2]);
      }),
    );
  });

  test("values that are added later go where their neighbours are", () => {
    const { normal, anomalous } = newPair();
    normal.add(Float32Array.of(1, 3), 0, 2, 0);
    normal.coarsen();
    anomalous.coarsen();
    normal.add(Float32Array.of(1 + 2 ** -23, 1 + 2 ** -22), 0, 2, 0);
    expect(contents(normal, anomalous).map(([score, count]) => [score, count])).toEqual([
      [3, 1],
      [1 + 2 ** -22, 1],
      [1, 2],
    ]);
  });

  test("gives about half of the memory back where values lie close", () => {
    const { memory, normal } = newPair();
    addAll(
      normal,
      Float32Array.from({ length: 2 ** 21 }, (_, i) => 1 + i * 2 ** -22),
    );
    const before = memory.bytes;
    normal.coarsen();
    expect(memory.bytes).toBeLessThan(0.6 * before);
    const counts = contents(normal, new FloatHistogram(true, { bytes: 0 })).map((row) => row[1]);
    expect(counts.reduce((a, b) => a! + b!, 0)).toBe(2 ** 21);
  });
});
