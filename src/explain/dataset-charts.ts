/** The two charts of a data set. */

import { type ScatterArrow, type ScatterGroup, scatterChart } from "../plots/scatter-chart.ts";
import { formatScore } from "../results/histogram.ts";
import type { DatasetMeasurements, PairInPlane, PicturePoint } from "./measure-dataset.ts";

const KINDS = ["normal", "abnormal"] as const;

/** Principal components of the pictures, with the prompts as arrows. */
export function planeChart({ points, pairs, explained }: DatasetMeasurements): { svg: string; arrowScale: number } {
  const arrowScale = fittingScale(points, pairs);
  const percent = (share: number) => `${Math.round(100 * share)} % of the variance`;
  const scaled = ([x, y]: PairInPlane["normal"]) => [x * arrowScale, y * arrowScale] as const;
  const svg = scatterChart({
    title: "Features of pictures and prompts",
    xLabel: `first component, ${percent(explained[0])}`,
    yLabel: `second component, ${percent(explained[1])}`,
    groups: groupsOf(points, ({ plane }) => plane),
    kinds: KINDS,
    arrows: pairs.map(
      ({ name, normal, abnormal }): ScatterArrow => ({ from: scaled(normal), to: scaled(abnormal), name }),
    ),
  });
  return { svg, arrowScale };
}

/** The axis that scores are read from, against what varies most besides it. */
export function axisChart(
  { points }: DatasetMeasurements,
  { threshold, temperature }: { threshold: number; temperature: number },
): string {
  const margin = temperature * Math.log(threshold / (1 - threshold));
  return scatterChart({
    title: "Place on the axis of the prompts",
    xLabel: "nearer to the abnormal prompt",
    yLabel: "first component of the rest",
    groups: groupsOf(points, (point) => [point.margin, point.rest]),
    kinds: KINDS,
    ...(Number.isFinite(margin) ? { rule: { x: margin, label: `threshold ${formatScore(threshold)}` } } : {}),
  });
}

/** What colours stand for: classes, or states where there is one class only. */
export function groupedBy(points: readonly PicturePoint[]): "class" | "state" {
  return new Set(points.map(({ sample }) => sample.className)).size > 1 ? "class" : "state";
}

// --- internal ---

function groupsOf(
  points: readonly PicturePoint[],
  place: (point: PicturePoint) => readonly [number, number],
): ScatterGroup[] {
  const key = groupedBy(points) === "class" ? "className" : "specie";
  const names = [...new Set(points.map(({ sample }) => sample[key]))];
  return names.map((name) => ({
    name,
    points: points
      .filter(({ sample }) => sample[key] === name)
      .map((point) => {
        const [x, y] = place(point);
        const { sample, score } = point;
        return {
          x,
          y,
          filled: sample.abnormal,
          label: `${sample.image}\n${sample.specie}, score ${formatScore(score)}`,
        };
      }),
  }));
}

/** 1, or 1/2, 1/4, ... where arrows would reach far beyond the pictures and press them together. */
function fittingScale(points: readonly PicturePoint[], pairs: readonly PairInPlane[]): number {
  const reach = Math.max(...points.map(({ plane }) => Math.hypot(...plane)));
  const longest = Math.max(...pairs.map(({ abnormal }) => Math.hypot(...abnormal)));
  let scale = 1;
  while (scale * longest > 1.2 * reach && scale > 1 / 1024) scale /= 2;
  return scale;
}
