/** The figures of an evaluation as text, Markdown, CSV and JSON. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onDisk } from "../results/results-folder.ts";
import type { Evaluation } from "./evaluation.ts";
import { EVALUATION_FILES } from "./evaluation-folder.ts";
import type { MetricId } from "./metric-names.ts";
import {
  csvTable,
  type Figure,
  type MetricsRow,
  type MetricsTable,
  markdownTable,
  textTable,
} from "./metrics-table.ts";

export type TableFormat = "text" | "markdown" | "csv" | "json";

/** Over the figures that others published. */
const SOURCE =
  "Published: Zhou et al., AnomalyCLIP, ICLR 2024; ViT-L/14@336px, prompts learned on MVTec AD (for MVTec AD on VisA).";

/** All figures: a table of the methods' means with what was published, and one of the classes. */
export function formatTables(evaluation: Evaluation, format: TableFormat): string {
  if (format === "json") return `${JSON.stringify(jsonOf(evaluation), null, 2)}\n`;
  const classes = classTable(evaluation);
  if (format === "csv") return csvTable(classes);
  const summary = summaryTable(evaluation);
  const show = format === "markdown" ? markdownTable : textTable;
  if (summary === null) return show(classes);
  const source = Object.keys(evaluation.published).length > 0 ? `\n${SOURCE}\n` : "";
  return `${show(summary)}${source}\n${show(classes)}`;
}

/** Writes `metrics.json`, `metrics.csv` and `metrics.md` to the folder. */
export async function writeTables(folder: string, evaluation: Evaluation): Promise<void> {
  await onDisk(folder, "write to", async () => {
    for (const format of ["json", "csv", "markdown"] as const) {
      await writeFile(join(folder, EVALUATION_FILES[format]), formatTables(evaluation, format));
    }
  });
}

/** A row for each class and method, and the mean of each method where there are several classes. */
export function classTable({ classes, methods, metrics, mean }: Evaluation): MetricsTable {
  const several = methods.length > 1;
  const rows = methods.flatMap(({ name }): MetricsRow[] => {
    const labels = (className: string) => (several ? [name, className] : [className]);
    return [
      ...classes.map((one) => ({ labels: labels(one.className), figures: one.methods[name]!.metrics })),
      ...(classes.length > 1 ? [{ labels: labels("mean"), figures: mean[name]! }] : []),
    ];
  });
  return { labels: several ? ["Method", "Class"] : ["Class"], metrics, rows };
}

/** The means of the methods, and what was published; null where there is only one method and nothing published. */
export function summaryTable({ methods, metrics, mean, published }: Evaluation): MetricsTable | null {
  const others = Object.entries(published).map(([name, figures]): MetricsRow => {
    const shown = metrics.flatMap((id): [MetricId, Figure][] => {
      const value = figures[id];
      return value === undefined ? [] : [[id, { value }]];
    });
    return { labels: [`${name}, published`], figures: Object.fromEntries(shown) };
  });
  if (methods.length === 1 && others.length === 0) return null;
  const rows = methods.map(({ name }): MetricsRow => ({ labels: [name], figures: mean[name]! }));
  return { labels: ["Method"], metrics, rows: [...rows, ...others] };
}

// --- internal ---

/** Without what only curves and histograms need. */
function jsonOf({ dataset, methods, metrics, classes, mean, published, notes, protocol }: Evaluation) {
  return {
    dataset,
    methods,
    metrics,
    mean,
    classes: classes.map(({ methods: results, ...counts }) => ({
      ...counts,
      methods: Object.fromEntries(
        Object.entries(results).map(([name, { metrics: figures, scoreThreshold, mapThreshold }]) => [
          name,
          { metrics: figures, scoreThreshold, mapThreshold },
        ]),
      ),
    })),
    published,
    notes,
    protocol,
  };
}
