/** The parts of the report as HTML. Everything that comes from outside passes `escapeHtml` or `fileHref` here. */

import { basename } from "node:path";
import { escapeHtml, fileHref } from "../html.ts";
import type { Region } from "../image/regions.ts";
import { formatScore, type ScoreHistogram } from "./histogram.ts";
import { pageEnd, pageStart, settingsList, tile, timeElement } from "./page.ts";
import type { DetectedRecord, FailedRecord } from "./record.ts";
import { REPORT_SCRIPT } from "./report-script.ts";
import { REPORT_STYLE } from "./report-style.ts";
import { RESULT_FILES } from "./results-folder.ts";
import type { Protocol } from "./run-file.ts";

export interface Counts {
  normal: number;
  abnormal: number;
  failed: number;
}

/** Two JPEG pictures in base64. */
export interface Thumbnails {
  picture: string;
  overlay: string;
}

/** Regions listed for one picture; the others are counted. */
const REGIONS_SHOWN = 4;

/** The beginning of the page. */
export function head(): string {
  return pageStart({ title: "Anomaly report", style: REPORT_STYLE, script: REPORT_SCRIPT });
}

/** Counts, histogram and protocol. */
export function summary(
  counts: Counts,
  threshold: number | null,
  histogram: ScoreHistogram,
  protocol: Protocol,
  now: Date,
): string {
  const detected = counts.normal + counts.abnormal;
  const share = detected === 0 ? "" : ` <small>of ${detected.toLocaleString("en")}</small>`;
  const tiles = [
    tile("Abnormal", counts.abnormal.toLocaleString("en") + share, counts.abnormal > 0),
    tile("Normal", counts.normal.toLocaleString("en")),
    counts.failed > 0 ? tile("Failed", `<a href="#failed">${counts.failed.toLocaleString("en")}</a>`, true) : "",
    threshold === null ? "" : tile("Threshold", formatScore(threshold)),
  ];
  const chart =
    threshold === null
      ? ""
      : `<h2>Scores</h2>
<div class="card">
<p class="legend"><span><i class="normal"></i>normal</span><span><i class="abnormal"></i>abnormal</span></p>
${histogram.toSvg(threshold)}
</div>
`;
  return `<h1>Anomaly report</h1>
<p class="soft">Written by anomalyclip, ${timeElement(now)}. Every picture is in results.csv and results.jsonl beside this page.</p>
<dl class="tiles">${tiles.join("")}</dl>
${chart}${settingsList(protocol)}`;
}

/** The pictures that could not be looked at; nothing where there are none. */
export function failures(records: readonly FailedRecord[], total: number): string {
  if (total === 0) return "";
  const items = records.map((record) => `<li><b>${escapeHtml(record.image)}</b>: ${escapeHtml(record.error)}</li>`);
  if (total > records.length) items.push(`<li>and ${total - records.length} more, listed in results.csv</li>`);
  return `<h2 id="failed">Failed</h2>\n<div class="card failed"><ul>${items.join("\n")}</ul></div>\n`;
}

/** The beginning of the table of pictures. */
export function tableStart(listed: number, total: number, thumbnails: number): string {
  const notes = [
    "Regions are told strongest first, in the picture's own pixels; a peak is the map's value for one layer, 0 to 1.",
  ];
  if (listed < total) notes.push(`The ${listed} highest scores of ${total} are listed.`);
  if (listed > thumbnails) notes.push(`Pictures are shown for the ${thumbnails} highest scores.`);
  const heading = (key: string, label: string, sorted = "") =>
    `<th scope="col"${sorted}><button type="button" data-sort="${key}">${label}</button></th>`;
  return `<h2>Pictures</h2>
<p class="soft">${notes.join(" ")}</p>
<div class="card frame">
<table>
<thead><tr><th scope="col">Picture and map</th>${heading("name", "Name")}${heading("score", "Score", ' aria-sort="descending"')}${heading("verdict", "Verdict")}<th scope="col">Regions</th></tr></thead>
<tbody>
`;
}

/** One picture. `href` leads to it, relative to the page. */
export function row(record: DetectedRecord, rank: number, thumbnails: Thumbnails | null, href: string): string {
  const name = escapeHtml(record.image);
  const picture = fileHref(href);
  const overlay = record.overlay && fileHref(`${RESULT_FILES.overlays}/${basename(record.overlay)}`);
  const verdict = record.verdict;
  const width = Math.min(100, Math.max(0, record.score * 100)).toFixed(1);
  return `<tr data-score="${record.score}" data-name="${name}" data-verdict="${verdict}">
<td>${pair(name, picture, overlay, thumbnails)}</td>
<td class="name"><a href="${picture}">${name}</a><div class="soft">#${rank} · ${record.width} × ${record.height} px · map ${perLayer(record.mapMin, record)}\u2013${perLayer(record.mapMax, record)}</div></td>
<td class="score">${formatScore(record.score)}<svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="rail" width="100" height="6" rx="1"/><rect class="${verdict}" width="${width}" height="6" rx="1"/></svg></td>
<td><span class="badge ${verdict}">${verdict}</span></td>
<td class="regions">${regionList(record)}</td>
</tr>
`;
}

/** The end of the table. */
export function tableEnd(): string {
  return "</tbody>\n</table>\n</div>\n";
}

/** The end of the page. */
export function end(): string {
  return pageEnd({ script: REPORT_SCRIPT });
}

// --- internal ---

function perLayer(value: number, record: DetectedRecord): string {
  return (value / Math.max(1, record.layers)).toFixed(2);
}

function pair(name: string, picture: string, overlay: string | null, thumbnails: Thumbnails | null): string {
  if (!thumbnails) return overlay ? `<a class="file" href="${overlay}">map</a>` : "";
  const image = (href: string, data: string, alt: string) =>
    `<a href="${href}"><img alt="${alt}" decoding="async" src="data:image/jpeg;base64,${data}"></a>`;
  const drawn = image(overlay ?? picture, thumbnails.overlay, `Map of ${name}`);
  return `<div class="pair">${image(picture, thumbnails.picture, name)}${drawn}</div>`;
}

function regionList(record: DetectedRecord): string {
  if (record.regions.length === 0) return "none";
  const shown = record.regions.slice(0, REGIONS_SHOWN).map((region) => `<li>${describe(region, record)}</li>`);
  const rest = record.regions.length - shown.length;
  return `<ol>${shown.join("")}</ol>${rest > 0 ? `and ${rest} more` : ""}`;
}

function describe(region: Region, record: DetectedRecord): string {
  return `<b>${perLayer(region.peak, record)}</b> at ${region.x}, ${region.y}: ${region.width} × ${region.height}`;
}
