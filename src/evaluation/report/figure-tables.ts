/** The tables of the report: methods by metrics with what was published, and classes by metrics. */

import type { ClassEvaluation, Evaluation } from "../evaluation.ts";
import { METRICS, type MetricId } from "../metric-names.ts";
import type { Figure } from "../metrics-table.ts";
import { countText, nameHtml, percentText, pluralText } from "./report-text.ts";

type Figures = Readonly<Partial<Record<MetricId, Figure>>>;

/** Rows of classes, and of methods, at most; a table of thousands is for `metrics.csv`. */
const MOST_CLASSES = 200;
const MOST_METHODS = 20;

/** All tables, in HTML, with what has to be known to read them. */
export function figureTables(evaluation: Evaluation): string {
  const { classes, methods } = evaluation;
  const summary = methods.length > 1 || publishedRows(evaluation).length > 0;
  // The summary of a single class has all of its figures.
  const perClass = summary && classes.length === 1 ? [] : methods.slice(0, MOST_METHODS);
  const tables = perClass.map(({ name }, i) => {
    const table = classTable(evaluation, name, i === 0);
    if (!summary) return table;
    const title = `${nameHtml(name)}: each class`;
    // One table is open, the others a press away: the summary above compares.
    return i === 0
      ? `<h3>${title}</h3>\n${table}`
      : `<details class="more"><summary>${title}</summary>\n${table}</details>\n`;
  });
  return `<h2>Figures</h2>
<p class="soft">${howToRead(evaluation)}</p>
${summary ? summaryTable(evaluation) : ""}${tables.join("")}${definitions(evaluation.metrics)}`;
}

// --- internal ---

function howToRead({ classes, metrics }: Evaluation): string {
  return [
    "In percent.",
    classes.length > 1 ? "Means are unweighted over the classes where a figure is defined." : "",
    metrics.includes("aupro") || metrics.includes("aupro-200")
      ? "AUPRO (exact) and AUPRO with 200 thresholds, which papers quote, must not be compared with each other."
      : "",
  ]
    .filter(Boolean)
    .join(" ");
}

function summaryTable(evaluation: Evaluation): string {
  const { methods, metrics, mean, classes } = evaluation;
  const footnotes = new Footnotes();
  const rows = methods
    .slice(0, MOST_METHODS)
    .map(({ name, description }) =>
      row(
        `${nameHtml(name)} <small>${nameHtml(description, 200)}</small>`,
        figureCells(metrics, mean[name] ?? {}, footnotes),
      ),
    );
  if (methods.length > MOST_METHODS) rows.push(moreRow(methods.length - MOST_METHODS, 1 + metrics.length));
  const published = publishedRows(evaluation);
  const source = published.length > 0 ? `<p class="small soft">${publishedSource(evaluation)}</p>\n` : "";
  const heading = classes.length > 1 ? `Method, mean of ${countText(classes.length)} classes` : "Method";
  return `${frame([heading, ...headings(metrics)], [rows, published])}${footnotes.html()}${source}`;
}

/** Rows of the figures that others published, for metrics that are shown; none where there are no such. */
function publishedRows({ published, metrics }: Evaluation): string[] {
  return Object.entries(published).flatMap(([name, figures]) => {
    if (metrics.every((id) => figures[id] === undefined)) return [];
    const cells = metrics.map((id) => {
      const value = figures[id];
      return `<td>${value === undefined ? "–" : percentText(value)}</td>`;
    });
    return [row(`${nameHtml(name)} <span class="badge normal">published</span>`, cells)];
  });
}

function publishedSource({ dataset }: Evaluation): string {
  const source = dataset.id === "mvtec" ? "VisA" : "MVTec AD";
  return `Published: as printed by Zhou et al., “AnomalyCLIP”, ICLR 2024. AnomalyCLIP’s figures are of the large CLIP (ViT-L/14@336px) with prompts learned on the test split of ${source}. That is another protocol than this evaluation’s unless model, training data and pictures are the same.`;
}

/** A row for each class and, where there are several, their mean. */
function classTable({ classes, metrics, mean }: Evaluation, method: string, withCounts: boolean): string {
  const footnotes = new Footnotes();
  const counts = withCounts ? countColumns(classes) : [];
  const rows = classes
    .slice(0, MOST_CLASSES)
    .map((one) =>
      row(nameHtml(one.className), [
        ...figureCells(metrics, one.methods[method]?.metrics ?? {}, footnotes),
        ...counts.map(({ of }) => `<td>${countText(of(one))}</td>`),
      ]),
    );
  const columns = 1 + counts.length + metrics.length;
  if (classes.length > MOST_CLASSES) rows.push(moreRow(classes.length - MOST_CLASSES, columns));
  const sum = (of: (one: ClassEvaluation) => number) => classes.reduce((total, one) => total + of(one), 0);
  const foot = row("Mean, all pictures", [
    ...figureCells(metrics, mean[method] ?? {}, footnotes),
    ...counts.map(({ of }) => `<td>${countText(sum(of))}</td>`),
  ]);
  const head = ["Class", ...headings(metrics), ...counts.map(({ heading }) => heading)];
  return `${frame(head, [rows], classes.length > 1 ? foot : "")}${footnotes.html()}`;
}

/** Counts of pictures; masks and failures only where there is something to say. */
function countColumns(classes: readonly ClassEvaluation[]) {
  const column = (heading: string, of: (one: ClassEvaluation) => number) => ({ heading, of });
  return [
    column("Normal", ({ normal }) => normal),
    column("Abnormal", ({ abnormal }) => abnormal),
    ...(classes.some(({ withMask, abnormal }) => withMask !== abnormal)
      ? [column("With mask", ({ withMask }) => withMask)]
      : []),
    ...(classes.some(({ failed }) => failed > 0) ? [column("Not read", ({ failed }) => failed)] : []),
  ];
}

function definitions(metrics: readonly MetricId[]): string {
  const entries = metrics.map((id) => `<div><dt>${METRICS[id].heading}</dt><dd>${METRICS[id].definition}</dd></div>`);
  return `<details class="more"><summary>What the metrics are</summary>
<dl class="card definitions">${entries.join("")}</dl>
</details>
`;
}

/** Numbers the reasons why figures are missing or are means of fewer classes; the same reason has one number. */
class Footnotes {
  readonly #notes: string[] = [];

  mark(note: string): string {
    if (!this.#notes.includes(note)) this.#notes.push(note);
    return `<sup>${this.#notes.indexOf(note) + 1}</sup>`;
  }

  html(): string {
    if (this.#notes.length === 0) return "";
    const notes = this.#notes.map((note, i) => `<span><sup>${i + 1}</sup> ${nameHtml(note, 300)}</span>`);
    return `<p class="footnotes small soft">${notes.join(" ")}</p>\n`;
  }
}

function figureCells(metrics: readonly MetricId[], figures: Figures, footnotes: Footnotes): string[] {
  return metrics.map((id) => {
    const figure = figures[id];
    if (figure === undefined) return "<td></td>";
    if (figure.value === null) return `<td class="soft">n/a${footnotes.mark(figure.reason)}</td>`;
    const fewer =
      figure.classes === undefined
        ? ""
        : footnotes.mark(`mean of the ${pluralText(figure.classes, "class", "classes")} where it is defined`);
    return `<td>${percentText(figure.value)}${fewer}</td>`;
  });
}

function headings(metrics: readonly MetricId[]): string[] {
  // A hyphen is no place to break a heading in a narrow column.
  return metrics.map((id) => METRICS[id].heading.replaceAll("-", "\u2011"));
}

function row(heading: string, cells: readonly string[]): string {
  return `<tr><th scope="row" class="text">${heading}</th>${cells.join("")}</tr>`;
}

function moreRow(more: number, columns: number): string {
  return `<tr><td colspan="${columns}" class="soft">and ${countText(more)} more in metrics.csv</td></tr>`;
}

function frame(head: readonly string[], bodies: readonly (readonly string[])[], foot = ""): string {
  const cells = head.map((heading) => `<th scope="col">${heading}</th>`).join("");
  const filled = bodies.filter((rows) => rows.length > 0).map((rows) => `<tbody>\n${rows.join("\n")}\n</tbody>\n`);
  return `<div class="card frame">
<table class="numbers figures">
<thead><tr>${cells}</tr></thead>
${filled.join("")}${foot ? `<tfoot>${foot}</tfoot>\n` : ""}</table>
</div>
`;
}
