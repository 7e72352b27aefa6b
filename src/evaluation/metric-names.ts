/** What the metrics are called, and what they are, wherever a person chooses or reads them. */

export interface MetricName {
  /** Over a column. */
  heading: string;
  /** One sentence. */
  definition: string;
}

/** All metrics by the name that options and files give them, in the order in which tables show them. */
export const METRICS = {
  "image-auroc": {
    heading: "Image AUROC",
    definition: "The probability that an abnormal picture scores above a normal one, ties counting one half.",
  },
  "image-ap": {
    heading: "Image AP",
    definition:
      "Average precision of the image scores: the sum over thresholds of recall gained times precision, without interpolation.",
  },
  "image-aupr": {
    heading: "Image AUPR",
    definition:
      "Area under the precision-recall curve of the image scores by trapezoids; near AP, but not comparable with it.",
  },
  "image-f1": {
    heading: "Image F1-max",
    definition: "The largest F1 that any threshold on the image scores reaches.",
  },
  "pixel-auroc": {
    heading: "Pixel AUROC",
    definition:
      "The probability that an anomalous pixel scores above a normal one, over all pixels of all pictures of a class.",
  },
  "pixel-ap": {
    heading: "Pixel AP",
    definition: "Average precision over all pixels of all pictures of a class.",
  },
  "pixel-aupr": {
    heading: "Pixel AUPR",
    definition:
      "Area under the precision-recall curve of all pixels by trapezoids; near AP, but not comparable with it.",
  },
  "pixel-f1": {
    heading: "Pixel F1-max",
    definition: "The largest F1 over all pixels that any threshold reaches.",
  },
  aupro: {
    heading: "AUPRO",
    definition:
      "Area under the mean covered share of the anomalous regions over the false positive rate of pixels up to 0.3, divided by 0.3; every score is a threshold.",
  },
  "aupro-200": {
    heading: "AUPRO (200 thresholds)",
    definition:
      "AUPRO as the authors' released code computes it and papers quote it: 200 evenly spaced thresholds, false positive rates below 0.3 stretched to 0..1; not comparable with AUPRO.",
  },
} as const satisfies Record<string, MetricName>;

export type MetricId = keyof typeof METRICS;

/** The names of all metrics, in the order in which tables show them. */
export const METRIC_IDS = Object.keys(METRICS) as MetricId[];

/** Whether a metric is computed from maps and masks; the others are from one score a picture. */
export function isPixelMetric(id: MetricId): boolean {
  return !id.startsWith("image-");
}
