/** Tables of metrics, for the terminal, for Markdown and for spreadsheets. */

import { stringify } from "csv-stringify/sync";
import { printable } from "../printable.ts";
import type { Measured } from "./evaluation.ts";
import { METRICS, type MetricId } from "./metric-names.ts";

/** A figure, 0..1. */
export type Figure = Measured & {
  /** Of how many classes it is the mean, where that is not all of them. */
  classes?: number;
};

export interface MetricsTable {
  /** Over the columns that say what a row is about, such as `Class`. */
  labels: readonly string[];
  metrics: readonly MetricId[];
  rows: readonly MetricsRow[];
}

export interface MetricsRow {
  /** One for each label column. */
  labels: readonly string[];
  /** A metric that is not there has an empty cell. */
  figures: Readonly<Partial<Record<MetricId, Figure>>>;
}

/**
 * A table as text. Figures are percentages with one decimal, as papers print them; `n/a` and means of fewer classes carry
 * the number of a footnote below.
 */
export function textTable(table: MetricsTable): string {
  const { lines, footnotes } = shownLines(table);
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => [...line[column]!].length)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => {
        const space = " ".repeat(widths[column]! - [...cell].length);
        return column < table.labels.length ? cell + space : space + cell;
      })
      .join("  ")
      .trimEnd(),
  );
  return `${[...text, ...footnotes.map((note, i) => `(${i + 1}) ${note}`)].join("\n")}\n`;
}

/** The same as {@link textTable} in Markdown. */
export function markdownTable(table: MetricsTable): string {
  const { lines, footnotes } = shownLines(table);
  const row = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = lines[0]!.map((_, column) => (column < table.labels.length ? "---" : "---:"));
  const notes = footnotes.map((note, i) => `(${i + 1}) ${note}`);
  const below = notes.length > 0 ? `\n${notes.join("  \n")}\n` : "";
  return `${row(lines[0]!)}\n|${rule.join("|")}|\n${lines.slice(1).map(row).join("\n")}\n${below}`;
}

/** Names of metrics over the columns; figures 0..1 in full precision, empty where they are not defined. */
export function csvTable({ labels, metrics, rows }: MetricsTable): string {
  const header = [...labels.map((label) => label.toLowerCase()), ...metrics];
  const lines = rows.map((row) => [...row.labels, ...metrics.map((id) => row.figures[id]?.value ?? "")]);
  return stringify([header, ...lines], { escape_formulas: true });
}

// --- internal ---

/** Header and rows as they are shown, and what their footnotes say. */
function shownLines({ labels, metrics, rows }: MetricsTable): { lines: string[][]; footnotes: string[] } {
  const footnotes: string[] = [];
  const mark = (note: string) => {
    if (!footnotes.includes(note)) footnotes.push(note);
    return `(${footnotes.indexOf(note) + 1})`;
  };
  const show = (figure: Figure | undefined): string => {
    if (figure === undefined) return "";
    if (figure.value === null) return `n/a ${mark(figure.reason)}`;
    const percent = (100 * figure.value).toFixed(1);
    return figure.classes === undefined
      ? percent
      : `${percent} ${mark(`mean of the ${figure.classes} classes where it is defined`)}`;
  };
  return {
    lines: [
      [...labels, ...metrics.map((id) => METRICS[id].heading)],
      ...rows.map((row) => [...row.labels.map(printable), ...metrics.map((id) => show(row.figures[id]))]),
    ],
    footnotes,
  };
}
