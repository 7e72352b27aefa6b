/** A pass over the thresholds of scores that are sorted. */

import type { SweepFeed } from "./threshold-sweep.ts";

/** The scores of each class, ascending: sorted apart, labels need not travel along. */
export interface SortedScores {
  normal: Float32Array | Float64Array;
  anomalous: Float32Array | Float64Array;
}

/**
 * Feeds every distinct score, from the highest.
 *
 * @param shareOf what part of its region each anomalous score is of. Default: there are no regions.
 */
export function sweepSorted(
  { normal, anomalous }: SortedScores,
  feed: SweepFeed,
  shareOf: (index: number) => number = () => 0,
): void {
  let a = anomalous.length - 1;
  let n = normal.length - 1;
  let highestAnomalous = a >= 0 ? anomalous[a]! : -Infinity;
  let highestNormal = n >= 0 ? normal[n]! : -Infinity;
  while (a >= 0 || n >= 0) {
    const score = Math.max(highestAnomalous, highestNormal);
    const [aBefore, nBefore] = [a, n];
    let overlap = 0;
    if (highestAnomalous === score) {
      for (; a >= 0 && anomalous[a] === score; a--) overlap += shareOf(a);
      highestAnomalous = a >= 0 ? anomalous[a]! : -Infinity;
    }
    while (n >= 0 && normal[n] === score) n--;
    highestNormal = n >= 0 ? normal[n]! : -Infinity;
    feed.push(score, nBefore - n, aBefore - a, overlap);
  }
  feed.flush();
}
