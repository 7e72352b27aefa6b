import { describe, expect, it } from "vitest";
import { classEvaluation, EVIL, evaluationOf, methodResult } from "./evaluation.fixture.ts";
import { scoreHistograms } from "./score-histograms.ts";

/** What each chart tells those who cannot see it. */
function labelsIn(html: string): string[] {
  return [...html.matchAll(/aria-label="([^"]*)" fill/g)].map((match) => match[1]!);
}

describe("the histograms of scores", () => {
  it("are one for one class, with the threshold and the best F1", () => {
    expect(labelsIn(scoreHistograms(evaluationOf()))).toEqual([
      "score. normal: 3 from 0.1 to 0.4, median 0.2; abnormal: 3 from 0.3 to 0.9, median 0.8; " +
        "threshold 0.500 at 0.5; best F1 0.300 at 0.3",
    ]);
  });

  it("are one for all classes, with the best F1 of all, and one for each", () => {
    const shifted = methodResult({ scores: { normal: [0.5], abnormal: [0.95] }, scoreThreshold: 0.95 });
    const classes = [classEvaluation("bottle"), classEvaluation("cable", shifted)];
    const labels = labelsIn(scoreHistograms(evaluationOf({ classes })));
    expect(labels.map((label) => label.split(". ")[0])).toEqual(["All classes", "bottle", "cable"]);
    // 0.8 and above: three of four, without a false alarm; 0.3 and above: all, with two false alarms.
    expect(labels[0]).toContain("best F1 0.800 at 0.8");
    expect(labels[2]).toContain("best F1 0.950 at 0.95");
    for (const label of labels) expect(label).toContain("threshold 0.500 at 0.5");
  });

  it("are of the first method, and there only where pictures have scores", () => {
    const methods = ["A", "B"].map((name) => ({ name, description: "" }));
    const other = methodResult({ scores: { normal: [], abnormal: [0.123] } });
    const one = { ...classEvaluation("bottle"), methods: { A: methodResult(), B: other } };
    expect(labelsIn(scoreHistograms(evaluationOf({ methods, classes: [one] })))[0]).not.toContain("0.123");
    const none = methodResult({ scores: { normal: [], abnormal: [] } });
    expect(scoreHistograms(evaluationOf({ classes: [classEvaluation("bottle", none)] }))).toBe("");
  });

  it("leave out what is not known: a best F1 of one kind of pictures, and a threshold", () => {
    const abnormal = methodResult({ scores: { normal: [], abnormal: [0.7] }, scoreThreshold: null });
    const html = scoreHistograms(evaluationOf({ classes: [classEvaluation("skin", abnormal)], protocol: {} }));
    expect(labelsIn(html)).toEqual(["score. normal: no values; abnormal: 1 from 0.7 to 0.7, median 0.7"]);
  });

  it("share an axis that holds all scores and thresholds and no more", () => {
    const narrow = (low: number) => methodResult({ scores: { normal: [low], abnormal: [0.61] }, scoreThreshold: 0.61 });
    const classes = [classEvaluation("bottle", narrow(0.52)), classEvaluation("cable", narrow(0.58))];
    const html = scoreHistograms(evaluationOf({ classes }));
    const ticks = [...html.matchAll(/<svg xmlns.*?<\/svg>/gs)].map(([svg]) =>
      [...svg.matchAll(/>(0\.\d+)<\/text>/g)].map((match) => Number(match[1])),
    );
    expect(ticks[1]).toEqual(ticks[0]);
    expect(ticks[2]).toEqual(ticks[0]);
    expect(Math.min(...ticks[0]!)).toBe(0.5);
    expect(Math.max(...ticks[0]!)).toBe(0.65);
    const same = methodResult({ scores: { normal: [0.5], abnormal: [0.5] }, scoreThreshold: 0.5 });
    expect(scoreHistograms(evaluationOf({ classes: [classEvaluation("x", same)] }))).not.toContain("NaN");
  });

  it("are few and harmless, however many classes of hostile names", () => {
    const classes = Array.from({ length: 3000 }, (_, i) => classEvaluation(`${EVIL}${i}`.repeat(100)));
    const html = scoreHistograms(evaluationOf({ classes, methods: [{ name: "AnomalyCLIP", description: "" }] }));
    expect(labelsIn(html)).toHaveLength(21);
    expect(html).toContain("The first 20 classes are drawn.");
    expect(html.length).toBeLessThan(300_000);
    expect(html).not.toContain("<script");
    expect(html).not.toMatch(/[\u202e\0]/);
  });
});
