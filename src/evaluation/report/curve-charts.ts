/** The curves of the report: a line for each method, the mean where there are several classes. */

import { lineChart, type Series } from "../../plots/line-chart.ts";
import type { Curve, Evaluation, MethodResult } from "../evaluation.ts";
import { meanCurve } from "./mean-curve.ts";
import { nameHtml, pluralText } from "./report-text.ts";

/** Methods with a line, and classes with a thin one, at most. */
const MOST_METHODS = 8;
const MOST_THIN = 30;

/** False positive rate that AUPRO goes up to. */
const AUPRO_LIMIT = 0.3;

interface CurveChart {
  curve: keyof MethodResult["curves"];
  title: string;
  xLabel: string;
  yLabel: string;
  /** Where the x axis ends. */
  limit: number;
  /** What a score without meaning would draw. */
  chance?: Curve;
}

const DIAGONAL: Curve = [
  [0, 0],
  [1, 1],
];
const RATES = { xLabel: "false positive rate", yLabel: "true positive rate", limit: 1, chance: DIAGONAL };
const PRECISION = { xLabel: "recall", yLabel: "precision", limit: 1 };

const CHARTS: readonly CurveChart[] = [
  { curve: "imageRoc", title: "ROC of pictures", ...RATES },
  { curve: "imagePrecisionRecall", title: "Precision and recall of pictures", ...PRECISION },
  { curve: "pixelRoc", title: "ROC of pixels", ...RATES },
  { curve: "pixelPrecisionRecall", title: "Precision and recall of pixels", ...PRECISION },
  {
    curve: "regionOverlap",
    title: "Per-region overlap",
    xLabel: "false positive rate of pixels",
    yLabel: "mean share of a region found",
    limit: AUPRO_LIMIT,
  },
];

/** The section in HTML; empty where no curve is defined. */
export function curveCharts(evaluation: Evaluation): string {
  const drawn = CHARTS.flatMap((chart) => {
    const svg = drawChart(chart, evaluation);
    return svg === null ? [] : [{ chart, svg }];
  });
  if (drawn.length === 0) return "";
  const text = explanation(
    evaluation,
    drawn.map(({ chart }) => chart),
  );
  return `<h2>Curves</h2>
<p class="soft">${text}</p>
<div class="charts">
${drawn.map(({ svg }) => `<div class="card">${svg}</div>`).join("\n")}
</div>
`;
}

// --- internal ---

function drawChart({ curve, limit, chance, ...labels }: CurveChart, evaluation: Evaluation): string | null {
  const { classes, methods } = evaluation;
  const curvesOf = (method: string) =>
    classes.flatMap(({ className, methods: results }) => {
      const points = results[method]?.curves[curve];
      return points && points.length > 0 ? [{ className, points }] : [];
    });
  const series = methods.slice(0, MOST_METHODS).flatMap(({ name }): Series[] => {
    const curves = curvesOf(name).map(({ points }) => points);
    return curves.length === 0 ? [] : [{ name, points: meanCurve(curves, limit) }];
  });
  if (series.length === 0) return null;
  const thin = classes.length > 1 ? curvesOf(methods[0]!.name).slice(0, MOST_THIN) : [];
  return lineChart({
    ...labels,
    series,
    background: thin.map(({ className, points }) => ({ name: className, points: meanCurve([points], limit, 100) })),
    reference: chance,
    xDomain: [0, limit],
    yDomain: [0, 1],
  });
}

function explanation({ classes, methods }: Evaluation, drawn: readonly CurveChart[]): string {
  const thin = Math.min(MOST_THIN, classes.length);
  const which = thin < classes.length ? `the first ${thin} classes` : "the classes";
  return [
    classes.length > 1
      ? `Each line is the mean over classes at equal steps of the horizontal axis. Thin lines are ${which} of ${nameHtml(methods[0]!.name)}.`
      : "",
    methods.length > MOST_METHODS
      ? `Of ${pluralText(methods.length, "method")} the first ${MOST_METHODS} are drawn.`
      : "",
    drawn.some(({ chance }) => chance) ? "Dotted: chance." : "",
    drawn.some(({ curve }) => curve === "regionOverlap")
      ? `The area under per-region overlap up to ${AUPRO_LIMIT}, divided by ${AUPRO_LIMIT}, is AUPRO.`
      : "",
  ]
    .filter(Boolean)
    .join(" ");
}
