/** The page about a data set. Everything that comes from outside passes `escapeHtml` here or in the charts. */

import { escapeHtml } from "../html.ts";
import { pageEnd, pageStart, settingsList, tile, timeElement } from "../results/page.ts";
import type { Protocol } from "../results/run-file.ts";
import { groupedBy } from "./dataset-charts.ts";
import { EXPLAIN_STYLE } from "./explain-style.ts";
import type { DatasetMeasurements } from "./measure-dataset.ts";
import type { MissingVariant } from "./prompt-variants.ts";

export interface DatasetPageFacts {
  /** Name of the data set. */
  title: string;
  measured: DatasetMeasurements;
  /** Of the pictures shown; null where all are normal or all abnormal. */
  auroc: number | null;
  /** Length of the arrows in the chart, as a share of their own. */
  arrowScale: number;
  missing: readonly MissingVariant[];
  /** What went wrong with some pictures. */
  notes: readonly string[];
  protocol: Protocol;
  now: Date;
}

/** More groups than the chart has colours for share them. */
const COLOURS = 12;
const NOTES_SHOWN = 100;

/** The whole page. */
export function datasetPage(facts: DatasetPageFacts, planeSvg: string, axisSvg: string): string {
  const { title, measured, arrowScale, missing, notes, protocol } = facts;
  const { points } = measured;
  const by = groupedBy(points);
  const groups = new Set(points.map(({ sample }) => (by === "class" ? sample.className : sample.specie))).size;
  const repeated = groups > COLOURS ? ` Colours repeat after ${COLOURS}.` : "";
  const length = arrowScale === 1 ? "" : ` (drawn at 1/${Math.round(1 / arrowScale)} of its length)`;
  const plane = `Principal components of the image features. CLIP keeps pictures and texts apart (the cosine between their means is ${measured.modalityCosine.toFixed(2)}),
so each is drawn about its own middle: an arrow${length} leads from the normal to the abnormal text of a prompt, and shows how far the two states part along what pictures differ by most.`;
  const axis = `The horizontal place is the cosine with the abnormal prompt minus that with the normal one, which is what the score is made of: right of the dashed line a picture counts as abnormal. The vertical place is what the pictures differ by most besides.`;
  return [
    pageStart({ title: `Features of ${title}`, style: EXPLAIN_STYLE }),
    headline(facts),
    `<div class="charts">
<figure class="card">${planeSvg}<figcaption>${plane} <span class="soft">(features.svg, features.png)</span></figcaption></figure>
<figure class="card">${axisSvg}<figcaption>${axis} <span class="soft">(score-axis.svg, score-axis.png)</span></figcaption></figure>
</div>
<p class="soft">Colours tell the ${by} of a picture, its shape whether it is normal; a point names its picture where a pointer rests on it.${repeated} All numbers are in features.csv.</p>\n`,
    missing.length === 0 ? "" : `<ul class="points">${missing.map(missingItem).join("\n")}</ul>\n`,
    noteList(notes),
    `<h2>Protocol</h2>\n${settingsList(protocol)}`,
    pageEnd(),
  ].join("");
}

// --- internal ---

function headline({ title, measured, auroc, now }: DatasetPageFacts): string {
  const { points } = measured;
  const abnormal = points.filter(({ sample }) => sample.abnormal).length;
  const tiles = [
    tile("Normal", (points.length - abnormal).toLocaleString("en")),
    tile("Abnormal", abnormal.toLocaleString("en")),
    auroc === null ? "" : tile("AUROC of these", auroc.toFixed(3)),
  ];
  return `<h1>Features of ${escapeHtml(title)}</h1>
<p class="soft">Explained by anomalyclip, ${timeElement(now)}. The charts lie beside this page as files.</p>
<dl class="tiles">${tiles.join("")}</dl>
`;
}

function missingItem({ name, reason }: MissingVariant): string {
  return `<li class="missing">${escapeHtml(`${name}: not shown; ${reason}.`)}</li>`;
}

function noteList(notes: readonly string[]): string {
  if (notes.length === 0) return "";
  const items = notes.slice(0, NOTES_SHOWN).map((note) => `<li>${escapeHtml(note)}</li>`);
  if (notes.length > NOTES_SHOWN) items.push(`<li>and ${notes.length - NOTES_SHOWN} more</li>`);
  return `<h2>Left out</h2>\n<ul class="card notes">${items.join("")}</ul>\n`;
}
