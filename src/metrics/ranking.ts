/** How well scores rank anomalous above normal: AUROC, average precision, best F1 and curves, exact with ties. */

import { type Curve, type CurveKind, CurveSweep, DEFAULT_CURVE_POINTS } from "./curve.ts";
import { type F1Max, PrecisionSweep } from "./precision-sweeps.ts";
import { RocAreaSweep } from "./roc-area.ts";
import { sortFloats } from "./sort-floats.ts";
import { type SortedScores, sweepSorted } from "./sorted-sweep.ts";
import { SweepFeed, type Totals } from "./threshold-sweep.ts";

export type { F1Max } from "./precision-sweeps.ts";

/** Scores, higher means more anomalous; float32 is ranked as float32. Infinities are allowed, NaN is not. */
export type Scores = Float32Array | Float64Array | readonly number[];

/** One label a score: 1 anomalous, 0 normal. */
export type Labels = Uint8Array | Int32Array | readonly number[];

/** All ranking metrics of one set; `null` is «n/a»: the set has no anomalous or no normal member. */
export interface RankingMetrics {
  auroc: number | null;
  averagePrecision: number | null;
  aupr: number | null;
  f1Max: F1Max | null;
}

/**
 * Area under the ROC curve: the probability that an anomalous score is above a normal one, ties counting one half.
 * The same number as scikit-learn's `roc_auc_score`.
 *
 * @returns a number from 0 to 1, or null (n/a) unless both classes are present
 * @throws RangeError when lengths differ, a score is NaN or a label is neither 0 nor 1
 * @example
 * auroc([0.9, 0.8, 0.3, 0.1], [1, 0, 1, 0]); // 0.75
 */
export function auroc(scores: Scores, labels: Labels): number | null {
  return rankingMetrics(scores, labels).auroc;
}

/**
 * Average precision, the step sum over the distinct scores `sum_k (R_k - R_(k-1)) P_k`, without interpolation.
 * The same number as scikit-learn's `average_precision_score`; not the trapezoidal area under the precision-recall curve.
 *
 * @returns a number from 0 to 1, or null (n/a) unless both classes are present
 * @throws RangeError when lengths differ, a score is NaN or a label is neither 0 nor 1
 */
export function averagePrecision(scores: Scores, labels: Labels): number | null {
  return rankingMetrics(scores, labels).averagePrecision;
}

/**
 * The largest F1 = 2TP / (2TP + FP + FN) that any threshold reaches; of several such thresholds the lowest.
 *
 * @returns F1 from 0 to 1 with its threshold (one of the scores), or null (n/a) unless both classes are present
 * @throws RangeError when lengths differ, a score is NaN or a label is neither 0 nor 1
 */
export function f1Max(scores: Scores, labels: Labels): F1Max | null {
  return rankingMetrics(scores, labels).f1Max;
}

/**
 * Area under the precision-recall curve by trapezoids, from recall 0 and precision 1: scikit-learn's `auc` of its
 * `precision_recall_curve`, and what some code bases print as AUPR. Near average precision, but not comparable with it.
 *
 * @returns a number from 0 to 1, or null (n/a) unless both classes are present
 * @throws RangeError when lengths differ, a score is NaN or a label is neither 0 nor 1
 */
export function aupr(scores: Scores, labels: Labels): number | null {
  return rankingMetrics(scores, labels).aupr;
}

/**
 * All of these at the price of one sort.
 *
 * @throws RangeError when lengths differ, a score is NaN or a label is neither 0 nor 1
 */
export function rankingMetrics(scores: Scores, labels: Labels): RankingMetrics {
  const ranking = rank(scores, labels);
  const totals = totalsOf(ranking);
  const roc = new RocAreaSweep("truePositives", totals.normal, totals.anomalous);
  const precision = new PrecisionSweep(totals);
  sweepSorted(ranking, new SweepFeed([roc, precision]));
  const ranked = precision.result();
  return {
    auroc: roc.result()?.area ?? null,
    averagePrecision: ranked?.averagePrecision ?? null,
    aupr: ranked?.aupr ?? null,
    f1Max: ranked?.f1Max ?? null,
  };
}

/**
 * The ROC curve: the true positive rate over the false positive rate, from (0, 0) to (1, 1).
 *
 * @param most points of the curve, at least 2: corners are exact and points between them on a line left out, and so are
 * those that lie closest to the line where there would be more. Default: 400.
 * @returns null (n/a) unless both classes are present
 * @throws RangeError when lengths differ, a score is NaN or a label is neither 0 nor 1
 */
export function rocCurve(scores: Scores, labels: Labels, most = DEFAULT_CURVE_POINTS): Curve | null {
  return curveOf("roc", rank(scores, labels), most);
}

/**
 * The precision-recall curve: the precision over the recall, from recall 0 and precision 1.
 *
 * @param most points of the curve, as in `rocCurve`. Default: 400.
 * @returns null (n/a) unless both classes are present
 * @throws RangeError when lengths differ, a score is NaN or a label is neither 0 nor 1
 */
export function precisionRecallCurve(scores: Scores, labels: Labels, most = DEFAULT_CURVE_POINTS): Curve | null {
  return curveOf("precision-recall", rank(scores, labels), most);
}

// --- internal ---

function rank(scores: Scores, labels: Labels): SortedScores {
  if (scores.length !== labels.length) {
    throw new RangeError(`ranking: ${scores.length} scores but ${labels.length} labels`);
  }
  let positives = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label !== 0 && label !== 1) throw new RangeError(`ranking: label ${i} is ${label}, expected 0 or 1`);
    positives += label;
  }
  const FloatArray = scores instanceof Float32Array ? Float32Array : Float64Array;
  const anomalous = new FloatArray(positives);
  const normal = new FloatArray(labels.length - positives);
  let nextAnomalous = 0;
  let nextNormal = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    // Written so that a hole in an array is refused like NaN: `sweepSorted` would never get past it.
    if (!(score >= -Infinity)) throw new RangeError(`ranking: score ${i} is ${score}`);
    if (labels[i] === 1) anomalous[nextAnomalous++] = score;
    else normal[nextNormal++] = score;
  }
  sortFloats(anomalous);
  sortFloats(normal);
  return { anomalous, normal };
}

function curveOf(kind: CurveKind, ranking: SortedScores, most: number): Curve | null {
  const sweep = new CurveSweep(kind, totalsOf(ranking), most);
  sweepSorted(ranking, new SweepFeed([sweep]));
  return sweep.result();
}

function totalsOf({ normal, anomalous }: SortedScores): Totals {
  return { normal: normal.length, anomalous: anomalous.length, regions: 0 };
}
