/** The table of an ablation: a row for each way to learn, columns for each set's metrics. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TableFormat } from "../evaluation/evaluation-tables.ts";
import type { MetricId } from "../evaluation/metric-names.ts";
import { csvTable, type Figure, type MetricsTable, markdownTable, textTable } from "../evaluation/metrics-table.ts";
import { onDisk } from "../results/results-folder.ts";

export interface AblationTable {
  title: string;
  description: string;
  /** The data sets that rows are judged by. */
  tests: readonly string[];
  metrics: readonly MetricId[];
  rows: {
    name: string;
    /** For each test set, the means over its classes. */
    means: readonly Readonly<Partial<Record<MetricId, Figure>>>[];
    /** What the row took, with whatever was not cached. */
    seconds: number;
  }[];
}

/** The table; where there are several test sets, one for each. */
export function formatAblation(table: AblationTable, format: TableFormat): string {
  if (format === "json") return `${JSON.stringify(table, null, 2)}\n`;
  const { title, description, tests, metrics, rows } = table;
  if (format === "csv") {
    const labelled = tests.flatMap((test, i) =>
      rows.map(({ name, means }) => ({ labels: [test, name], figures: means[i]! })),
    );
    return csvTable({ labels: ["Set", "Row"], metrics, rows: labelled });
  }
  const parts = tests.map((test, i) => {
    const one: MetricsTable = {
      labels: [tests.length === 1 ? "" : test],
      metrics,
      rows: rows.map(({ name, means }) => ({ labels: [name], figures: means[i]! })),
    };
    return format === "markdown" ? markdownTable(one) : textTable(one);
  });
  const heading = format === "markdown" ? `### ${title}` : title;
  return `${[heading, ...(description ? [description.trim()] : []), ...parts].join("\n\n")}`;
}

/** Writes `ablation.md`, `ablation.csv` and `ablation.json`. */
export async function writeAblationTables(folder: string, table: AblationTable): Promise<void> {
  await onDisk(folder, "write to", async () => {
    await writeFile(join(folder, "ablation.md"), formatAblation(table, "markdown"));
    await writeFile(join(folder, "ablation.csv"), formatAblation(table, "csv"));
    await writeFile(join(folder, "ablation.json"), formatAblation(table, "json"));
  });
}
