/** Histograms of two groups as SVG: no script, no style sheet, legible on light, dark and paper alike. */

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { escapeHtml } from "../html.ts";
import { printable } from "../printable.ts";
import { COLOURS, formatNumber, SOFT, shorten, tickFormat } from "./chart-style.ts";

/** Values of one colour. */
export interface HistogramGroup {
  name: string;
  /** Those that are not finite are left out. */
  values: readonly number[];
}

/** A value to point out. */
export interface HistogramRule {
  x: number;
  /** In the legend. */
  label: string;
}

export interface HistogramChartOptions {
  /** Default: none. */
  title?: string;
  xLabel: string;
  /** Drawn over each other in this order, each with its own total of 1. */
  groups: readonly [HistogramGroup, HistogramGroup];
  /** Lines across the chart, told apart by their dashes, of which there are two. Default: none. */
  rules?: readonly HistogramRule[];
  /** Ends of the x axis; values outside count to the outermost bars. Default: those of values and rules. */
  domain?: readonly [low: number, high: number];
  /** Equal steps that the axis is cut into. Default: 40. */
  bins?: number;
  /** Units; text keeps its size. Default: 480. */
  width?: number;
}

/**
 * Draws which share of each group falls into each step. Ink is the `currentColor` of where it is shown; the second group
 * has a dashed outline, which tells the two apart without colours.
 *
 * @returns an `<svg>` element, fit for a page as well as for a file of its own
 */
export function histogramChart(options: HistogramChartOptions): string {
  const { title, xLabel, width = 480 } = options;
  const groups = options.groups.map(({ name, values }) => ({ name, values: values.filter(isDrawable) }));
  const rules = (options.rules ?? []).filter(({ x }) => isDrawable(x));
  const entries = [
    ...groups.map(({ name, values }, i) => ({
      mark: groupMark(i),
      name: `${name} (${values.length.toLocaleString("en")})`,
    })),
    ...rules.map(({ label }, i) => ({ mark: ruleMark(i), name: label })),
  ];
  const titleHeight = title ? 26 : 0;
  const top = titleHeight + Math.ceil(entries.length / 2) * LEGEND_LINE;
  const parts = [
    title ? `<text x="0" y="15" font-size="15" font-weight="650">${fitting(title, width)}</text>` : "",
    ...entries.map(({ mark, name }, i) => {
      const at = `${((i % 2) * width) / 2},${titleHeight + (Math.floor(i / 2) + 0.5) * LEGEND_LINE}`;
      return `<g transform="translate(${at})">${mark}<text x="28" y="4.5">${fitting(name, width / 2 - 28)}</text></g>`;
    }),
    `<g transform="translate(0,${top})" text-anchor="middle">${plot(groups, rules, { ...options, width })}</g>`,
  ];
  const label = escapeHtml(describe(title ?? xLabel, groups, rules));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top + PLOT_HEIGHT}" role="img" aria-label="${label}" fill="currentColor" font-family="system-ui, sans-serif" font-size="13">${parts.join("")}</svg>`;
}

// --- internal ---

const LEGEND_LINE = 22;
const PLOT_HEIGHT = 190;

/** Dashes of the groups' outlines, and of the rules. */
const OUTLINES = ["none", "4 2"];
const RULES = ["7 3", "2 3"];

function plot(
  groups: readonly HistogramGroup[],
  rules: readonly HistogramRule[],
  { xLabel, domain, bins = 40, width }: HistogramChartOptions & { width: number },
): string {
  const { document } = parseHTML("<!doctype html><html></html>");
  const [low, high] = domain ?? extentOf([...groups.flatMap(({ values }) => values), ...rules.map(({ x }) => x)]);
  const step = (high - low) / bins;
  const edges = Array.from({ length: bins + 1 }, (_, i) => low + i * step);
  const shares = groups.map(({ values }) => sharesOf(values, low, step, bins));
  const tallest = shares.flat().reduce((most, share) => Math.max(most, share), 0);
  const empty = tallest === 0;
  const svg = Plot.plot({
    document,
    width,
    height: PLOT_HEIGHT,
    marginLeft: 46,
    marginRight: 16,
    marginTop: 28,
    marginBottom: 44,
    x: { type: "linear", domain: [low, high], clamp: true },
    y: { type: "linear", domain: [0, empty ? 1 : tallest], nice: 4 },
    marks: [
      Plot.gridY({ ticks: 4, strokeOpacity: 0.15 }),
      Plot.axisX({
        ticks: width / 70,
        tickFormat: tickFormat([low, high]),
        label: printable(shorten(xLabel)),
        tickSize: 4,
      }),
      Plot.axisY({ ticks: 4, tickFormat: "~%", label: "share of group", tickSize: 0 }),
      empty ? Plot.text(["no values"], { frameAnchor: "middle", fillOpacity: SOFT }) : null,
      shares.map((share, index) => bars(share, edges, index)),
      Plot.ruleY([0], { strokeOpacity: 0.4 }),
      rules.map(({ x }, index) => Plot.ruleX([x], { strokeDasharray: ruleDash(index), strokeWidth: 1.5 })),
    ],
  });
  // Without Plot's own style sheet: a page with a strict policy would refuse it, and nothing here needs it.
  svg.querySelector("style")?.remove();
  return svg.innerHTML;
}

/** A filled stair with its outline. */
function bars(shares: readonly number[], edges: readonly number[], index: number) {
  const stair = shares.flatMap((share, i) => [
    [edges[i]!, share],
    [edges[i + 1]!, share],
  ]);
  const colour = COLOURS[index]!;
  return [
    Plot.areaY(stair, { x: "0", y1: 0, y2: "1", fill: colour, fillOpacity: 0.3 }),
    Plot.line(stair, { x: "0", y: "1", stroke: colour, strokeWidth: 1.5, strokeDasharray: OUTLINES[index]! }),
  ];
}

function sharesOf(values: readonly number[], low: number, step: number, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[Math.min(bins - 1, Math.max(0, Math.floor((value - low) / step)))]!++;
  return counts.map((count) => (values.length === 0 ? 0 : count / values.length));
}

/** From the least to the greatest; some width where they are next to one. */
function extentOf(values: readonly number[]): [low: number, high: number] {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (low > high) return [0, 1];
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low > size * 1e-6 + 1e-100) return [low, high];
  const air = Math.max(0.5, size / 2);
  return [low - air, high + air];
}

/** Wider ranges could not be cut into steps. */
function isDrawable(value: number): boolean {
  return Math.abs(value) <= 1e100;
}

function groupMark(index: number): string {
  const colour = COLOURS[index]!;
  return `<rect x="1" y="-6" width="20" height="12" fill="${colour}" fill-opacity="0.3" stroke="${colour}" stroke-width="1.5"${dashed(OUTLINES[index]!)}/>`;
}

function ruleMark(index: number): string {
  return `<line x1="11" y1="-8" x2="11" y2="8" stroke="currentColor" stroke-width="1.5"${dashed(ruleDash(index))}/>`;
}

function ruleDash(index: number): string {
  return RULES[index % RULES.length]!;
}

function dashed(dash: string): string {
  return dash === "none" ? "" : ` stroke-dasharray="${dash}"`;
}

/** What fits into so many units, escaped; an estimate, since no font is at hand. */
function fitting(text: string, units: number): string {
  return escapeHtml(shorten(text, Math.floor(units / 7.5)));
}

function describe(title: string, groups: readonly HistogramGroup[], rules: readonly HistogramRule[]): string {
  const parts = groups.map(({ name, values }) => {
    if (values.length === 0) return `${shorten(name)}: no values`;
    const sorted = [...values].sort((a, b) => a - b);
    const [least, middle, most] = [0, (sorted.length - 1) / 2, sorted.length - 1].map((i) =>
      formatNumber(sorted[Math.floor(i)]!),
    );
    return `${shorten(name)}: ${values.length} from ${least} to ${most}, median ${middle}`;
  });
  const marked = rules.map(({ x, label }) => `${shorten(label)} at ${formatNumber(x)}`);
  return `${shorten(title)}. ${[...parts, ...marked].join("; ")}`;
}
