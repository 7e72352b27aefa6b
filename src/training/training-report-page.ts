/** The training report as HTML. Everything that comes from outside passes `escapeHtml` or `lineChart` here. */

import { basename } from "node:path";
import { escapeHtml } from "../html.ts";
import { lineChart, type Marker, type Series } from "../plots/line-chart.ts";
import type { RunningMeans } from "../plots/running-means.ts";
import { pageEnd, pageStart, settingsList, tile, timeElement } from "../results/page.ts";
import { PAGE_STYLE } from "../results/page-style.ts";
import type { EpochLine, Losses } from "./training-log.ts";
import type { ClassCounts, LogSummary, LossCurves, TrainingFacts } from "./training-report.ts";

/** The whole page. */
export function trainingPage(facts: TrainingFacts, log: LogSummary): string {
  const title = facts.title ?? "Training report";
  return [
    pageStart({ title, style: PAGE_STYLE }),
    headline(title, facts, log),
    notes(facts.notes),
    charts(facts, log),
    Object.keys(facts.options).length === 0 ? "" : `<h2>Options</h2>\n${settingsList(facts.options)}`,
    dataTable(facts.data),
    epochTable(facts, log),
    pageEnd(),
  ].join("");
}

// --- internal ---

function headline(title: string, facts: TrainingFacts, log: LogSummary): string {
  const { state, bestEpoch, now = new Date() } = facts;
  const last = log.epochs.at(-1);
  const auroc = log.best?.validation?.auroc ?? null;
  const done = last?.epoch ?? 0;
  const badge = state === "stopped early" ? `${state} at epoch ${count(done)}` : state;
  const tiles = [
    tile("Epochs", `${count(done)} <small>of ${count(facts.epochs)}</small>`),
    bestEpoch === null ? "" : tile("Best epoch", count(bestEpoch)),
    last ? tile("Loss", `${last.loss.toPrecision(3)} <small>from ${log.firstLoss!.toPrecision(3)}</small>`) : "",
    auroc === null ? "" : tile("AUROC of the best", formatAuroc(auroc)),
    last ? tile("Time", formatDuration(log.seconds).replace(/[a-z]+/g, "<small>$&</small>")) : "",
  ];
  const reload = state === "running" ? " The run goes on: reload the page for later epochs." : "";
  return `<h1>${escapeHtml(title)} <span class="badge normal">${badge}</span></h1>
<p class="soft">Written by anomalyclip, ${timeElement(now)}.${reload} Every step is in ${escapeHtml(basename(facts.log))}.</p>
<dl class="tiles">${tiles.join("")}</dl>
`;
}

function notes(lines: readonly string[]): string {
  if (lines.length === 0) return "";
  return `<h2>Notes</h2>\n<ul class="card notes">${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join("")}</ul>\n`;
}

function charts({ bestEpoch, localWeight }: TrainingFacts, log: LogSummary): string {
  if (isEmpty(log.perStep.total) && isEmpty(log.perEpoch.total)) return "";
  const marker: Marker | undefined = log.best ? { x: bestEpoch!, label: `best: epoch ${bestEpoch}` } : undefined;
  const loss = { yLabel: "loss" };
  const epoch = { xLabel: "epoch", marker };
  const drawn = [
    isEmpty(log.perEpoch.total)
      ? ""
      : lineChart({ title: "Loss per epoch", ...epoch, ...loss, series: lossSeries(log.perEpoch, localWeight) }),
    isEmpty(log.perStep.total)
      ? ""
      : lineChart({ title: "Loss per step", xLabel: "step", ...loss, series: lossSeries(log.perStep, localWeight) }),
    isEmpty(log.validationLoss)
      ? ""
      : lineChart({
          title: "Training and validation loss",
          ...epoch,
          ...loss,
          series: [seriesOf("training", log.perEpoch.total), seriesOf("validation", log.validationLoss)],
        }),
    isEmpty(log.validationAuroc)
      ? ""
      : lineChart({
          title: "Validation AUROC of pictures",
          ...epoch,
          yLabel: "AUROC",
          series: [seriesOf("validation", log.validationAuroc)],
        }),
  ];
  const cards = drawn.filter(Boolean).map((svg) => `<div class="card">${svg}</div>`);
  return `<h2>Curves</h2>\n<div class="charts">\n${cards.join("\n")}\n</div>\n`;
}

/** Where there is only one part, it is the whole. */
function lossSeries({ total, global, weightedLocal }: LossCurves, localWeight: number): Series[] {
  if (isEmpty(weightedLocal)) return [seriesOf("global", total)];
  if (isEmpty(global)) return [seriesOf(localName(localWeight), total)];
  return [seriesOf("total", total), seriesOf("global", global), seriesOf(localName(localWeight), weightedLocal)];
}

function seriesOf(name: string, means: RunningMeans): Series {
  return { name, points: means.points(), meanOf: means.each };
}

function isEmpty(means: RunningMeans): boolean {
  return means.points().length === 0;
}

function localName(localWeight: number): string {
  return `local × ${localWeight}`;
}

function dataTable(classes: readonly ClassCounts[]): string {
  if (classes.length === 0) return "";
  const row = (name: string, counts: Omit<ClassCounts, "name">) =>
    `<tr><th scope="row" class="text">${name}</th><td>${count(counts.normal)}</td><td>${count(counts.abnormal)}</td><td>${count(counts.withMask)}</td></tr>`;
  const rows = classes.map((counts) => row(escapeHtml(counts.name), counts));
  const sum = (key: Exclude<keyof ClassCounts, "name">) => classes.reduce((total, counts) => total + counts[key], 0);
  const total = row("All", { normal: sum("normal"), abnormal: sum("abnormal"), withMask: sum("withMask") });
  return `<h2>Data</h2>
${table(["Class", "Normal", "Abnormal", "With mask"], rows, classes.length > 1 ? total : "")}`;
}

function epochTable({ bestEpoch, localWeight }: TrainingFacts, log: LogSummary): string {
  if (log.epochs.length === 0) return "";
  const columns = columnsOf(log.epochs, localWeight);
  const rows = log.epochs.map((line) => {
    const best = line.epoch === bestEpoch ? ' class="best"' : "";
    const cells = columns.map(({ text }) => `<td>${text(line)}</td>`);
    return `<tr${best}><th scope="row">${count(line.epoch)}${best ? " (best)" : ""}</th>${cells.join("")}</tr>`;
  });
  const left = log.epochCount - log.epochs.length;
  const note =
    left > 0 ? `<p class="soft">The last ${count(log.epochs.length)} of ${count(log.epochCount)}.</p>\n` : "";
  return `<h2>Epochs</h2>\n${note}${table(["Epoch", ...columns.map(({ name }) => name)], rows)}`;
}

/** The columns that have something to say. */
function columnsOf(epochs: readonly EpochLine[], localWeight: number) {
  const column = (name: string, value: (line: EpochLine) => number | null | undefined, format = formatLoss) => ({
    name,
    used: epochs.some((line) => typeof value(line) === "number"),
    text: (line: EpochLine) => {
      const found = value(line);
      return typeof found === "number" ? format(found) : "–";
    },
  });
  const weighted = (losses: Losses | null) => (losses?.local == null ? null : losses.local * localWeight);
  const local = localName(localWeight);
  return [
    column("Loss", (line) => line.loss),
    column("Global", (line) => line.global),
    column(capitalize(local), weighted),
    column("Validation loss", (line) => line.validation?.loss),
    column("Validation global", (line) => line.validation?.global),
    column(`Validation ${local}`, (line) => weighted(line.validation)),
    column("Validation AUROC", (line) => line.validation?.auroc, formatAuroc),
    column("Time", (line) => line.seconds, formatDuration),
  ].filter(({ used }) => used);
}

function table(headings: readonly string[], rows: readonly string[], foot = ""): string {
  const cells = headings.map((heading) => `<th scope="col">${heading}</th>`).join("");
  return `<div class="card frame">
<table class="numbers">
<thead><tr>${cells}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
${foot ? `<tfoot>${foot}</tfoot>\n` : ""}</table>
</div>
`;
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function count(value: number): string {
  return value.toLocaleString("en");
}

/** A loss for people: four decimals, or four digits where it is very small or large. */
function formatLoss(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(3) : value.toFixed(4);
}

function formatAuroc(value: number): string {
  return value.toFixed(3);
}

function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${count(Math.floor(whole / 3600))} h ${Math.floor((whole % 3600) / 60)} min`;
}
