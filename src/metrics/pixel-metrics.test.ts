import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bothClasses,
  directAupro,
  directAupro200,
  flatten,
  overlapPoints,
  type Picture,
  regionsOf,
  somePictures,
} from "./direct-definitions.fixture.ts";
import { PixelMetrics, type PixelMetricsOptions, type PixelResult, pixelMetrics } from "./pixel-metrics.ts";
import { rankingMetrics, rocCurve } from "./ranking.ts";

/** A picture from rows of digits: the scores, and 1 for anomalous. */
function picture(scores: readonly string[], mask: readonly string[]): Picture {
  const map = Float32Array.from(scores.join(""), Number);
  return { map, mask: Uint8Array.from(mask.join(""), Number), width: scores[0]!.length, height: scores.length };
}

/** The figures of a result, without curves. */
function figures({ auroc, averagePrecision, aupr, f1Max, aupro, aupro200 }: PixelResult) {
  return [auroc, averagePrecision, aupr, f1Max?.f1 ?? null, aupro, aupro200];
}

function expectSame(actual: PixelResult, expected: PixelResult): void {
  for (const [i, value] of figures(expected).entries()) {
    if (value === null) expect(figures(actual)[i]).toBeNull();
    else expect(figures(actual)[i]).toBeCloseTo(value, 10);
  }
}

describe("known values", () => {
  // Regions: two pixels scored 9 and 5, one pixel scored 7. Normal scores: 8, 5, four times 1, twice 0.
  const known = picture(["958", "151", "171", "001"].slice(0, 4), ["110", "000", "010", "000"]);

  test("every metric of a small picture", () => {
    const result = pixelMetrics([known]);
    expect(result).toMatchObject({ pictures: 1, normalPixels: 9, anomalousPixels: 3, regions: 2 });
    expect(result).toMatchObject({ droppedBits: 0, uncertainty: { auroc: 0, aupro: 0 } });
    // 9 is above all 9 normal pixels, 7 above 8, 5 above 7 and level with one.
    expect(result.auroc).toBeCloseTo((9 + 8 + 7.5) / 27, 12);
    expect(result.averagePrecision).toBeCloseTo((1 + 2 / 3 + 3 / 5) / 3, 12);
    expect(result.aupr).toBeCloseTo(((1 + 1) / 2 + (1 / 2 + 2 / 3) / 2 + (2 / 3 + 3 / 5) / 2) / 3, 12);
    expect(result.f1Max).toEqual({ f1: 6 / 8, threshold: 5 });
    // Overlap over false positives: 9: 1/4 at 0; 8: 1/4 at 1; 7: 3/4 at 1; 5: 1 at 2; further on 1.
    // The limit, 2.7 of 9 pixels, lies beyond.
    expect(result.aupro).toBeCloseTo((1 / 4 + (3 / 4 + 1) / 2 + 0.7) / 2.7, 12);
  });

  test("the curve is cut by a straight line where the limit falls between two thresholds", () => {
    const result = pixelMetrics([known], { falsePositiveLimit: 1.5 / 9 });
    const overlapAtLimit = (3 / 4 + 1) / 2;
    expect(result.aupro).toBeCloseTo((1 / 4 + (0.5 * (3 / 4 + overlapAtLimit)) / 2) / 1.5, 12);
    expect(pixelMetrics([known], { falsePositiveLimit: 1 }).aupro).toBeCloseTo((1 / 4 + 7 / 8 + 7) / 9, 12);
  });

  test("perfect maps have 1 everywhere", () => {
    const perfect = picture(["0990", "0010"], ["0110", "0000"]);
    expect(figures(pixelMetrics([perfect])).slice(0, 5)).toEqual([1, 1, 1, 1, 1]);
  });

  test("normal pictures have part in the false positive rate", () => {
    const abnormal = picture(["90", "80"], ["10", "00"]);
    const normal = picture(["99", "99"], ["00", "00"]);
    expect(pixelMetrics([abnormal, normal])).toMatchObject({ pictures: 2, normalPixels: 7, regions: 1 });
    expect(pixelMetrics([abnormal, normal]).aupro!).toBeLessThan(pixelMetrics([abnormal]).aupro!);
  });

  test("0 and -0 are one score, sorted and counted", () => {
    const zeros = { map: Float32Array.of(0, -0, 0, -0), mask: Uint8Array.of(1, 1, 0, 0), width: 4, height: 1 };
    for (const sortedPixels of [0, 100]) {
      expect(pixelMetrics([zeros], { sortedPixels })).toMatchObject({ auroc: 0.5, averagePrecision: 0.5 });
    }
  });
});

describe("definitions", () => {
  test("AUROC, AP, AUPR and F1-max are those of all pixels in one list", () => {
    fc.assert(
      fc.property(bothClasses, (pictures) => {
        const { scores, labels } = flatten(pictures);
        const { auroc, averagePrecision, aupr, f1Max } = pixelMetrics(pictures);
        expect({ auroc, averagePrecision, aupr, f1Max }).toEqual(rankingMetrics(scores, labels));
      }),
    );
  });

  test("AUPRO is the area under the points of all thresholds, for any limit", () => {
    fc.assert(
      fc.property(bothClasses, fc.double({ min: 0.01, max: 1, noNaN: true }), (pictures, limit) => {
        const { aupro } = pixelMetrics(pictures, { falsePositiveLimit: limit });
        expect(aupro).toBeCloseTo(directAupro(pictures, limit), 10);
      }),
    );
  });

  test("AUPRO with 200 thresholds is what the released loop over thresholds gives", () => {
    const directly = bothClasses.filter((pictures) => pictures.length < 3);
    fc.assert(
      fc.property(directly, (pictures) => {
        const expected = directAupro200(pictures);
        const { aupro200 } = pixelMetrics(pictures);
        if (expected === null) expect(aupro200).toBeNull();
        else expect(aupro200).toBeCloseTo(expected, 10);
      }),
      { numRuns: 60 },
    );
  });

  test("regions are counted as flood fill counts them", () => {
    fc.assert(
      fc.property(somePictures, (pictures) => {
        expect(pixelMetrics(pictures).regions).toBe(pictures.flatMap(regionsOf).length);
      }),
    );
  });

  test("the overlap curve passes through the points of all thresholds", () => {
    fc.assert(
      fc.property(bothClasses, (pictures) => {
        const { points, thresholds } = pixelMetrics(pictures).regionOverlapCurve!;
        const all = overlapPoints(pictures);
        for (const [i, [x, y]] of points.entries()) {
          const point = all.find(({ threshold }) => threshold === thresholds[i])!;
          expect([x, y]).toEqual([point.falsePositiveRate, expect.closeTo(point.overlap, 12)]);
        }
        expect([points[0], points.at(-1)]).toEqual([
          [0, 0],
          [1, expect.closeTo(1, 12)],
        ]);
      }),
    );
  });
});

describe("properties", () => {
  test("a rising map of the scores changes nothing but AUPRO with 200 thresholds", () => {
    fc.assert(
      fc.property(bothClasses, (pictures) => {
        const scores = [...new Set(pictures.flatMap(({ map }) => [...map]))].sort((a, b) => a - b);
        const rank = new Map(scores.map((score, i) => [score, i ** 3 - 50]));
        const risen = pictures.map((one) => ({ ...one, map: one.map.map((score) => rank.get(score)!) }));
        const [before, after] = [pictures, risen].map((set) => ({ ...pixelMetrics(set), aupro200: null }));
        expectSame(after!, before!);
      }),
    );
  });

  test("a factor and a shift that float32 represents leave AUPRO with 200 thresholds alone, too", () => {
    fc.assert(
      fc.property(bothClasses, (pictures) => {
        const scaled = pictures.map((one) => ({ ...one, map: one.map.map((score) => score * 4) }));
        expectSame(pixelMetrics(scaled), pixelMetrics(pictures));
      }),
    );
  });

  test("the order of the pictures changes nothing", () => {
    fc.assert(
      fc.property(somePictures, (pictures) => {
        expectSame(pixelMetrics(pictures.toReversed()), pixelMetrics(pictures));
      }),
    );
  });

  test("every picture twice changes nothing", () => {
    fc.assert(
      fc.property(somePictures, (pictures) => {
        expectSame(pixelMetrics([...pictures, ...pictures]), pixelMetrics(pictures));
      }),
    );
  });

  test("a picture cut in two between its regions is the same", () => {
    const whole = picture(["1294", "5630", "7281"], ["1001", "1001", "0000"]);
    const half = (from: number): Picture => {
      const columns = (numbers: ArrayLike<number>) =>
        [0, 4, 8].flatMap((row) => [numbers[row + from]!, numbers[row + from + 1]!]);
      return {
        map: Float32Array.from(columns(whole.map)),
        mask: Uint8Array.from(columns(whole.mask)),
        width: 2,
        height: 3,
      };
    };
    expectSame(pixelMetrics([half(0), half(2)]), pixelMetrics([whole]));
  });

  test("a result between two pictures changes nothing", () => {
    fc.assert(
      fc.property(somePictures, fc.constantFrom(0, 30, 1000), (pictures, sortedPixels) => {
        const metrics = new PixelMetrics({ sortedPixels });
        for (const { map, mask, width, height } of pictures) {
          metrics.add(map, mask, width, height);
          metrics.result();
        }
        expectSame(metrics.result(), pixelMetrics(pictures));
      }),
    );
  });
});

describe("many pixels", () => {
  test("scores that are counted give what sorted ones give, wherever the change comes", () => {
    fc.assert(
      fc.property(somePictures, fc.integer({ min: 0, max: 120 }), (pictures, sortedPixels) => {
        const counted = pixelMetrics(pictures, { sortedPixels });
        expectSame(counted, pixelMetrics(pictures));
        expect(counted.droppedBits).toBe(0);
      }),
    );
  });

  const large = [noisePicture(1000, 11), noisePicture(900, 12)];
  const exact = pixelMetrics(large);

  test("little memory costs precision, within what the result says", () => {
    const coarse = pixelMetrics(large, { sortedPixels: 0, memory: 2 * 2 ** 20 });
    expect(coarse.droppedBits).toBeGreaterThan(0);
    expect(coarse.uncertainty.auroc).toBeGreaterThan(0);
    expect(coarse.uncertainty.auroc).toBeLessThan(1e-3);
    expect(Math.abs(coarse.auroc! - exact.auroc!)).toBeLessThanOrEqual(coarse.uncertainty.auroc);
    expect(Math.abs(coarse.aupro! - exact.aupro!)).toBeLessThanOrEqual(coarse.uncertainty.aupro);
    expect(coarse.averagePrecision).toBeCloseTo(exact.averagePrecision!, 3);
    expect(coarse).toMatchObject({ normalPixels: exact.normalPixels, regions: exact.regions });
  });

  test("scores that differ in high bits only stay exact in little memory", () => {
    const rough = large.map((one) => ({ ...one, map: one.map.map((score) => Math.round(score * 64) / 64) }));
    const coarse = pixelMetrics(rough, { sortedPixels: 0, memory: 2 * 2 ** 20 });
    expectSame(coarse, pixelMetrics(rough));
  });

  test("curves stay within 400 points and within 0.001 of the whole curve", () => {
    const { scores, labels } = flatten(large);
    const whole = rocCurve(scores, labels, 1_000_000)!.points;
    const { points } = exact.rocCurve!;
    expect(points.length).toBeLessThanOrEqual(400);
    expect(points.length).toBeGreaterThan(20);
    let at = 1;
    let farthest = 0;
    for (const [x, y] of whole) {
      while (points[at]![0] < x) at++;
      const [[x0, y0], [x1, y1]] = [points[at - 1]!, points[at]!];
      const along = Math.min(1, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2));
      farthest = Math.max(farthest, Math.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0)));
    }
    expect(farthest).toBeLessThan(1e-3);
    expect(pixelMetrics(large, { curvePoints: 2 }).rocCurve!.points).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });
});

describe("what is undefined or wrong", () => {
  const map = Float32Array.of(1, 2, 3, 4);

  test("without anomalous pixels, normal pixels or pictures, figures and curves are null", () => {
    for (const mask of [Uint8Array.of(0, 0, 0, 0), Uint8Array.of(1, 1, 1, 1)]) {
      const result = pixelMetrics([{ map, mask, width: 2, height: 2 }]);
      expect(figures(result)).toEqual([null, null, null, null, null, null]);
      expect([result.rocCurve, result.precisionRecallCurve, result.regionOverlapCurve]).toEqual([null, null, null]);
    }
    expect(new PixelMetrics().result()).toMatchObject({ pictures: 0, normalPixels: 0, auroc: null, aupro200: null });
  });

  test("AUPRO with 200 thresholds alone is null for one score everywhere, and where one rate is below 0.3", () => {
    const mask = Uint8Array.of(1, 0, 0, 0);
    const constant = pixelMetrics([{ map: new Float32Array(4).fill(7), mask, width: 2, height: 2 }]);
    expect(constant).toMatchObject({ auroc: 0.5, aupro: 0.15, aupro200: null });
    expect(pixelMetrics([{ map: Float32Array.of(2, 1, 1, 1), mask, width: 2, height: 2 }]).aupro200).toBeNull();
  });

  const mask = Uint8Array.of(0, 1, 1, 0);
  test.each<[string, () => void, string]>([
    ["NaN", () => add(Float32Array.of(1, 2, Number.NaN, 4), mask), "the map has NaN at column 0, row 1"],
    ["infinity", () => add(Float32Array.of(1, -Infinity, 3, 4), mask), "the map has -Infinity at column 1, row 0"],
    [
      "other masks",
      () => add(map, Uint8Array.of(0, 1, 1, 255)),
      "the mask has 255 at column 1, row 1, expected 0 or 1",
    ],
    ["a short map", () => add(map.subarray(1), mask), "2 x 2 pixels, but a map of 3 and a mask of 4"],
    ["a short mask", () => add(map, mask.subarray(1)), "2 x 2 pixels, but a map of 4 and a mask of 3"],
  ])("%s is refused with its place, and changes nothing", (_, act, message) => {
    expect(act).toThrow(new RangeError(`pixel metrics: ${message}`));
    expect(metrics.result()).toEqual(pixelMetrics([{ map, mask, width: 2, height: 2 }]));
  });
  const metrics = new PixelMetrics();
  const add = (scores: Float32Array, classes: Uint8Array) => metrics.add(scores, classes, 2, 2);
  add(map, mask);

  test.each<[PixelMetricsOptions, string]>([
    [{ falsePositiveLimit: 0 }, "falsePositiveLimit must be above 0 to 1, got 0"],
    [{ falsePositiveLimit: 1.1 }, "falsePositiveLimit must be above 0 to 1, got 1.1"],
    [{ falsePositiveLimit: Number.NaN }, "falsePositiveLimit must be above 0 to 1, got NaN"],
    [{ curvePoints: 1 }, "curvePoints must be 2 or more, got 1"],
    [{ memory: 1000 }, "memory must be 2097152 or more, got 1000"],
    [{ sortedPixels: -1 }, "sortedPixels must be 0 or more, got -1"],
  ])("options %j are refused", (options, message) => {
    expect(() => new PixelMetrics(options)).toThrow(new RangeError(message));
  });

  test("a map of one pixel, of none and of one long row are taken as they are", () => {
    const metrics = new PixelMetrics();
    metrics.add(Float32Array.of(1), Uint8Array.of(1), 1, 1);
    metrics.add(new Float32Array(0), new Uint8Array(0), 0, 7);
    metrics.add(new Float32Array(100_000), new Uint8Array(100_000), 100_000, 1);
    expect(metrics.result()).toMatchObject({ pictures: 3, normalPixels: 100_000, regions: 1, auroc: 1 });
  });
});

/** Uniform noise, higher in three squares that are anomalous. */
function noisePicture(side: number, seed: number): Picture {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const mask = new Uint8Array(side * side);
  for (const left of [0.1, 0.4, 0.7]) {
    for (let y = 50; y < 60 + 100 * left; y++) mask.fill(1, y * side + left * side, y * side + left * side + 30);
  }
  const map = Float32Array.from(mask, (anomalous) => random() ** (anomalous ? 0.5 : 2) * 10 - 3);
  return { map, mask, width: side, height: side };
}
