/** The metrics against scikit-learn and the authors' released code, on maps and scores with ties. */

import { beforeAll, describe, expect, test } from "vitest";
import { type PixelResult, pixelMetrics } from "../src/metrics/pixel-metrics.ts";
import { type RankingMetrics, rankingMetrics } from "../src/metrics/ranking.ts";
import { expectedTensor, reference } from "./reference/reference.ts";

const { metrics: expected } = reference;

/** `auc(recall, precision)` of `precision_recall_curve`, scikit-learn 1.9.1, on the same numbers. */
const AUPR = { image: 0.6883116883116882, pixel: 0.4586606592250427 };

describe("parity with scikit-learn and the released code", () => {
  let image: RankingMetrics;
  /** All pixels as scores, and as pictures sorted and counted. */
  let pixels: RankingMetrics;
  let pictures: [way: string, result: PixelResult][];

  beforeAll(async () => {
    const [scores, labels, maps, masks] = await Promise.all(
      ["scores", "labels", "maps", "masks"].map((name) => expectedTensor(`metrics/${name}`)),
    );
    image = rankingMetrics(scores!.values, Uint8Array.from(labels!.values));
    const flags = Uint8Array.from(masks!.values);
    pixels = rankingMetrics(maps!.values, flags);
    const [count, height, width] = maps!.shape as [number, number, number];
    const size = width * height;
    const each = Array.from({ length: count }, (_, i) => {
      const part = [i * size, (i + 1) * size] as const;
      return { map: maps!.values.subarray(...part), mask: flags.subarray(...part), width, height };
    });
    pictures = [
      ["sorted", pixelMetrics(each)],
      ["counted", pixelMetrics(each, { sortedPixels: 0 })],
    ];
  });

  test("image metrics agree to 1e-9", () => {
    expect(image.auroc).toBeCloseTo(expected.image_auroc, 9);
    expect(image.averagePrecision).toBeCloseTo(expected.image_ap, 9);
    expect(image.aupr).toBeCloseTo(AUPR.image, 9);
    expect(image.f1Max?.f1).toBeCloseTo(expected.image_f1max, 9);
  });

  test("pixel metrics agree to 1e-9", () => {
    for (const result of [pixels, ...pictures.map(([, one]) => one)]) {
      expect(result.auroc).toBeCloseTo(expected.pixel_auroc, 9);
      expect(result.averagePrecision).toBeCloseTo(expected.pixel_ap, 9);
      expect(result.aupr).toBeCloseTo(AUPR.pixel, 9);
      expect(result.f1Max?.f1).toBeCloseTo(expected.pixel_f1max, 9);
    }
  });

  test("AUPRO agrees to 1e-9, with the released 200 thresholds to 1e-6", () => {
    for (const [way, { aupro, aupro200 }] of pictures) {
      expect(aupro, way).toBeCloseTo(expected.pixel_aupro_exact, 9);
      expect(aupro200, way).toBeCloseTo(expected.pixel_aupro_200_thresholds, 6);
    }
  });
});
