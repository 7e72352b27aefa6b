/** Curves of several classes made one: the vertical average. */

import type { Curve } from "../evaluation.ts";

/**
 * The mean of y over the curves at equal steps of x; of one curve, that curve at equal steps. Where a curve rises or falls
 * at one x, its highest y counts; the first point and, at x = 1, the last are the means of the curves' own ends.
 *
 * @param curves each with x from 0, never falling; at least one
 * @param limit x where the mean ends; a curve that ends before goes on level. Default: 1
 * @param steps of x. Default: 200
 */
export function meanCurve(curves: readonly Curve[], limit = 1, steps = 200): Curve {
  const xs = Array.from({ length: steps + 1 }, (_, i) => (i * limit) / steps);
  const sums = new Float64Array(xs.length);
  for (const curve of curves) {
    for (const [i, y] of valuesAt(curve, xs).entries()) sums[i]! += y;
  }
  const meanOf = (end: (curve: Curve) => number) => curves.reduce((sum, curve) => sum + end(curve), 0) / curves.length;
  const first = [0, meanOf((curve) => curve[0]![1])] as const;
  const last = [1, meanOf((curve) => curve.at(-1)![1])] as const;
  const between = xs.map((x, i) => [x, sums[i]! / curves.length] as const);
  return limit === 1 ? [first, ...between, last] : [first, ...between];
}

// --- internal ---

/** The curve's y at rising xs, the highest where there are several. */
function valuesAt(curve: Curve, xs: readonly number[]): number[] {
  let next = 0;
  return xs.map((x) => {
    while (next < curve.length && curve[next]![0] < x) next++;
    let highest = Number.NEGATIVE_INFINITY;
    for (let i = next; i < curve.length && curve[i]![0] === x; i++) highest = Math.max(highest, curve[i]![1]);
    if (highest > Number.NEGATIVE_INFINITY) return highest;
    const [before, after] = [curve[next - 1], curve[next]];
    if (!before || !after) return (before ?? after)![1];
    return before[1] + ((x - before[0]) / (after[0] - before[0])) * (after[1] - before[1]);
  });
}
