import { describe, expect, it } from "vitest";
import { type ScatterChartOptions, type ScatterGroup, type ScatterPoint, scatterChart } from "./scatter-chart.ts";

const EVIL = `</svg><script>alert(1)</script>"'&\u202e\u0000`;

const point = (x: number, y: number, filled = false, label = "picture"): ScatterPoint => ({ x, y, filled, label });

function chartOf(groups: ScatterGroup[], options: Partial<ScatterChartOptions> = {}): string {
  return scatterChart({ xLabel: "first", yLabel: "second", groups, kinds: ["normal", "abnormal"], ...options });
}

function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!);
}

/** Rings and triangles among the points, not those of the legend. */
function marksOf(svg: string): { rings: number; triangles: number } {
  const drawing = svg.slice(svg.indexOf('<g transform="translate(0,'));
  return {
    rings: drawing.match(/<circle /g)?.length ?? 0,
    triangles: drawing.match(/<path fill="#/g)?.length ?? 0,
  };
}

describe("a scatter chart", () => {
  it("draws rings and triangles, and names groups, kinds and axes", () => {
    const groups = [
      { name: "bottle", points: [point(0, 0), point(1, 1, true)] },
      { name: "cable", points: [point(0, 1), point(1, 0), point(2, 2, true)] },
    ];
    const svg = chartOf(groups, { title: "Features" });
    expect(marksOf(svg)).toEqual({ rings: 3, triangles: 2 });
    for (const text of ["Features", "bottle", "cable", "normal", "abnormal", "first →", "↑ second"]) {
      expect(textsOf(svg)).toContain(text);
    }
    expect(svg).toContain('role="img" aria-label="Features. 5 points in 2 groups"');
  });

  it("gives twelve groups colours of their own", () => {
    const groups = Array.from({ length: 12 }, (_, i) => ({ name: `${i}`, points: [] }));
    const colours = [...chartOf(groups).matchAll(/<rect [^>]*rx="3" fill="(#\w+)"/g)].map((match) => match[1]);
    expect(new Set(colours).size).toBe(12);
  });

  it("tells what a point is where a pointer rests on it", () => {
    const svg = chartOf([{ name: "a", points: [point(0, 0, false, "good/000.png")] }]);
    expect(svg).toContain("<title>good/000.png</title>");
  });

  it("draws arrows with their names, and a rule", () => {
    const groups = [{ name: "a", points: [point(0, 0)] }];
    const svg = chartOf(groups, {
      arrows: [{ from: [-1, -1], to: [1, 1], name: "learned" }],
      rule: { x: 0.25, label: "threshold 0.5" },
    });
    expect(svg).toContain('aria-label="arrow"');
    expect(svg).toMatch(/<g stroke-dasharray="4 3"[^>]*aria-label="rule"/);
    for (const text of ["learned", "threshold 0.5"]) expect(textsOf(svg)).toContain(text);
    expect(chartOf(groups)).not.toMatch(/aria-label="arrow"|aria-label="rule"/);
  });

  it("draws four arrows in four ways, and names them in the same", () => {
    const arrows = Array.from({ length: 4 }, (_, i) => ({ from: [0, 0] as const, to: [1, i] as const, name: `${i}` }));
    const svg = chartOf([{ name: "a", points: [point(0, 0)] }], { arrows });
    const drawn = [...svg.matchAll(/<g (?:stroke-dasharray="([^"]*)")?[^>]*aria-label="arrow"/g)].map(
      (match) => match[1],
    );
    const named = [...svg.matchAll(/<line x1[^>]*stroke-width="2"(?: stroke-dasharray="([^"]*)")?\/>/g)].map(
      (match) => match[1],
    );
    expect(new Set(drawn).size).toBe(4);
    expect(drawn.map((dash) => dash ?? "none")).toEqual(named.map((dash) => dash ?? "none"));
  });

  it("keeps arrows and rule inside the axes, however far out they are", () => {
    const svg = chartOf([{ name: "a", points: [point(0, 0), point(1, 1)] }], { rule: { x: 50, label: "far" } });
    const x = Number(/aria-label="rule"[^>]*><line [^>]*x1="([\d.]+)"/.exec(svg)?.[1]);
    expect(x).toBeGreaterThan(58);
    expect(x).toBeLessThan(480 - 22);
  });

  it("leaves out what is not finite, and says so where nothing is left", () => {
    expect(marksOf(chartOf([{ name: "a", points: [point(Number.NaN, 1), point(1, 1e300), point(1, 1)] }])).rings).toBe(
      1,
    );
    expect(textsOf(chartOf([{ name: "a", points: [] }]))).toContain("no values");
  });

  it.each([
    ["one point", [point(3, 3)]],
    ["equal points", [point(0, 0), point(0, 0)]],
    ["tiny ranges", [point(1, 1), point(1 + 2 ** -23, 1)]],
    ["largest numbers", [point(-3e38, -3e38), point(3e38, 3e38)]],
  ])("can be drawn of %s", (_, points) => {
    const svg = chartOf([{ name: "a", points }]);
    expect(marksOf(svg).rings).toBe(points.length);
    expect(svg).not.toContain("NaN");
  });

  it("makes hostile names harmless, wherever they stand", () => {
    const svg = chartOf([{ name: EVIL, points: [point(0, 0, true, EVIL)] }], {
      title: EVIL,
      xLabel: EVIL,
      yLabel: EVIL,
      kinds: [EVIL, EVIL],
      arrows: [{ from: [0, 0], to: [1, 1], name: EVIL }],
      rule: { x: 0, label: EVIL },
    });
    expect(svg).not.toContain("<script");
    expect(svg.match(/<\/svg>/g)).toHaveLength(1);
    expect(svg).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  it("needs nothing that a strict page refuses, and nothing from elsewhere", () => {
    const svg = chartOf([{ name: "a", points: [point(0, 0)] }], { arrows: [{ from: [0, 0], to: [1, 1], name: "b" }] });
    expect(svg).not.toMatch(/<style|<script| style="| on\w+="| id="|url\(/);
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toContain("http");
  });
});
