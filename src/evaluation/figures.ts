/** From scores and pixel metrics to the figures that tables show, each by its id. */

import type { PixelResult } from "../metrics/pixel-metrics.ts";
import type { RankingMetrics } from "../metrics/ranking.ts";
import type { Measured } from "./evaluation.ts";
import type { MetricId } from "./metric-names.ts";

/** Where figures come from, and why those are missing that are. */
export interface FigureSources {
  /** Of scores of pictures; null where there are none. */
  image: RankingMetrics | null;
  /** Null where there are no maps, or no masks. */
  pixels: PixelResult | null;
  whyNoImage: string;
  whyNoPixels: string;
}

/** The metrics that are asked for. */
export function figuresOf(
  metrics: readonly MetricId[],
  { image, pixels, whyNoImage, whyNoPixels }: FigureSources,
): Partial<Record<MetricId, Measured>> {
  const values: Record<MetricId, number | null | undefined> = {
    "image-auroc": image?.auroc,
    "image-ap": image?.averagePrecision,
    "image-aupr": image?.aupr,
    "image-f1": image?.f1Max?.f1,
    "pixel-auroc": pixels?.auroc,
    "pixel-ap": pixels?.averagePrecision,
    "pixel-aupr": pixels?.aupr,
    "pixel-f1": pixels?.f1Max?.f1,
    aupro: pixels?.aupro,
    "aupro-200": pixels?.aupro200,
  };
  const measured = (id: MetricId): Measured => {
    const value = values[id];
    if (value !== null && value !== undefined) return { value };
    if (id.startsWith("image-")) return { value: null, reason: whyNoImage };
    // Pixel AUROC is defined where both kinds of pixels are there.
    const constant = id === "aupro-200" && pixels !== null && pixels.auroc !== null;
    return { value: null, reason: constant ? "the map has too few distinct scores" : whyNoPixels };
  };
  return Object.fromEntries(metrics.map((id) => [id, measured(id)]));
}

/** Why labels allow no image metric. */
export function whyNoImageMetric(labels: ArrayLike<number>): string {
  if (labels.length === 0) return "no picture has a score";
  return Array.from(labels).includes(1) ? "all pictures are abnormal" : "all pictures are normal";
}

/** Why counts of pixels allow no pixel metric. */
export function whyNoPixelMetric({ anomalousPixels, pictures }: PixelResult): string {
  if (pictures === 0) return "there are no maps";
  return anomalousPixels === 0 ? "no mask has an anomalous pixel" : "every pixel is anomalous";
}
