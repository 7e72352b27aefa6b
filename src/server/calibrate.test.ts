import fc from "fast-check";
import { expect, test } from "vitest";
import { calibrate, rateOf } from "./calibrate.ts";

test.each([
  // scipy.stats.binomtest(k, n).proportion_ci(method="exact")
  [0, 20, 0, 0.16843347],
  [5, 100, 0.01643189, 0.11283491],
  [1, 1, 0.025, 1],
  [3, 3, 0.29240177, 1],
])("%i of %i has the exact interval", (events, count, low, high) => {
  const rate = rateOf(events, count);
  expect(rate.rate).toBe(events / count);
  expect(rate.low).toBeCloseTo(low, 6);
  expect(rate.high).toBeCloseTo(high, 6);
});

test("good pictures alone: SuperADD's rule on the odds of the 95th percentile", () => {
  // numpy.percentile([0.1, 0.2, 0.3, 0.4, 0.5], 95) = 0.48
  const { threshold, rule, falseAlarms, misses } = calibrate([0.3, 0.1, 0.5, 0.2, 0.4], []);
  const odds = (1.421 * 0.48) / 0.52;
  expect(threshold).toBeCloseTo(odds / (1 + odds), 10);
  expect(rule).toBe("normals-only");
  expect(misses).toBeNull();
  expect(falseAlarms.rate).toBe(0);
  // For small scores it is the rule as it was published, to first order; it never passes 1.
  expect(calibrate([0.001, 0.001], []).threshold).toBeCloseTo(1.421 * 0.001, 5);
  expect(calibrate([1, 1], []).threshold).toBeLessThan(1);
  expect(calibrate([0], []).threshold).toBeGreaterThan(0);
});

test("good and bad pictures that can be told apart: the middle between them", () => {
  const { threshold, rule, falseAlarms, misses } = calibrate([0.1, 0.3], [0.7, 0.9]);
  expect(threshold).toBeCloseTo(0.5, 10);
  expect(rule).toBe("balanced");
  expect([falseAlarms.rate, misses?.rate]).toEqual([0, 0]);
});

test("no threshold has fewer false alarms and misses together, whatever the scores", () => {
  const scores = fc.array(
    fc.integer({ min: 0, max: 20 }).map((level) => level / 20),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(scores, scores, (normal, abnormal) => {
      const found = calibrate(normal, abnormal);
      const cost = (threshold: number) =>
        normal.filter((score) => score >= threshold).length / normal.length +
        abnormal.filter((score) => score < threshold).length / abnormal.length;
      expect(found.falseAlarms.rate + found.misses!.rate).toBeCloseTo(cost(found.threshold), 10);
      const best = Math.min(...Array.from({ length: 43 }, (_, i) => cost((i - 1) / 40)));
      // A threshold is at most 1, where a score of 1 is still abnormal.
      expect(cost(found.threshold)).toBeLessThanOrEqual(best + 1e-9);
    }),
  );
});
