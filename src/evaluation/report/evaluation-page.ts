/** The report of an evaluation as HTML, without scripts. */

import { pageEnd, pageStart, settingsList, tile, timeElement } from "../../results/page.ts";
import type { Evaluation } from "../evaluation.ts";
import { METRICS } from "../metric-names.ts";
import { curveCharts } from "./curve-charts.ts";
import { EVALUATION_STYLE } from "./evaluation-style.ts";
import { type DrawnExhibit, exhibitCards } from "./exhibit-cards.ts";
import { figureTables } from "./figure-tables.ts";
import { countText, cutText, nameHtml, percentText, pluralText } from "./report-text.ts";
import { scoreHistograms } from "./score-histograms.ts";

/** Pictures that are shown, and how many could not be read any more. */
export interface DrawnExhibits {
  exhibits: readonly DrawnExhibit[];
  missing: number;
}

/** Notes that are told at most. */
const MOST_NOTES = 100;

/** The whole page. */
export function evaluationPage(
  evaluation: Evaluation,
  { best, worst }: { best: DrawnExhibits; worst: DrawnExhibits },
  now: Date,
): string {
  const { dataset, protocol, notes } = evaluation;
  const threshold = typeof protocol.threshold === "number" ? protocol.threshold : null;
  return [
    pageStart({ title: `${cutText(dataset.title, 200)}: evaluation`, style: EVALUATION_STYLE }),
    headline(evaluation, now),
    figureTables(evaluation),
    curveCharts(evaluation),
    scoreHistograms(evaluation),
    exhibitCards({ ...best, ...BEST }, threshold),
    exhibitCards({ ...worst, ...WORST }, threshold),
    noteList(notes),
    protocolList(protocol),
    pageEnd(),
  ].join("");
}

// --- internal ---

const BEST = {
  title: "Best pictures",
  explanation:
    "Abnormal pictures with the highest scores and normal ones with the lowest. Beside each is its map, all on one scale; lines are the outline of the true mask.",
};

const WORST = {
  title: "Worst pictures",
  explanation: "Abnormal pictures with the lowest scores and normal ones with the highest.",
};

function headline(evaluation: Evaluation, now: Date): string {
  const { dataset, methods, metrics, classes, mean, notes } = evaluation;
  const [method] = methods;
  const figures = mean[method!.name] ?? {};
  const sum = (of: (one: Evaluation["classes"][number]) => number) => classes.reduce((all, one) => all + of(one), 0);
  const normal = sum((one) => one.normal);
  const abnormal = sum((one) => one.abnormal);
  const failed = sum((one) => one.failed);
  const missing = metrics.flatMap((id) => {
    const figure = figures[id];
    return figure?.value === null ? [`${METRICS[id].heading}: n/a, ${nameHtml(figure.reason, 300)}.`] : [];
  });
  const tiles = [
    ...metrics.map((id) => {
      const value = figures[id]?.value;
      return typeof value === "number" ? tile(METRICS[id].heading, `${percentText(value)}<small>%</small>`) : "";
    }),
    tile(
      "Pictures",
      `${countText(normal + abnormal)} <small class="under">${countText(normal)} normal, ${countText(abnormal)} abnormal</small>`,
    ),
    classes.length > 1 ? tile("Classes", countText(classes.length)) : "",
    failed > 0 ? tile("Not read", countText(failed), true) : "",
  ];
  const means = classes.length > 1 ? ` Figures are means over ${pluralText(classes.length, "class", "classes")}.` : "";
  const seeNotes = notes.length > 0 ? ` See <a href="#notes">${pluralText(notes.length, "note")}</a>.` : "";
  return `<h1>${nameHtml(dataset.title, 200)}</h1>
<p class="soft">Evaluation of ${nameHtml(method!.name)} (${nameHtml(method!.description, 200)}), written by anomalyclip, ${timeElement(now)}.${means} All figures are in metrics.csv and metrics.json beside this page.${seeNotes}</p>
<dl class="tiles">${tiles.join("")}</dl>
${missing.length > 0 ? `<p class="soft">${missing.join(" ")}</p>\n` : ""}`;
}

function noteList(notes: readonly string[]): string {
  if (notes.length === 0) return "";
  const items = notes.slice(0, MOST_NOTES).map((note) => `<li>${nameHtml(note, 1000)}</li>`);
  if (notes.length > MOST_NOTES)
    items.push(`<li>and ${countText(notes.length - MOST_NOTES)} more in metrics.json</li>`);
  return `<h2 id="notes">Notes</h2>\n<ul class="card notes">${items.join("")}</ul>\n`;
}

function protocolList(protocol: Evaluation["protocol"]): string {
  const entries = Object.entries(protocol).map(([name, value]) => [cutText(name, 80), cutText(String(value), 1000)]);
  return `<h2>Protocol</h2>\n<div class="protocol">${settingsList(Object.fromEntries(entries))}</div>\n`;
}
