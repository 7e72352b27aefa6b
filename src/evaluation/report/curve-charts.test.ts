import { describe, expect, it } from "vitest";
import { curveCharts } from "./curve-charts.ts";
import { classEvaluation, EVIL, evaluationOf, methodResult, RISING } from "./evaluation.fixture.ts";

/** Title and names in the legend of every chart. */
function chartsIn(html: string): string[][] {
  return [...html.matchAll(/<svg xmlns.*?<\/svg>/gs)].map(([svg]) => [
    /font-weight="650">([^<]*)</.exec(svg)![1]!,
    ...[...svg.matchAll(/<text x="[\d.]+" y="[\d.]+">([^<]*)</g)].map((match) => match[1]!),
  ]);
}

function countOf(html: string, part: string): number {
  return html.split(part).length - 1;
}

const THIN = 'stroke-opacity="0.45"';
const DOTTED = 'stroke-dasharray="2 4"';

describe("the curves of the report", () => {
  it("are those that are defined, a line for each method", () => {
    const methods = ["A", "B"].map((name) => ({ name, description: "" }));
    expect(chartsIn(curveCharts(evaluationOf({ methods })))).toEqual([
      ["ROC of pictures", "A", "B"],
      ["ROC of pixels", "A", "B"],
      ["Per-region overlap", "A", "B"],
    ]);
    const all = methodResult({ curves: { imagePrecisionRecall: RISING, pixelPrecisionRecall: RISING } });
    expect(chartsIn(curveCharts(evaluationOf({ classes: [classEvaluation("bottle", all)] })))).toEqual([
      ["Precision and recall of pictures", "AnomalyCLIP"],
      ["Precision and recall of pixels", "AnomalyCLIP"],
    ]);
  });

  it("are not there where none is defined", () => {
    expect(curveCharts(evaluationOf({ classes: [classEvaluation("bottle", methodResult({ curves: {} }))] }))).toBe("");
  });

  it("are means with thin lines of the first method's classes where there are several", () => {
    const one = curveCharts(evaluationOf());
    expect(one).not.toContain("mean over classes");
    expect(countOf(one, THIN)).toBe(0);
    const methods = ["A", "B"].map((name) => ({ name, description: "" }));
    const classes = ["bottle", "cable", "carpet"].map((name) => classEvaluation(name, methodResult(), ["A", "B"]));
    const several = curveCharts(evaluationOf({ methods, classes }));
    expect(several).toContain("Each line is the mean over classes");
    expect(several).toContain("Thin lines are the classes of A.");
    expect(countOf(several, THIN)).toBe(3 * 3);
    expect(countOf(several, "<title>cable</title>")).toBe(3);
  });

  it("show chance beside ROC only, and region overlap up to a false positive rate of 0.3", () => {
    const roc = curveCharts(
      evaluationOf({ classes: [classEvaluation("bottle", methodResult({ curves: { imageRoc: RISING } }))] }),
    );
    expect(countOf(roc, DOTTED)).toBe(1);
    expect(roc).toContain(">1.0</text>");
    expect(roc).not.toContain("AUPRO");
    const overlap = curveCharts(
      evaluationOf({ classes: [classEvaluation("bottle", methodResult({ curves: { regionOverlap: RISING } }))] }),
    );
    expect(countOf(overlap, DOTTED)).toBe(0);
    // At 0.3 the curve has reached 0.9 * 0.3 / 0.5.
    expect(overlap).toContain("0.54 at 0.3");
    expect(overlap).toContain("divided by 0.3, is AUPRO");
  });

  it("stay small with thousands of classes of hostile names and many methods", () => {
    const methods = Array.from({ length: 30 }, (_, i) => ({ name: `${EVIL}${i}`, description: "" }));
    const long = Array.from({ length: 400 }, (_, i) => [i / 399, Math.sqrt(i / 399)] as const);
    const result = methodResult({ curves: { imageRoc: long, pixelRoc: long, regionOverlap: long } });
    const names = methods.map(({ name }) => name);
    const classes = Array.from({ length: 2000 }, (_, i) => classEvaluation(`${EVIL}${i}`.repeat(20), result, names));
    const html = curveCharts(evaluationOf({ methods, classes }));
    expect(html.length).toBeLessThan(400_000);
    expect(html).not.toContain("<script");
    expect(html).not.toMatch(/[\u202e\0]/);
    expect(html).toContain("Thin lines are the first 30 classes");
    expect(html).toContain("Of 30 methods the first 8 are drawn.");
  });
});
