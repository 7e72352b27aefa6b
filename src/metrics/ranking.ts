/** How well scores rank anomalous above normal: AUROC, average precision and best F1, exact with ties. */

import { sortFloats } from "./sort-floats.ts";

/** Scores, higher means more anomalous; float32 is ranked as float32. Infinities are allowed, NaN is not. */
export type Scores = Float32Array | Float64Array | readonly number[];

/** One label a score: 1 anomalous, 0 normal. */
export type Labels = Uint8Array | Int32Array | readonly number[];

/** The best F1 and the threshold that reaches it: anomalous is `score >= threshold`. */
export interface F1Max {
  f1: number;
  threshold: number;
}

/** All ranking metrics of one set; `null` is «n/a»: the set has no anomalous or no normal member. */
export interface RankingMetrics {
  auroc: number | null;
  averagePrecision: number | null;
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
  return aurocOf(rank(scores, labels));
}

/**
 * Average precision, the step sum over the distinct scores `sum_k (R_k - R_(k-1)) P_k`, without interpolation.
 * The same number as scikit-learn's `average_precision_score`; not the trapezoidal area under the precision-recall curve.
 *
 * @returns a number from 0 to 1, or null (n/a) unless both classes are present
 * @throws RangeError when lengths differ, a score is NaN or a label is neither 0 nor 1
 */
export function averagePrecision(scores: Scores, labels: Labels): number | null {
  return averagePrecisionOf(rank(scores, labels));
}

/**
 * The largest F1 = 2TP / (2TP + FP + FN) that any threshold reaches; of several such thresholds the lowest.
 *
 * @returns F1 from 0 to 1 with its threshold (one of the scores), or null (n/a) unless both classes are present
 * @throws RangeError when lengths differ, a score is NaN or a label is neither 0 nor 1
 */
export function f1Max(scores: Scores, labels: Labels): F1Max | null {
  return f1MaxOf(rank(scores, labels));
}

/**
 * `auroc`, `averagePrecision` and `f1Max` at the price of one sort.
 *
 * @throws RangeError when lengths differ, a score is NaN or a label is neither 0 nor 1
 */
export function rankingMetrics(scores: Scores, labels: Labels): RankingMetrics {
  const ranking = rank(scores, labels);
  return { auroc: aurocOf(ranking), averagePrecision: averagePrecisionOf(ranking), f1Max: f1MaxOf(ranking) };
}

// --- internal ---

/** The scores of each class, ascending: sorted apart, labels need not travel along. */
interface Ranking {
  anomalous: Float32Array | Float64Array;
  normal: Float32Array | Float64Array;
}

function rank(scores: Scores, labels: Labels): Ranking {
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
    // Written so that a hole in an array is refused like NaN: `descend` would never get past it.
    if (!(score >= -Infinity)) throw new RangeError(`ranking: score ${i} is ${score}`);
    if (labels[i] === 1) anomalous[nextAnomalous++] = score;
    else normal[nextNormal++] = score;
  }
  sortFloats(anomalous);
  sortFloats(normal);
  return { anomalous, normal };
}

/** Calls `visit` once for every distinct score, from the highest, with how many of each class have it. */
function descend(ranking: Ranking, visit: (score: number, anomalous: number, normal: number) => void): void {
  const { anomalous, normal } = ranking;
  let a = anomalous.length - 1;
  let n = normal.length - 1;
  while (a >= 0 || n >= 0) {
    const score = Math.max(a >= 0 ? anomalous[a]! : -Infinity, n >= 0 ? normal[n]! : -Infinity);
    const [aBefore, nBefore] = [a, n];
    while (a >= 0 && anomalous[a] === score) a--;
    while (n >= 0 && normal[n] === score) n--;
    visit(score, aBefore - a, nBefore - n);
  }
}

function hasBothClasses({ anomalous, normal }: Ranking): boolean {
  return anomalous.length > 0 && normal.length > 0;
}

function aurocOf(ranking: Ranking): number | null {
  if (!hasBothClasses(ranking)) return null;
  let above = 0;
  let wins = 0;
  descend(ranking, (_, anomalous, normal) => {
    wins += normal * (above + anomalous / 2);
    above += anomalous;
  });
  return wins / ranking.anomalous.length / ranking.normal.length;
}

function averagePrecisionOf(ranking: Ranking): number | null {
  if (!hasBothClasses(ranking)) return null;
  let truePositives = 0;
  let predicted = 0;
  let sum = 0;
  descend(ranking, (_, anomalous, normal) => {
    truePositives += anomalous;
    predicted += anomalous + normal;
    sum += anomalous * (truePositives / predicted);
  });
  return sum / ranking.anomalous.length;
}

function f1MaxOf(ranking: Ranking): F1Max | null {
  if (!hasBothClasses(ranking)) return null;
  let truePositives = 0;
  let predicted = 0;
  let best: F1Max = { f1: 0, threshold: Infinity };
  descend(ranking, (score, anomalous, normal) => {
    truePositives += anomalous;
    predicted += anomalous + normal;
    const f1 = (2 * truePositives) / (predicted + ranking.anomalous.length);
    if (f1 >= best.f1) best = { f1, threshold: score };
  });
  return best;
}
