/** Metrics of precision and recall: average precision, the area under the precision-recall curve, and the best F1. */

import type { Sweep, ThresholdBlock, Totals } from "./threshold-sweep.ts";

/** The best F1 and the threshold that reaches it: anomalous is `score >= threshold`. */
export interface F1Max {
  f1: number;
  threshold: number;
}

export interface PrecisionMetrics {
  averagePrecision: number;
  aupr: number;
  f1Max: F1Max;
}

/** Null unless both classes are present. */
export class PrecisionSweep implements Sweep<PrecisionMetrics | null> {
  #truePositives = 0;
  /** By convention precision is 1 where nothing is predicted. */
  #precision = 1;
  #steps = 0;
  #trapezoids = 0;
  #best: F1Max = { f1: 0, threshold: Infinity };

  constructor(private readonly totals: Totals) {}

  take({ length, thresholds, falsePositives, truePositives, precisions }: ThresholdBlock): void {
    const { anomalous } = this.totals;
    let [before, precisionBefore, steps, trapezoids] = [
      this.#truePositives,
      this.#precision,
      this.#steps,
      this.#trapezoids,
    ];
    let { f1: best, threshold: bestThreshold } = this.#best;
    for (let i = 0; i < length; i++) {
      const hits = truePositives[i]!;
      const precision = precisions[i]!;
      steps += (hits - before) * precision;
      trapezoids += ((hits - before) * (precision + precisionBefore)) / 2;
      const f1 = (2 * hits) / (hits + falsePositives[i]! + anomalous);
      if (f1 >= best) {
        best = f1;
        bestThreshold = thresholds[i]!;
      }
      before = hits;
      precisionBefore = precision;
    }
    this.#truePositives = before;
    this.#precision = precisionBefore;
    this.#steps = steps;
    this.#trapezoids = trapezoids;
    this.#best = { f1: best, threshold: bestThreshold };
  }

  result(): PrecisionMetrics | null {
    const { normal, anomalous } = this.totals;
    if (normal === 0 || anomalous === 0) return null;
    return { averagePrecision: this.#steps / anomalous, aupr: this.#trapezoids / anomalous, f1Max: this.#best };
  }
}
