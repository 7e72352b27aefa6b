/** Line charts as SVG: no script, no style sheet, legible on light, dark and paper alike. */

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { escapeHtml } from "../html.ts";
import { printable } from "../printable.ts";
import { COLOURS, formatNumber, SOFT, shorten, tickFormat } from "./chart-style.ts";
import { MOST_POINTS, type Point, RunningMeans } from "./running-means.ts";

export interface Series {
  name: string;
  /** In the order in which they are joined. Points that are not finite are left out. */
  points: readonly Point[];
  /** Measurements that each point is already the mean of at most; the caption says so. Default: 1. */
  meanOf?: number;
}

/** Something to point out: a dashed line across the chart at `x` or, with `y`, a ring around a point. */
export interface Marker {
  x: number;
  y?: number;
  label: string;
}

export interface LineChartOptions {
  /** Default: none. */
  title?: string;
  xLabel: string;
  yLabel: string;
  /** Drawn and named in this order. Sixteen look different from each other. */
  series: readonly Series[];
  /** Default: none. */
  marker?: Marker;
  /** Ends of the x axis. Default: the values' own. */
  xDomain?: readonly [number, number];
  /** Ends of the y axis. Default: the values' own, made round. */
  yDomain?: readonly [number, number];
  /**
   * Thin lines behind the series, in the colour of the first; a name shows where a pointer rests on its line.
   * Default: none.
   */
  background?: readonly Series[];
  /** A thin dotted line to compare with, such as that of chance. Default: none. */
  reference?: readonly Point[];
}

/**
 * Draws lines with axes and a legend, 480 units wide. Ink is the `currentColor` of where it is shown. A series of more
 * than {@link MOST_POINTS} points is drawn as means over equal steps, which the caption tells.
 *
 * @returns an `<svg>` element, fit for a page as well as for a file of its own
 */
export function lineChart(options: LineChartOptions): string {
  const { title, xLabel, yLabel, series, marker } = options;
  const drawn = series.map(thin);
  const meanOf = Math.max(1, ...drawn.map((line) => line.meanOf));
  const rows = legendRows(drawn.map(({ name }) => shorten(name)));
  const titleHeight = title ? 26 : 0;
  const top = titleHeight + rows.length * LEGEND_LINE;
  const caption = meanOf > 1 ? `Each point is the mean of up to ${meanOf.toLocaleString("en")} values.` : "";
  const height = top + PLOT_HEIGHT + (caption ? 20 : 0);
  const parts = [
    title ? `<text x="0" y="15" font-size="15" font-weight="650">${escapeHtml(shorten(title))}</text>` : "",
    ...rows.map((row, i) => legendRow(row, titleHeight + (i + 0.5) * LEGEND_LINE)),
    `<g transform="translate(0,${top})" text-anchor="middle">${plot(drawn, options)}</g>`,
    caption ? `<text x="0" y="${height - 5}" fill-opacity="${SOFT}">${caption}</text>` : "",
  ];
  const label = escapeHtml(describe(title ?? `${yLabel} by ${xLabel}`, drawn, marker));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}" fill="currentColor" font-family="system-ui, sans-serif" font-size="13">${parts.join("")}</svg>`;
}

// --- internal ---

const WIDTH = 480;
const PLOT_HEIGHT = 270;
const LEGEND_LINE = 22;
const Y_TICKS = 5;

/** Lines of up to this many points show them. */
const MOST_DOTS = 32;

/** Dashes tell lines apart where there is no colour, as in print. */
const DASHES = ["none", "9 3", "3 3", "9 3 3 3"];

type DrawnSeries = Required<Series>;

interface LegendEntry {
  name: string;
  index: number;
  /** Where it begins. */
  x: number;
}

function thin({ name, points, meanOf = 1 }: Series): DrawnSeries {
  // In single precision no range is so large or so narrow that its ticks could not be counted.
  const finite = points
    .map(([x, y]): Point => [Math.fround(x), Math.fround(y)])
    .filter((point) => point.every(Number.isFinite));
  if (finite.length <= MOST_POINTS) return { name, points: finite, meanOf };
  const means = new RunningMeans();
  for (const [x, y] of finite) means.add(x, y);
  return { name, points: means.points(), meanOf: meanOf * means.each };
}

function plot(
  series: readonly DrawnSeries[],
  { xLabel, yLabel, marker, xDomain, yDomain, background = [], reference = [] }: LineChartOptions,
): string {
  const { document } = parseHTML("<!doctype html><html></html>");
  const xs = series.flatMap(({ points }) => points.map(([x]) => x));
  const ys = series.flatMap(({ points }) => points.map(([, y]) => y));
  const whole = xDomain === undefined && xs.every(Number.isInteger);
  const channels = { x: "0", y: "1" };
  const empty = xs.length === 0 ? [0, 1] : undefined;
  const svg = Plot.plot({
    document,
    width: WIDTH,
    height: PLOT_HEIGHT,
    marginLeft: 58,
    marginRight: 26,
    marginTop: 32,
    marginBottom: 44,
    x: { type: "linear", domain: xDomain ?? empty, nice: !whole && xDomain === undefined },
    y: { type: "linear", domain: yDomain ?? empty, nice: yDomain === undefined && Y_TICKS },
    marks: [
      Plot.gridY({ ticks: Y_TICKS, strokeOpacity: 0.15 }),
      Plot.axisX({
        ticks: whole ? wholeTicks(xs) : 6,
        tickFormat: tickFormat(xs),
        label: printable(shorten(xLabel)),
        tickSize: 4,
      }),
      Plot.axisY({ ticks: Y_TICKS, tickFormat: tickFormat(ys), label: printable(shorten(yLabel)), tickSize: 0 }),
      xs.length === 0 ? Plot.text(["no values"], { frameAnchor: "middle", fillOpacity: SOFT }) : null,
      Plot.line(reference, { ...channels, strokeDasharray: "2 4", strokeOpacity: SOFT, strokeWidth: 1 }),
      background.map((line) => {
        const look = { stroke: colourOf(0), strokeWidth: 1, strokeOpacity: 0.45 };
        return Plot.line(thin(line).points, { ...channels, ...look, title: () => printable(shorten(line.name)) });
      }),
      series.map(({ points }, index) => [
        Plot.line(points, { ...channels, stroke: colourOf(index), strokeDasharray: dashOf(index), strokeWidth: 2 }),
        points.length <= MOST_DOTS ? Plot.dot(points, { ...channels, r: 2.5, fill: colourOf(index) }) : null,
      ]),
      marker ? markerMarks(marker, xs) : null,
    ],
  });
  // Without Plot's own style sheet: a page with a strict policy would refuse it, and nothing here needs it.
  svg.querySelector("style")?.remove();
  return svg.innerHTML;
}

function markerMarks({ x, y, label }: Marker, xs: readonly number[]) {
  const onTheRight = xs.length > 0 && x > (Math.min(...xs) + Math.max(...xs)) / 2;
  const side = { textAnchor: onTheRight ? "end" : "start", dx: onTheRight ? -6 : 6 } as const;
  const text = [printable(shorten(label))];
  if (y === undefined) {
    return [
      Plot.ruleX([x], { strokeDasharray: "3 3", strokeOpacity: SOFT }),
      Plot.text(text, { x: [x], frameAnchor: "top", dy: -16, ...side }),
    ];
  }
  const halo = { fill: "currentColor", stroke: "var(--plot-background, Canvas)", strokeWidth: 4 };
  return [
    Plot.dot([[x, y]], { r: 6, strokeWidth: 1.5 }),
    Plot.text(text, { x: [x], y: [y], dy: 14, ...halo, ...side }),
  ];
}

/** So few ticks that none stands between two epochs. */
function wholeTicks(xs: readonly number[]): number {
  return xs.length === 0 ? 1 : Math.max(1, Math.min(6, Math.max(...xs) - Math.min(...xs)));
}

/** Names side by side for as long as they fit; widths are estimates, since no font is at hand. */
function legendRows(names: readonly string[]): LegendEntry[][] {
  const rows: LegendEntry[][] = [];
  let x = Number.POSITIVE_INFINITY;
  for (const [index, name] of names.entries()) {
    const width = 46 + name.length * 8;
    if (x + width > WIDTH) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1)!.push({ name, index, x });
    x += width;
  }
  return rows;
}

function legendRow(entries: readonly LegendEntry[], y: number): string {
  return entries
    .map(({ name, index, x }) => {
      const dash = dashOf(index) === "none" ? "" : ` stroke-dasharray="${dashOf(index)}"`;
      const line = `<line x1="${x}" y1="${y}" x2="${x + 22}" y2="${y}" stroke="${colourOf(index)}" stroke-width="3"${dash}/>`;
      return `${line}<text x="${x + 28}" y="${y + 4.5}">${escapeHtml(name)}</text>`;
    })
    .join("");
}

function describe(title: string, series: readonly DrawnSeries[], marker: Marker | undefined): string {
  const lines = series.map(({ name, points }) => {
    const [first, last] = [points.at(0), points.at(-1)];
    if (!first || !last) return `${shorten(name)}: no values`;
    const at = ([x, y]: Point) => `${formatNumber(y)} at ${formatNumber(x)}`;
    return `${shorten(name)}: ${at(first)} to ${at(last)}`;
  });
  const pointed = marker ? [`${shorten(marker.label)} at ${formatNumber(marker.x)}`] : [];
  return `${shorten(title)}. ${[...lines, ...pointed].join("; ")}`;
}

function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length]!;
}

function dashOf(index: number): string {
  return DASHES[(index + Math.floor(index / COLOURS.length)) % DASHES.length]!;
}
