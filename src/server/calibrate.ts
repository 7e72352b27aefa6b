/** A threshold from the scores of pictures that are known to be good, and of bad ones where there are any. */

import type { Calibration, Rate } from "./api.ts";

/** SuperADD (VAND 4.0): the 95th percentile of the scores of good pictures, times this. */
const QUANTILE = 0.95;
const FACTOR = 1.421;
/** Scores are kept from 0 and 1 by this, where odds end. */
const EDGE = 1e-9;
/** Confidence of intervals. */
const TAIL = 0.025;

/**
 * Draws the line. A picture is abnormal from the threshold on.
 *
 * Good pictures alone: SuperADD's rule was made for scores without an upper end; a probability times 1.421 may pass 1. It
 * is used on the odds s / (1 - s), which have none, and turned back. With bad pictures: the threshold with the least mean
 * of false-alarm and miss rate; among equals, the middle of the widest gap.
 *
 * @param normal scores of good pictures, 0..1, at least one
 * @param abnormal scores of bad pictures, 0..1
 */
export function calibrate(normal: readonly number[], abnormal: readonly number[]): Calibration {
  const threshold = abnormal.length === 0 ? fromNormals(normal) : balanced(normal, abnormal);
  const alarms = normal.filter((score) => score >= threshold).length;
  const missed = abnormal.filter((score) => score < threshold).length;
  return {
    threshold,
    rule: abnormal.length === 0 ? "normals-only" : "balanced",
    normals: normal.length,
    abnormals: abnormal.length,
    falseAlarms: rateOf(alarms, normal.length),
    misses: abnormal.length === 0 ? null : rateOf(missed, abnormal.length),
  };
}

/** The share of events with its exact 95 % interval (Clopper and Pearson, 1934). */
export function rateOf(events: number, count: number): Rate {
  return {
    rate: events / count,
    low: events === 0 ? 0 : solve((p) => atLeast(events, count, p), TAIL),
    high: events === count ? 1 : solve((p) => 1 - atLeast(events + 1, count, p), TAIL, true),
  };
}

// --- internal ---

function fromNormals(normal: readonly number[]): number {
  const sorted = Float64Array.from(normal).sort();
  // As numpy's percentile: between the two neighbours.
  const position = QUANTILE * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  const score = sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
  const kept = Math.min(Math.max(score, EDGE), 1 - EDGE);
  const odds = (FACTOR * kept) / (1 - kept);
  return odds / (1 + odds);
}

function balanced(normal: readonly number[], abnormal: readonly number[]): number {
  const labelled = [
    ...normal.map((score) => ({ score, bad: 0 })),
    ...abnormal.map((score) => ({ score, bad: 1 })),
  ].sort((a, b) => a.score - b.score);
  let alarms = normal.length;
  let missed = 0;
  let best = { cost: Number.POSITIVE_INFINITY, gap: 0, threshold: 0 };
  const consider = (low: number, high: number) => {
    const cost = alarms / normal.length + missed / abnormal.length;
    const gap = high - low;
    // Rates are sums of the same fractions in another order: what differs by rounding is equal.
    if (cost < best.cost - 1e-12 || (cost < best.cost + 1e-12 && gap > best.gap)) {
      best = { cost, gap, threshold: low + gap / 2 };
    }
  };
  consider(0, labelled[0]!.score);
  for (const [i, { score, bad }] of labelled.entries()) {
    if (bad === 1) missed++;
    else alarms--;
    const next = labelled[i + 1]?.score ?? 1;
    if (next > score) consider(score, next);
  }
  return best.threshold;
}

/** P(at least `events` of `count`) where each has probability p. */
function atLeast(events: number, count: number, p: number): number {
  let logTerm = logChoose(count, events) + events * Math.log(p) + (count - events) * Math.log1p(-p);
  let sum = 0;
  for (let k = events; k <= count; k++) {
    sum += Math.exp(logTerm);
    logTerm += Math.log((count - k) / (k + 1)) + Math.log(p / (1 - p));
  }
  return Math.min(1, sum);
}

function logChoose(count: number, events: number): number {
  let log = 0;
  for (let k = 1; k <= events; k++) log += Math.log((count - events + k) / k);
  return log;
}

/** Where a monotone function of 0..1 takes a value. */
function solve(value: (p: number) => number, wanted: number, falling = false): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (value(middle) < wanted !== falling) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
