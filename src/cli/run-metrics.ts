/** A run of `anomalyclip metrics`. */

import { METRIC_IDS } from "../evaluation/metric-names.ts";
import { csvTable, markdownTable, textTable } from "../evaluation/metrics-table.ts";
import { scoreMaps } from "../evaluation/score-maps.ts";
import { printable } from "../printable.ts";
import type { MetricsFlags } from "./metrics.ts";
import { Progress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** Runs the command; the exit code is left in `terminal`. */
export async function runMetrics(flags: MetricsFlags, terminal: Terminal): Promise<void> {
  const { json, csv, markdown, metrics: chosen, ...options } = flags;
  // Without scores of pictures their metrics would be a row of n/a that nobody asked for.
  const metrics = chosen ?? METRIC_IDS.filter((id) => options.scores !== undefined || !id.startsWith("image-"));
  let bar: Progress | null = null;
  try {
    const rows = await scoreMaps({
      ...options,
      metrics,
      onNote: (text) => terminal.stderr.write(`anomalyclip: ${printable(text)}\n`),
      onMap: ({ total }) => {
        bar ??= new Progress(total, terminal.stderr, { unit: "map" });
        bar.step();
      },
    });
    const show = csv ? csvTable : markdown ? markdownTable : textTable;
    const figures = rows.map((row) => ({ class: row.labels[0], ...row.figures }));
    const table = { labels: ["Class"], metrics, rows };
    (bar as Progress | null)?.stop();
    bar = null;
    terminal.stdout.write(json ? `${JSON.stringify(figures, null, 2)}\n` : show(table));
  } finally {
    (bar as Progress | null)?.stop();
  }
}
