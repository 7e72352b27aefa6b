import { describe, expect, it } from "vitest";
import { MOST_POINTS, RunningMeans } from "./running-means.ts";

function meansOf(count: number): RunningMeans {
  const means = new RunningMeans();
  for (let i = 1; i <= count; i++) means.add(i, 10 * i);
  return means;
}

describe("running means", () => {
  it("keep a short series as it is", () => {
    const means = meansOf(MOST_POINTS);
    expect(means.each).toBe(1);
    expect(means.points()).toHaveLength(MOST_POINTS);
    expect(means.points().slice(0, 2)).toEqual([
      [1, 10],
      [2, 20],
    ]);
  });

  it("join every two points as soon as there is one too many", () => {
    const means = meansOf(MOST_POINTS + 1);
    expect(means.each).toBe(2);
    expect(means.points()).toHaveLength(MOST_POINTS / 2 + 1);
    expect(means.points()[0]).toEqual([1.5, 15]);
    expect(means.points().at(-1)).toEqual([MOST_POINTS + 1, 10 * (MOST_POINTS + 1)]);
  });

  it("stay few, whatever the length, each the mean of equally many neighbours", () => {
    const means = meansOf(200_000);
    expect(means.each).toBe(1024);
    const points = means.points();
    expect(points).toHaveLength(Math.ceil(200_000 / 1024));
    expect(points[0]).toEqual([512.5, 5125]);
    expect(points[1]).toEqual([1536.5, 15365]);
  });
});
