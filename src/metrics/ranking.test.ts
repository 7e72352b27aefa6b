import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aupr, auroc, averagePrecision, f1Max, precisionRecallCurve, rankingMetrics, rocCurve } from "./ranking.ts";

describe("known values", () => {
  test("a perfect ranking gives 1 everywhere, with the lowest anomalous score as threshold", () => {
    const metrics = rankingMetrics([3, 1, 2, 0], [1, 0, 1, 0]);
    expect(metrics).toEqual({ auroc: 1, averagePrecision: 1, aupr: 1, f1Max: { f1: 1, threshold: 2 } });
  });

  test("a constant score gives AUROC 1/2 and the share of anomalies as average precision", () => {
    const metrics = rankingMetrics([7, 7, 7, 7], [1, 0, 0, 0]);
    expect(metrics).toEqual({ auroc: 0.5, averagePrecision: 0.25, aupr: 0.625, f1Max: { f1: 0.4, threshold: 7 } });
  });

  test("of equally good thresholds the lowest is reported", () => {
    // At 3: TP 1, FP 0, FN 1. At 1: TP 2, FP 2, FN 0. Both are 2/3.
    expect(f1Max([3, 2, 1.5, 1], [1, 0, 0, 1])).toEqual({ f1: 2 / 3, threshold: 1 });
  });

  test("curves have the corners of all thresholds, and where nothing is found an infinite one", () => {
    const [scores, labels] = [
      [9, 8, 8, 7, 6, 5, 4],
      [1, 1, 0, 0, 0, 1, 0],
    ];
    expect(rocCurve(scores, labels)).toEqual({
      points: [
        [0, 0],
        [0, 1 / 3],
        [1 / 4, 2 / 3],
        [3 / 4, 2 / 3],
        [3 / 4, 1],
        [1, 1],
      ],
      thresholds: [Infinity, 9, 8, 6, 5, 4],
    });
    expect(precisionRecallCurve(scores, labels)).toEqual({
      points: [
        [0, 1],
        [1 / 3, 1],
        [2 / 3, 2 / 3],
        [2 / 3, 2 / 5],
        [1, 3 / 6],
        [1, 3 / 7],
      ],
      thresholds: [Infinity, 9, 8, 6, 5, 4],
    });
  });

  test("0 and -0 are the same score", () => {
    expect(auroc(Float32Array.of(0, -0), [1, 0])).toBe(0.5);
    expect(auroc(Float64Array.of(-0, 0), [1, 0])).toBe(0.5);
  });

  test("infinite scores rank like any other", () => {
    expect(auroc([Infinity, -Infinity, 0, -Infinity], [1, 0, 1, 1])).toBe((1 + 1 + 0.5) / 3);
  });
});

describe("what is undefined or wrong", () => {
  test.each([[[]], [[0, 0]], [[1, 1]]])("labels %j are not applicable", (labels) => {
    const scores = labels.map((_, i) => i);
    expect(rankingMetrics(scores, labels)).toEqual({ aupr: null, auroc: null, averagePrecision: null, f1Max: null });
  });

  test("NaN, other labels and unequal lengths are range errors that say where", () => {
    expect(() => auroc([0, Number.NaN], [0, 1])).toThrow(new RangeError("ranking: score 1 is NaN"));
    expect(() => auroc(new Array<number>(2), [0, 1])).toThrow(new RangeError("ranking: score 0 is undefined"));
    expect(() => averagePrecision([0, 1], [0, 255])).toThrow(
      new RangeError("ranking: label 1 is 255, expected 0 or 1"),
    );
    expect(() => f1Max([0, 1, 2], [0, 1])).toThrow(new RangeError("ranking: 3 scores but 2 labels"));
  });
});

describe("properties", () => {
  /** Few distinct values, so that most sets have ties. */
  const samples = fc
    .array(fc.record({ score: fc.integer({ min: -4, max: 4 }), label: fc.integer({ min: 0, max: 1 }) }), {
      minLength: 2,
      maxLength: 40,
    })
    .filter((set) => new Set(set.map((s) => s.label)).size === 2);
  const scoresOf = (set: Sample[]) => Float32Array.from(set, (s) => s.score);
  const labelsOf = (set: Sample[]) => Uint8Array.from(set, (s) => s.label);

  test("every metric is what its definition gives by brute force", () => {
    fc.assert(
      fc.property(samples, (set) => {
        const metrics = rankingMetrics(scoresOf(set), labelsOf(set));
        expect(metrics.auroc).toBeCloseTo(bruteAuroc(set), 12);
        expect(metrics.averagePrecision).toBeCloseTo(bruteAveragePrecision(set), 12);
        expect(metrics.aupr).toBeCloseTo(bruteAupr(set), 12);
        expect(metrics.f1Max?.f1).toBeCloseTo(Math.max(...set.map((s) => f1At(set, s.score))), 12);
      }),
    );
  });

  test("the area under the curves by trapezoids is AUROC and AUPR", () => {
    fc.assert(
      fc.property(samples, (set) => {
        const [scores, labels] = [scoresOf(set), labelsOf(set)];
        expect(areaUnder(rocCurve(scores, labels)!.points)).toBeCloseTo(auroc(scores, labels)!, 12);
        expect(areaUnder(precisionRecallCurve(scores, labels)!.points)).toBeCloseTo(aupr(scores, labels)!, 12);
      }),
    );
  });

  test("the threshold reaches the F1 that comes with it", () => {
    fc.assert(
      fc.property(samples, (set) => {
        const best = f1Max(scoresOf(set), labelsOf(set))!;
        expect(f1At(set, best.threshold)).toBeCloseTo(best.f1, 12);
      }),
    );
  });

  test("a rising map of the scores changes nothing", () => {
    fc.assert(
      fc.property(samples, (set) => {
        const mapped = Float64Array.from(set, (s) => Math.exp(s.score) - 2);
        const [before, after] = [rankingMetrics(scoresOf(set), labelsOf(set)), rankingMetrics(mapped, labelsOf(set))];
        expect([after.auroc, after.averagePrecision, after.aupr, after.f1Max?.f1]).toEqual([
          before.auroc,
          before.averagePrecision,
          before.aupr,
          before.f1Max?.f1,
        ]);
      }),
    );
  });

  test("the order of the samples changes nothing", () => {
    const shuffled = samples.chain((set) =>
      fc.tuple(fc.constant(set), fc.shuffledSubarray(set, { minLength: set.length })),
    );
    fc.assert(
      fc.property(shuffled, ([set, other]) => {
        expect(rankingMetrics(scoresOf(other), labelsOf(other))).toEqual(rankingMetrics(scoresOf(set), labelsOf(set)));
      }),
    );
  });

  test("turning the scores round gives 1 - AUROC", () => {
    fc.assert(
      fc.property(samples, (set) => {
        const turned = scoresOf(set).map((score) => -score);
        expect(auroc(turned, labelsOf(set))).toBeCloseTo(1 - auroc(scoresOf(set), labelsOf(set))!, 12);
      }),
    );
  });

  test("large float32 sets give what the same scores give as float64", () => {
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const labels = Uint8Array.from({ length: 50_000 }, () => (random() < 0.1 ? 1 : 0));
    const scores = Float32Array.from(labels, (label) => Math.round((random() + 0.3 * label) * 1000) / 1000 - 0.5);
    expect(rankingMetrics(scores, labels)).toEqual(rankingMetrics(Float64Array.from(scores), labels));
  });
});

interface Sample {
  score: number;
  label: number;
}

function bruteAuroc(set: Sample[]): number {
  const pairs = set.filter((s) => s.label === 1).flatMap((a) => set.filter((s) => s.label === 0).map((n) => [a, n]));
  const wins = pairs.map(([a, n]) => (Math.sign(a!.score - n!.score) + 1) / 2);
  return wins.reduce((sum, win) => sum + win, 0) / pairs.length;
}

/** Mean over the anomalies of the precision at their own score. */
function bruteAveragePrecision(set: Sample[]): number {
  const anomalies = set.filter((s) => s.label === 1);
  const precisions = anomalies.map((anomaly) => {
    const predicted = set.filter((s) => s.score >= anomaly.score);
    return predicted.filter((s) => s.label === 1).length / predicted.length;
  });
  return precisions.reduce((sum, precision) => sum + precision, 0) / anomalies.length;
}

/** Trapezoids over the recalls of all thresholds, from recall 0 and precision 1. */
function bruteAupr(set: Sample[]): number {
  const thresholds = [...new Set(set.map((s) => s.score))].sort((a, b) => b - a);
  const points = thresholds.map((threshold): [number, number] => {
    const predicted = set.filter((s) => s.score >= threshold);
    const hits = predicted.filter((s) => s.label === 1).length;
    return [hits / set.filter((s) => s.label === 1).length, hits / predicted.length];
  });
  return areaUnder([[0, 1], ...points]);
}

function areaUnder(points: readonly (readonly [number, number])[]): number {
  return points.slice(1).reduce((area, [x, y], i) => area + ((x - points[i]![0]) * (y + points[i]![1])) / 2, 0);
}

function f1At(set: Sample[], threshold: number): number {
  const count = (label: number, predicted: boolean) =>
    set.filter((s) => s.label === label && s.score >= threshold === predicted).length;
  return (2 * count(1, true)) / (2 * count(1, true) + count(0, true) + count(1, false));
}
