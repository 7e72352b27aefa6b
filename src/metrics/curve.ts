/** Curves for plots: true positive rate, precision, or overlap of regions over all thresholds. */

import { CurveThinner } from "./curve-thinner.ts";
import type { Sweep, ThresholdBlock, Totals } from "./threshold-sweep.ts";

/** A curve over all thresholds, both axes from 0 to 1. */
export interface Curve {
  /** (x, y), in the order in which they are joined: thresholds fall, `x` never does. */
  points: readonly (readonly [x: number, y: number])[];
  /** The threshold of each point: anomalous is `score >= threshold`. Infinite where nothing is anomalous. */
  thresholds: readonly number[];
}

export type CurveKind = "roc" | "precision-recall" | "region-overlap";

/** Most points of a curve unless another number is asked for: more than a plot can show. */
export const DEFAULT_CURVE_POINTS = 400;

/**
 * `roc` is the true positive rate over the false positive rate, `precision-recall` the precision over the recall,
 * `region-overlap` the mean covered share of the regions over the false positive rate. Null where an axis is undefined.
 */
export class CurveSweep implements Sweep<Curve | null> {
  readonly #thinner: CurveThinner;
  readonly #defined: boolean;

  /** @param most points of the curve, at least 2. */
  constructor(
    private readonly kind: CurveKind,
    { normal, anomalous, regions }: Totals,
    most: number,
  ) {
    this.#defined = normal > 0 && anomalous > 0 && (kind !== "region-overlap" || regions > 0);
    // By convention precision is 1 where nothing is predicted.
    const start = { x: 0, y: kind === "precision-recall" ? 1 : 0, threshold: Infinity };
    const width = kind === "precision-recall" ? anomalous : normal;
    const height = { roc: anomalous, "precision-recall": 1, "region-overlap": regions }[kind];
    this.#thinner = new CurveThinner(start, { width, height, most });
  }

  take({ length, thresholds, falsePositives, truePositives, overlaps, precisions }: ThresholdBlock): void {
    if (!this.#defined) return;
    if (this.kind === "roc") this.#thinner.take(falsePositives, truePositives, thresholds, length);
    else if (this.kind === "region-overlap") this.#thinner.take(falsePositives, overlaps, thresholds, length);
    else this.#thinner.take(truePositives, precisions, thresholds, length);
  }

  result(): Curve | null {
    if (!this.#defined) return null;
    const vertices = this.#thinner.vertices();
    return { points: vertices.map(({ x, y }) => [x, y] as const), thresholds: vertices.map((v) => v.threshold) };
  }
}
