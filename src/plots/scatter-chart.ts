/** Scatter charts as SVG: no script, no style sheet, legible on light, dark and paper alike. */

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { escapeHtml } from "../html.ts";
import { printable } from "../printable.ts";

export interface ScatterPoint {
  x: number;
  y: number;
  /** Drawn as a filled triangle instead of a ring. */
  filled: boolean;
  /** Shown where a pointer rests on it. */
  label: string;
}

/** Points of one colour. */
export interface ScatterGroup {
  name: string;
  points: readonly ScatterPoint[];
}

/** A direction among the points. */
export interface ScatterArrow {
  from: readonly [x: number, y: number];
  to: readonly [x: number, y: number];
  name: string;
}

export interface ScatterChartOptions {
  /** Default: none. */
  title?: string;
  xLabel: string;
  yLabel: string;
  /** Drawn and named in this order; twelve have colours of their own. Points that are not finite are left out. */
  groups: readonly ScatterGroup[];
  /** What rings and filled triangles stand for. */
  kinds: readonly [ring: string, filled: string];
  /** Named in the legend by their dashes, of which there are four. Default: none. */
  arrows?: readonly ScatterArrow[];
  /** A dashed line across the chart. Default: none. */
  rule?: { x: number; label: string };
}

/**
 * Draws points with axes and a legend, 480 units wide. Ink is the `currentColor` of where it is shown.
 *
 * @returns an `<svg>` element, fit for a page as well as for a file of its own
 */
export function scatterChart(options: ScatterChartOptions): string {
  const { title, xLabel, yLabel, kinds, arrows = [] } = options;
  const groups = options.groups.map(({ name, points }) => ({ name, points: points.flatMap(finite) }));
  const rows = [
    ...legendRows(kinds, (index, x, y) => (index === 0 ? ringMark(x, y) : triangleMark(x, y))),
    ...legendRows(
      groups.map(({ name }) => name),
      groupMark,
    ),
    ...legendRows(
      arrows.map(({ name }) => name),
      arrowMark,
    ),
  ];
  const titleHeight = title ? 26 : 0;
  const top = titleHeight + rows.length * LEGEND_LINE;
  const height = top + PLOT_HEIGHT;
  const parts = [
    title ? `<text x="0" y="15" font-size="15" font-weight="650">${escapeHtml(shorten(title))}</text>` : "",
    ...rows.map((row, i) => row(titleHeight + (i + 0.5) * LEGEND_LINE)),
    `<g transform="translate(0,${top})" text-anchor="middle">${plot(groups, options)}</g>`,
  ];
  const count = groups.reduce((sum, { points }) => sum + points.length, 0);
  const what = `${shorten(title ?? `${yLabel} by ${xLabel}`)}. ${count} points in ${groups.length} groups`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(what)}" fill="currentColor" font-family="system-ui, sans-serif" font-size="13">${parts.join("")}</svg>`;
}

// --- internal ---

const WIDTH = 480;
const PLOT_HEIGHT = 380;
const LEGEND_LINE = 22;
const MARK_WIDTH = 26;

/** A longer name would push the others out of the legend, characters. */
const LONGEST_NAME = 40;

/** M. Bostock's "observable10" (Plot, 2023) and two more, all with enough contrast to white and to near-black alike. */
const COLOURS = [
  ...["#4269d0", "#d98c00", "#e8543f", "#3f9f8f", "#3ca951", "#e0679b"],
  ...["#a463f2", "#5b9bd5", "#9c6b4e", "#868e99", "#8a8f00", "#c24fd0"],
];

const DASHES = ["none", "8 4", "2 3", "8 3 2 3"];

interface DrawnGroup {
  name: string;
  points: readonly ScatterPoint[];
}

function plot(groups: readonly DrawnGroup[], { xLabel, yLabel, arrows = [], rule }: ScatterChartOptions): string {
  const { document } = parseHTML("<!doctype html><html></html>");
  const drawn = groups.flatMap(({ points }, index) => points.map((point) => ({ ...point, colour: colourOf(index) })));
  // Both kinds of all groups mixed, so that no class hides the others.
  const mixed = interleave(drawn);
  const at = { x: "x", y: "y", title: ({ label }: ScatterPoint) => printable(label) };
  const svg = Plot.plot({
    document,
    width: WIDTH,
    height: PLOT_HEIGHT,
    marginLeft: 58,
    marginRight: 22,
    marginTop: 34,
    marginBottom: 44,
    x: {
      type: "linear",
      domain: domainOf(
        drawn.map(({ x }) => x),
        arrows.flatMap(({ from, to }) => [from[0], to[0]]),
        rule?.x,
      ),
    },
    y: {
      type: "linear",
      domain: domainOf(
        drawn.map(({ y }) => y),
        arrows.flatMap(({ from, to }) => [from[1], to[1]]),
      ),
    },
    marks: [
      Plot.gridX({ ticks: 6, strokeOpacity: 0.12 }),
      Plot.gridY({ ticks: 6, strokeOpacity: 0.12 }),
      Plot.axisX({ ticks: 6, label: printable(shorten(xLabel)), tickSize: 4 }),
      Plot.axisY({ ticks: 6, label: printable(shorten(yLabel)), tickSize: 0 }),
      drawn.length === 0 ? Plot.text(["no values"], { frameAnchor: "middle", fillOpacity: 0.7 }) : null,
      rule ? ruleMarks(rule) : null,
      Plot.dot(
        mixed.filter(({ filled }) => !filled),
        { ...at, r: 3.2, stroke: "colour", strokeWidth: 1.5 },
      ),
      Plot.dot(
        mixed.filter(({ filled }) => filled),
        {
          ...at,
          r: 3.6,
          symbol: "triangle",
          fill: "colour",
          fillOpacity: 0.85,
        },
      ),
      arrows.map(arrowMarks),
    ],
  });
  // Without Plot's own style sheet: a page with a strict policy would refuse it, and nothing here needs it.
  svg.querySelector("style")?.remove();
  return svg.innerHTML;
}

function ruleMarks({ x, label }: { x: number; label: string }) {
  return [
    Plot.ruleX([x], { strokeDasharray: "4 3", strokeOpacity: 0.8 }),
    Plot.text([printable(shorten(label))], { x: [x], frameAnchor: "top", dy: -16 }),
  ];
}

function arrowMarks({ from, to }: ScatterArrow, index: number) {
  const ends = { x1: [from[0]], y1: [from[1]], x2: [to[0]], y2: [to[1]] };
  return Plot.arrow([0], { ...ends, strokeWidth: 2, headLength: 9, strokeDasharray: dashOf(index) });
}

/** All that is drawn, with a little air; some width where all values are one. */
function domainOf(values: readonly number[], others: readonly number[], rule?: number): [number, number] {
  const all = [...values, ...others, ...(rule === undefined ? [] : [rule])];
  const [low, high] = all.reduce(
    ([min, max], value) => [Math.min(min, value), Math.max(max, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  if (low > high) return [0, 1];
  const air = Math.max((high - low) * 0.05, Math.abs(high) * 1e-3, 1e-6);
  return [low - air, high + air];
}

/** In single precision no range is so large or so narrow that its ticks could not be counted. */
function finite(point: ScatterPoint): ScatterPoint[] {
  const [x, y] = [Math.fround(point.x), Math.fround(point.y)];
  return Number.isFinite(x) && Number.isFinite(y) ? [{ ...point, x, y }] : [];
}

/** Every seventh, then every seventh from the second on, and so forth: neighbours in the list part ways. */
function interleave<T>(items: readonly T[]): T[] {
  return items
    .map((item, i) => ({ item, key: (i % 7) * items.length + i }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** Draws a row of the legend whose middle is at `y`. */
type LegendRow = (y: number) => string;

/** Names side by side for as long as they fit; widths are estimates, since no font is at hand. */
function legendRows(names: readonly string[], mark: (index: number, x: number, y: number) => string): LegendRow[] {
  const rows: { name: string; index: number; x: number }[][] = [];
  let x = Number.POSITIVE_INFINITY;
  for (const [index, name] of names.map(shorten).entries()) {
    const width = MARK_WIDTH + 14 + name.length * 7.5;
    if (x + width > WIDTH) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1)!.push({ name, index, x });
    x += width;
  }
  return rows.map((row) => (y) => {
    const text = (name: string, x: number) => `<text x="${x + MARK_WIDTH}" y="${y + 4.5}">${escapeHtml(name)}</text>`;
    return row.map(({ name, index, x }) => mark(index, x, y) + text(name, x)).join("");
  });
}

function ringMark(x: number, y: number): string {
  return `<circle cx="${x + 11}" cy="${y}" r="4" fill="none" stroke="currentColor" stroke-width="1.5"/>`;
}

function triangleMark(x: number, y: number): string {
  return `<path d="M${x + 11},${y - 5}l5,9h-10z"/>`;
}

function groupMark(index: number, x: number, y: number): string {
  return `<rect x="${x + 5}" y="${y - 6}" width="12" height="12" rx="3" fill="${colourOf(index)}"/>`;
}

function arrowMark(index: number, x: number, y: number): string {
  const dash = dashOf(index) === "none" ? "" : ` stroke-dasharray="${dashOf(index)}"`;
  const line = `<line x1="${x}" y1="${y}" x2="${x + 20}" y2="${y}" stroke="currentColor" stroke-width="2"${dash}/>`;
  return `${line}<path d="M${x + 15},${y - 4}l5,4l-5,4" fill="none" stroke="currentColor" stroke-width="2"/>`;
}

function shorten(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;
}

function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length]!;
}

function dashOf(index: number): string {
  return DASHES[index % DASHES.length]!;
}
