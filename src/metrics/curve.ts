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
  #xs = new Float64Array(0);
  #ys = new Float64Array(0);

  /** @param most points of the curve, at least 2. */
  constructor(
    private readonly kind: CurveKind,
    private readonly totals: Totals,
    most: number,
  ) {
    const { normal, anomalous, regions } = totals;
    this.#defined = normal > 0 && anomalous > 0 && (kind !== "region-overlap" || regions > 0);
    // By convention precision is 1 where nothing is predicted.
    this.#thinner = new CurveThinner({ x: 0, y: kind === "precision-recall" ? 1 : 0, threshold: Infinity }, most);
  }

  take({ length, thresholds, falsePositives, truePositives, overlaps }: ThresholdBlock): void {
    if (!this.#defined) return;
    const { normal, anomalous, regions } = this.totals;
    if (this.#xs.length < length) [this.#xs, this.#ys] = [new Float64Array(length), new Float64Array(length)];
    const [xs, ys] = [this.#xs, this.#ys];
    const [across, width] = this.kind === "precision-recall" ? [truePositives, anomalous] : [falsePositives, normal];
    for (let i = 0; i < length; i++) xs[i] = across[i]! / width;
    if (this.kind === "precision-recall") {
      for (let i = 0; i < length; i++) ys[i] = truePositives[i]! / (truePositives[i]! + falsePositives[i]!);
    } else {
      const [up, height] = this.kind === "roc" ? [truePositives, anomalous] : [overlaps, regions];
      for (let i = 0; i < length; i++) ys[i] = up[i]! / height;
    }
    this.#thinner.take(xs, ys, thresholds, length);
  }

  result(): Curve | null {
    if (!this.#defined) return null;
    const vertices = this.#thinner.vertices();
    return { points: vertices.map(({ x, y }) => [x, y] as const), thresholds: vertices.map((v) => v.threshold) };
  }
}
