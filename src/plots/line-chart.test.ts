import { describe, expect, it } from "vitest";
import { lineChart, type Series } from "./line-chart.ts";
import type { Point } from "./running-means.ts";

const EVIL = `</svg><script>alert(1)</script>"'&\u202e\u0000`;

function chartOf(...points: Point[]): string {
  return lineChart({ xLabel: "epoch", yLabel: "loss", series: [{ name: "total", points }] });
}

/** What the lines are drawn by, one path a series. */
function linesOf(svg: string): string[] {
  return [...svg.matchAll(/stroke-width="2"[^>]*><path d="([^"]*)"/g)].map((match) => match[1]!);
}

function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!);
}

describe("a line chart", () => {
  it("draws every series and names it in the legend", () => {
    const points: Point[] = [
      [1, 3],
      [2, 1],
    ];
    const series = ["total", "global", "local"].map((name) => ({ name, points }));
    const svg = lineChart({ title: "Loss", xLabel: "epoch", yLabel: "loss", series });
    expect(linesOf(svg)).toHaveLength(3);
    for (const text of ["Loss", "total", "global", "local", "epoch →", "↑ loss"]) expect(textsOf(svg)).toContain(text);
  });

  it("tells those who cannot see it what it shows", () => {
    const series = [{ name: "total", points: [[1, 3.25] as const, [15, 0.5] as const] }];
    const svg = lineChart({ xLabel: "epoch", yLabel: "loss", series, marker: { x: 12, label: "best" } });
    expect(svg).toContain('role="img" aria-label="loss by epoch. total: 3.25 at 1 to 0.5 at 15; best at 12"');
  });

  it("draws no two of sixteen series alike", () => {
    const series = Array.from({ length: 16 }, (_, i): Series => ({ name: `${i}`, points: [[0, i]] }));
    const svg = lineChart({ xLabel: "x", yLabel: "y", series });
    const looks = [...svg.matchAll(/<line [^>]*stroke="(#\w+)" stroke-width="3"( stroke-dasharray="[^"]*")?\/>/g)];
    expect(looks).toHaveLength(16);
    expect(new Set(looks.map((match) => `${match[1]}${match[2]}`)).size).toBe(16);
  });

  it("draws a long series as means and says so", () => {
    const points = Array.from({ length: 100_000 }, (_, i): Point => [i, (i % 2) + 1]);
    const svg = chartOf(...points);
    expect(svg.length).toBeLessThan(10_000);
    expect(svg).toContain("Each point is the mean of up to 512 values.");
    expect(chartOf(...points.slice(0, 240))).not.toContain("mean of");
  });

  it("says so too where the points are means already", () => {
    const series = [{ name: "total", points: [[1, 1] as const, [2, 2] as const], meanOf: 2048 }];
    expect(lineChart({ xLabel: "step", yLabel: "loss", series })).toContain("mean of up to 2,048 values");
  });

  it("marks a place on the x axis, or a point", () => {
    const series: Series[] = [{ name: "roc", points: [[0, 0] as const, [1, 1] as const] }];
    const options = { xLabel: "x", yLabel: "y", series };
    const rule = lineChart({ ...options, marker: { x: 0.25, label: "here" } });
    const ring = lineChart({ ...options, marker: { x: 0.25, y: 0.75, label: "here" } });
    for (const svg of [rule, ring]) expect(textsOf(svg)).toContain("here");
    expect(rule).toContain('stroke-dasharray="3 3"');
    expect(rule).not.toContain('r="6"');
    expect(ring).toContain('r="6"');
    expect(ring).not.toContain('stroke-dasharray="3 3"');
  });

  it("has the axes that it is told to have", () => {
    const series: Series[] = [{ name: "roc", points: [[0, 0] as const, [0, 1] as const, [1, 1] as const] }];
    const svg = lineChart({ xLabel: "x", yLabel: "y", series, xDomain: [0, 0.5], yDomain: [0, 2] });
    const ticks = textsOf(svg).filter((text) => /^\d\.\d$/.test(text));
    expect(ticks).toEqual(["0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.0", "0.5", "1.0", "1.5", "2.0"]);
  });

  it("draws thin lines behind the series, told apart by their titles, and a dotted one to compare with", () => {
    const diagonal: Point[] = [
      [0, 0],
      [1, 1],
    ];
    const series = [{ name: "mean", points: diagonal }];
    const background = ["bottle", EVIL].map((name) => ({ name, points: diagonal }));
    const svg = lineChart({ xLabel: "x", yLabel: "y", series, background, reference: diagonal });
    expect(linesOf(svg)).toHaveLength(1);
    const all = [...svg.matchAll(/aria-label="line"><path d="([^"]*)"/g)].map((match) => match[1]);
    expect(all).toEqual(Array(4).fill(linesOf(svg)[0]));
    expect(svg.match(/stroke-opacity="0.45"/g)).toHaveLength(2);
    expect(svg).toContain("<title>bottle</title>");
    expect(svg).toContain('stroke-dasharray="2 4"');
    expect(svg).not.toContain("<script");
    expect(svg).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(chartOf(...diagonal)).not.toMatch(/<title>|stroke-dasharray="2 4"/);
  });

  it("sets no tick between two epochs", () => {
    const svg = chartOf([1, 5], [2, 4], [3, 3]);
    expect(textsOf(svg).filter((text) => /^[123](\.\d+)?$/.test(text))).toEqual(
      expect.arrayContaining(["1", "2", "3"]),
    );
    expect(textsOf(svg)).not.toContain("1.5");
    expect(textsOf(chartOf([1, 5]))).toContain("1");
  });

  it("leaves out what is not finite, and draws nothing but axes where nothing is left", () => {
    expect(linesOf(chartOf([1, 1], [2, Number.NaN], [3, 1e300], [4, 2]))[0]!.split("L")).toHaveLength(2);
    expect(textsOf(chartOf([1, Number.POSITIVE_INFINITY]))).toContain("no values");
  });

  it.each([
    ["smallest numbers", [5e-324, 1e-323]],
    ["denormal numbers of single precision", [1e-45, 3e-45]],
    ["largest numbers", [-3e38, 3e38]],
    ["neighbouring numbers", [1, 1 + 2 ** -52]],
    ["equal numbers", [0, 0]],
  ])("can be drawn of %s", (_, [a, b]) => {
    const svg = chartOf([1, a!], [2, b!]);
    expect(linesOf(svg)).toHaveLength(1);
    expect(svg).not.toContain("NaN");
  });

  it("makes hostile names harmless, wherever they stand", () => {
    const series = [{ name: EVIL, points: [[1, 1] as const, [2, 2] as const] }];
    const svg = lineChart({ title: EVIL, xLabel: EVIL, yLabel: EVIL, series, marker: { x: 1, label: EVIL } });
    expect(svg).not.toContain("<script");
    expect(svg.match(/<\/svg>/g)).toHaveLength(1);
    expect(svg).not.toMatch(/[\p{Cc}\u202e]/u);
    // A bare ampersand is no XML.
    expect(svg).not.toMatch(/&(?!#\d+;|amp;|lt;|gt;|quot;)/);
    expect(chartOf([1, 1]).length + 20_000).toBeGreaterThan(
      lineChart({ xLabel: "x".repeat(1e6), yLabel: "y", series: [{ name: "z".repeat(1e6), points: [[1, 1]] }] }).length,
    );
  });

  it("needs nothing that a strict page refuses, and nothing from elsewhere", () => {
    const svg = chartOf([1, 1], [2, 2]);
    expect(svg).not.toMatch(/<style|<script| style="| on\w+="| id="|url\(/);
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toContain("http");
  });
});
