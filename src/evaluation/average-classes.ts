/** The mean over classes, as tables of the field have it. */

import type { ClassEvaluation, Evaluation } from "./evaluation.ts";
import type { MetricId } from "./metric-names.ts";

/**
 * The unweighted mean of each metric over the classes where it is defined; `classes` says how many where not all are.
 * Where none is, the reasons of the classes.
 */
export function averageClasses(
  classes: readonly ClassEvaluation[],
  methods: readonly string[],
  metrics: readonly MetricId[],
): Evaluation["mean"] {
  const mean: Evaluation["mean"] = {};
  for (const method of methods) {
    mean[method] = {};
    for (const id of metrics) {
      const figures = classes.map((one) => one.methods[method]!.metrics[id]!);
      const values = figures.flatMap(({ value }) => (value === null ? [] : [value]));
      if (values.length === 0) {
        const reasons = new Set(figures.flatMap((figure) => (figure.value === null ? [figure.reason] : [])));
        mean[method][id] = { value: null, reason: [...reasons].join("; ") };
        continue;
      }
      const value = values.reduce((sum, one) => sum + one, 0) / values.length;
      mean[method][id] = values.length === figures.length ? { value } : { value, classes: values.length };
    }
  }
  return mean;
}
