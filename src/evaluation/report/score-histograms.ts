/** The scores of normal and abnormal pictures as histograms: of all classes, and of each. */

import { rankingMetrics } from "../../metrics/ranking.ts";
import { type HistogramChartOptions, histogramChart } from "../../plots/histogram-chart.ts";
import { formatScore } from "../../results/histogram.ts";
import type { Evaluation, MethodResult } from "../evaluation.ts";
import { nameHtml } from "./report-text.ts";

/** Classes with a histogram of their own at most. */
const MOST_CLASSES = 20;

/** Domains end on multiples of this. */
const DOMAIN_STEP = 0.05;

/** The section in HTML, of the first method; empty where no picture has a score. */
export function scoreHistograms({ classes, methods, protocol }: Evaluation): string {
  const method = methods[0]!;
  const results = classes.flatMap(({ className, methods: all }) => {
    const result = all[method.name];
    return result ? [{ className, result }] : [];
  });
  const scores = results.map(({ result }) => result.scores);
  const normal = scores.flatMap((one) => one.normal);
  const abnormal = scores.flatMap((one) => one.abnormal);
  if (normal.length + abnormal.length === 0) return "";
  const all = { normal, abnormal };
  const threshold = typeof protocol.threshold === "number" ? protocol.threshold : null;
  const bestOfAll = bestThreshold(all);
  const each = results.length > 1 ? results.slice(0, MOST_CLASSES) : [];
  const marked = [threshold, bestOfAll, ...each.map(({ result }) => result.scoreThreshold)];
  const domain = domainOf([...normal, ...abnormal, ...marked.filter((value) => value !== null)]);
  const card = (title: string, shown: MethodResult["scores"], best: number | null) => {
    const options = each.length > 0 ? { title, width: 320, bins: 30 } : {};
    return `<div class="card">${chart(shown, best, threshold, { ...options, domain })}</div>`;
  };
  const cards = [
    card("All classes", all, bestOfAll),
    ...each.map(({ className, result }) => card(className, result.scores, result.scoreThreshold)),
  ];
  return `<h2>Scores</h2>
<p class="soft">${explanation(method.name, each.length, classes.length)}</p>
<div class="charts ${each.length > 0 ? "multiples" : "alone"}">
${cards.join("\n")}
</div>
`;
}

// --- internal ---

function chart(
  { normal, abnormal }: MethodResult["scores"],
  best: number | null,
  threshold: number | null,
  options: Pick<HistogramChartOptions, "title" | "width" | "bins" | "domain">,
): string {
  return histogramChart({
    ...options,
    xLabel: "score",
    groups: [
      { name: "normal", values: normal },
      { name: "abnormal", values: abnormal },
    ],
    rules: [
      ...(threshold === null ? [] : [{ x: threshold, label: `threshold ${formatScore(threshold)}` }]),
      ...(best === null ? [] : [{ x: best, label: `best F1 ${formatScore(best)}` }]),
    ],
  });
}

function explanation(method: string, shown: number, classes: number): string {
  return [
    `Scores of pictures by ${nameHtml(method)}, as shares of the normal and of the abnormal ones.`,
    "Lines mark the threshold that detection uses and the score of the best F1, where it is defined.",
    shown > 0 && shown < classes ? `The first ${shown} classes are drawn.` : "",
  ]
    .filter(Boolean)
    .join(" ");
}

/** The score of the best F1 when one threshold serves all classes. */
function bestThreshold({ normal, abnormal }: MethodResult["scores"]): number | null {
  const scores = Float64Array.from([...normal, ...abnormal]);
  const labels = new Uint8Array(scores.length).fill(1, normal.length);
  return rankingMetrics(scores, labels).f1Max?.threshold ?? null;
}

/** One for all charts, so that they can be compared: no wider than the scores need, or nothing would be seen. */
function domainOf(values: readonly number[]): [number, number] {
  const low = values.reduce((least, value) => Math.min(least, value), 1);
  const high = values.reduce((most, value) => Math.max(most, value), 0);
  const rounded = (value: number) => Number((value * DOMAIN_STEP).toFixed(2));
  const from = rounded(Math.floor(low / DOMAIN_STEP));
  const to = rounded(Math.ceil(high / DOMAIN_STEP));
  return to > from ? [from, to] : [from, rounded(Math.ceil(high / DOMAIN_STEP) + 1)];
}
