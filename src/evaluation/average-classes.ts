/** The mean over classes, as tables of the field have it. */

import type { ClassEvaluation, Evaluation } from "./evaluation.ts";
import type { MetricId } from "./metric-names.ts";
import type { Figure } from "./metrics-table.ts";

type Figures = Readonly<Partial<Record<MetricId, Figure>>>;

/** The mean of each method, see {@link averageFigures}. */
export function averageClasses(
  classes: readonly ClassEvaluation[],
  methods: readonly string[],
  metrics: readonly MetricId[],
): Evaluation["mean"] {
  const meanOf = (method: string) =>
    averageFigures(
      classes.map((one) => one.methods[method]!.metrics),
      metrics,
    );
  return Object.fromEntries(methods.map((method) => [method, meanOf(method)]));
}

/**
 * The unweighted mean of each metric over the classes where it is defined; `classes` says how many where not all are.
 * Where none is, the reasons of the classes.
 */
export function averageFigures(classes: readonly Figures[], metrics: readonly MetricId[]): Record<MetricId, Figure> {
  const mean: Partial<Record<MetricId, Figure>> = {};
  for (const id of metrics) {
    const figures = classes.map((one) => one[id]!);
    const values = figures.flatMap(({ value }) => (value === null ? [] : [value]));
    if (values.length === 0) {
      const reasons = new Set(figures.flatMap((figure) => (figure.value === null ? [figure.reason] : [])));
      mean[id] = { value: null, reason: [...reasons].join("; ") };
      continue;
    }
    const value = values.reduce((sum, one) => sum + one, 0) / values.length;
    mean[id] = values.length === figures.length ? { value } : { value, classes: values.length };
  }
  return mean as Record<MetricId, Figure>;
}
