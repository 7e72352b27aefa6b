import { describe, expect, it } from "vitest";
import { type HistogramChartOptions, histogramChart } from "./histogram-chart.ts";

const EVIL = `</svg><script>alert(1)</script>"'&\u202e\u0000`;

function chartOf(first: readonly number[], second: readonly number[], options: Partial<HistogramChartOptions> = {}) {
  const groups = [
    { name: "normal", values: first },
    { name: "abnormal", values: second },
  ] as const;
  return histogramChart({ xLabel: "score", groups, ...options });
}

/** Corners of the outline of each group, in units of the chart. */
function outlinesOf(svg: string): [number, number][][] {
  return [...svg.matchAll(/aria-label="line"><path d="M([^"Z]*)"/g)].map(([, path]) =>
    path!.split("L").map((point) => point.split(",").map(Number) as [number, number]),
  );
}

/** Where the lines across the chart stand. */
function rulesOf(svg: string): number[] {
  return [...svg.matchAll(/ x2="([\d.]+)" x1="\1"/g)].map((match) => Number(match[1]));
}

describe("a histogram", () => {
  it("shows the share of each group in each step, whatever the groups' sizes", () => {
    const svg = chartOf([0.1, 0.1, 0.6, 0.6], [0.6], { domain: [0, 1], bins: 2 });
    const [first, second] = outlinesOf(svg);
    const base = Math.max(...second!.map(([, y]) => y));
    const heights = (outline: [number, number][]) => outline.map(([, y]) => base - y);
    const whole = Math.max(...heights(second!));
    expect(heights(second!).map((height) => height / whole)).toEqual([0, 0, 1, 1]);
    for (const height of heights(first!)) expect(height / whole).toBeCloseTo(0.5, 2);
    for (const text of ["normal (4)", "abnormal (1)", "score →", "↑ share of group"])
      expect(svg).toContain(`>${text}<`);
  });

  it("puts rules where they belong on the axis, and names them in the legend", () => {
    const options = { domain: [0, 1] as const, bins: 4, rules: [0.25, 0.5, 1].map((x) => ({ x, label: `at ${x}` })) };
    const svg = chartOf([0.1], [0.9], options);
    const edges = outlinesOf(svg)[0]!.map(([x]) => x);
    // The stair has two corners at each inner edge.
    expect(rulesOf(svg)).toEqual([edges[1], edges[3], edges.at(-1)]);
    for (const x of [0.25, 0.5, 1]) expect(svg).toContain(`>at ${x}<`);
  });

  it("counts what lies outside of the axis to the outermost steps, and the upper end to the last", () => {
    const [outline] = outlinesOf(chartOf([-5, 0, 1, 7], [], { domain: [0, 1], bins: 4 }));
    const ys = outline!.map(([, y]) => y);
    expect(ys[0]).toBe(ys.at(-1));
    expect(ys[0]).toBeLessThan(ys[3]!);
  });

  it("tells those who cannot see it what it shows", () => {
    expect(chartOf([0.1, 0.2, 0.9], [], { title: "bottle", rules: [{ x: 0.5, label: "threshold" }] })).toContain(
      'aria-label="bottle. normal: 3 from 0.1 to 0.9, median 0.2; abnormal: no values; threshold at 0.5"',
    );
  });

  it("leaves out what is not finite, and draws an empty frame where nothing is left", () => {
    expect(chartOf([Number.NaN, Infinity], [-Infinity])).toContain(">no values<");
    expect(chartOf([Number.NaN, 0.5], [0.7])).toContain(">normal (1)<");
  });

  it.each([
    ["equal numbers", [3, 3]],
    ["neighbouring numbers", [1, 1 + 2 ** -52]],
    ["smallest numbers", [0, 5e-324]],
    ["largest numbers", [-1e100, 1e100]],
  ])("can be drawn of %s", (_, [a, b]) => {
    const svg = chartOf([a!, b!], [b!], { rules: [{ x: a!, label: "here" }] });
    expect(outlinesOf(svg)).toHaveLength(2);
    expect(svg).not.toContain("NaN");
  });

  it("stays small, however many values", () => {
    const values = Array.from({ length: 200_000 }, (_, i) => (i % 997) / 997);
    expect(chartOf(values, values).length).toBeLessThan(12_000);
  });

  it("makes hostile names harmless, wherever they stand", () => {
    const groups = [
      { name: EVIL, values: [1] },
      { name: "z".repeat(1e6), values: [2] },
    ] as const;
    const svg = histogramChart({ title: EVIL, xLabel: EVIL, groups, rules: [{ x: 1, label: EVIL }] });
    expect(svg).not.toContain("<script");
    expect(svg.match(/<\/svg>/g)).toHaveLength(1);
    expect(svg).not.toMatch(/[\p{Cc}\u202e]/u);
    // A bare ampersand is no XML.
    expect(svg).not.toMatch(/&(?!#\d+;|amp;|lt;|gt;|quot;)/);
    expect(svg.length).toBeLessThan(20_000);
  });

  it("needs nothing that a strict page refuses, and nothing from elsewhere", () => {
    const svg = chartOf([1, 2], [3], { rules: [{ x: 2, label: "here" }] });
    expect(svg).not.toMatch(/<style|<script| style="| on\w+="| id="|url\(/);
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toContain("http");
  });
});
