/** The page about a picture. Everything that comes from outside passes `escapeHtml` here or in `figureHtml`. */

import { verdictAt } from "../anomalyclip/detection.ts";
import { escapeHtml } from "../html.ts";
import { formatScore } from "../results/histogram.ts";
import { pageEnd, pageStart, settingsList, tile, timeElement } from "../results/page.ts";
import type { Protocol } from "../results/run-file.ts";
import { EXPLAIN_STYLE } from "./explain-style.ts";
import type { Figure } from "./figure.ts";
import { figureHtml } from "./figure-html.ts";
import { formatShare, sharesOf } from "./image-figures.ts";
import type { AskedPatch, VariantMaps } from "./measure-image.ts";
import type { MissingVariant } from "./prompt-variants.ts";

/** What the page says besides its figures. */
export interface ImagePageFacts {
  /** Name of the picture. */
  title: string;
  score: number;
  threshold: number;
  /** G: patches along a side. */
  grid: number;
  /** Attention of the second path, such as `V-V`. */
  second: string;
  patches: readonly AskedPatch[];
  variants: readonly VariantMaps[];
  missing: readonly MissingVariant[];
  protocol: Protocol;
  now: Date;
}

export interface ImageFigures {
  map: Figure;
  /** One for each patch. */
  attention: readonly Figure[];
  layers: Figure;
  prompts: Figure;
}

/** The whole page. */
export async function imagePage(facts: ImagePageFacts, figures: ImageFigures): Promise<string> {
  const { second } = facts;
  const attention: string[] = [];
  for (const [i, patch] of facts.patches.entries()) {
    const heading = `<h3>The patch at ${patch.x}, ${patch.y}: ${escapeHtml(patch.why)}</h3>\n`;
    attention.push(heading, await figureHtml(figures.attention[i]!, attentionCaption(patch)));
  }
  return [
    pageStart({ title: `Explanation of ${facts.title}`, style: EXPLAIN_STYLE }),
    headline(facts),
    await figureHtml(
      figures.map,
      "What <i>detect</i> sees: the similarity of each place with the abnormal prompt rather than the normal one, smoothed.",
    ),
    "<h2>What patches attend to</h2>\n",
    `<p>CLIP’s own attention compares queries with keys (Q-K), and patches gather from all over the picture. DPAM compares like with
like (Q-Q, K-K, V-V), so that a patch attends to itself and to patches like it: its attention map is prominent on the diagonal.
All four are computed from the same input of a block and averaged over heads; the asking patch has a frame.</p>\n`,
    ...attention,
    "<h2>Layer by layer</h2>\n",
    await figureHtml(
      figures.layers,
      `The similarity map of each block under the learned prompts: on CLIP’s own path (Q-K) and on the second path (${second}), as it comes and smoothed. Where local features survive, the anomaly stands out and the rest stays low.`,
    ),
    "<h2>The same picture under other prompts</h2>\n",
    await figureHtml(figures.prompts, promptsCaption(facts)),
    variantList(facts),
    `<h2>Protocol</h2>\n${settingsList(facts.protocol)}`,
    pageEnd(),
  ].join("");
}

// --- internal ---

function headline({ title, score, threshold, grid, now }: ImagePageFacts): string {
  const verdict = verdictAt(score, threshold);
  const tiles = [
    tile("Score", formatScore(score), verdict === "abnormal"),
    tile("Threshold", formatScore(threshold)),
    tile("Patches", `${grid} <small>× ${grid}</small>`),
  ];
  return `<h1>${escapeHtml(title)} <span class="badge ${verdict}">${verdict}</span></h1>
<p class="soft">Explained by anomalyclip, ${timeElement(now)}. Each figure lies beside this page as a PNG file, the numbers in explain.json.</p>
<dl class="tiles">${tiles.join("")}</dl>
`;
}

function attentionCaption(patch: AskedPatch): string {
  const last = patch.blocks.at(-1)!;
  const share = (kind: "q-k" | "v-v") => formatShare(sharesOf(last.rows[kind], patch).itself);
  const equal = formatShare(1 / last.rows["q-k"].length);
  return `Its similarity with the abnormal prompt is ${patch.similarity.toFixed(2)}. In block ${last.block} it keeps ${share("q-k")} of its attention to itself under Q-K and ${share("v-v")} under V-V; an equal share for every token would be ${equal}.`;
}

function promptsCaption({ second, variants }: ImagePageFacts): string {
  const only =
    variants.length === 1
      ? ""
      : " The score comes from the class token of CLIP’s own path, so it is the same in both rows.";
  return `Anomaly maps of the same features, asked in different words, on CLIP’s own path (Q-K, as the paper’s baselines are) and on ${second}.${only}`;
}

function variantList({ variants, missing }: ImagePageFacts): string {
  const shown = variants.map(({ variant }) => `<li>${escapeHtml(`${variant.name}: ${variant.description}.`)}</li>`);
  const absent = missing.map(
    ({ name, reason }) => `<li class="missing">${escapeHtml(`${name}: not shown; ${reason}.`)}</li>`,
  );
  return `<ul class="points">${[...shown, ...absent].join("\n")}</ul>\n`;
}
