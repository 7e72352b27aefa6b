import { describe, expect, it } from "vitest";
import { ScoreHistogram } from "./histogram.ts";

describe("the histogram", () => {
  it("counts every score once, the ends included", () => {
    const histogram = new ScoreHistogram(4);
    for (const score of [0, 0.2, 0.25, 0.99, 1]) histogram.add(score, score >= 0.5 ? "abnormal" : "normal");
    expect(histogram.normal).toEqual([2, 1, 0, 0]);
    expect(histogram.abnormal).toEqual([0, 0, 0, 2]);
  });

  it("draws a single picture among ten thousand visibly", () => {
    const histogram = new ScoreHistogram(2);
    for (let i = 0; i < 10_000; i++) histogram.add(0.1, "normal");
    histogram.add(0.9, "abnormal");
    const height = /class="abnormal"[^>]* height="([\d.]+)"/.exec(histogram.toSvg(0.5))![1];
    expect(Number(height)).toBeGreaterThanOrEqual(2);
  });
});
