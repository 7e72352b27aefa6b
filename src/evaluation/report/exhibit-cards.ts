/** The pictures of the report, each with its map, as cards. */

import { fileHref } from "../../html.ts";
import { formatScore } from "../../results/histogram.ts";
import type { Exhibit } from "../evaluation.ts";
import type { ExhibitPictures } from "./exhibit-pictures.ts";
import { nameHtml, pluralText } from "./report-text.ts";

/** An exhibit, ready to be shown. */
export interface DrawnExhibit {
  exhibit: Exhibit;
  pictures: ExhibitPictures;
  /** Its file, from the folder that all files lie in. */
  name: string;
  /** Its file, from the page. */
  href: string;
}

export interface ExhibitSection {
  title: string;
  explanation: string;
  exhibits: readonly DrawnExhibit[];
  /** Pictures that could not be read any more. */
  missing: number;
}

/** A section in HTML; empty without pictures. */
export function exhibitCards(
  { title, explanation, exhibits, missing }: ExhibitSection,
  threshold: number | null,
): string {
  if (exhibits.length + missing === 0) return "";
  const cannot = missing === 0 ? "" : ` ${pluralText(missing, "picture")} could not be read any more.`;
  return `<h2>${title}</h2>
<p class="soft">${explanation}${cannot}</p>
<div class="exhibits">
${exhibits.map((one) => card(one, threshold)).join("\n")}
</div>
`;
}

// --- internal ---

function card({ exhibit, pictures, name, href }: DrawnExhibit, threshold: number | null): string {
  const { className, specie, abnormal, score } = exhibit;
  const kind = abnormal ? "abnormal" : "normal";
  const label = nameHtml(name, 200);
  const image = (data: string, alt: string) =>
    `<img alt="${alt}" width="${pictures.width}" height="${pictures.height}" decoding="async" src="data:image/jpeg;base64,${data}">`;
  const outline = pictures.outlined ? " and the outline of its mask" : "";
  return `<figure class="card">
<div class="pair">${image(pictures.picture, label)}${image(pictures.overlay, `${label} with its map${outline}`)}</div>
<figcaption><p><b>${nameHtml(className)}</b> ${nameHtml(specie)}</p>
<p><span class="badge ${kind}">${kind}</span> score <b>${formatScore(score)}</b>${verdict(abnormal, score, threshold)}</p>
<p class="small soft"><a href="${fileHref(href)}">${label}</a></p></figcaption>
</figure>`;
}

function verdict(abnormal: boolean, score: number, threshold: number | null): string {
  if (threshold === null) return "";
  const found = score >= threshold;
  if (found === abnormal) return ": right";
  return `: <span class="wrong">wrong, ${abnormal ? "missed" : "false alarm"}</span>`;
}
