/** Explains what AnomalyCLIP makes of one picture: the paper's figures for it, as a page and as files. */

import { basename, join } from "node:path";
import { COMPARISONS } from "../anomalyclip/attention-maps.ts";
import { verdictAt } from "../anomalyclip/detection.ts";
import { decodeImage } from "../image/decode.ts";
import { type Place, requireInside } from "./choose-patches.ts";
import { DEFAULT_EXPLAIN_FOLDER, EXPLAIN_FILES, requireFree, writeExplanation } from "./explain-folder.ts";
import { figurePng } from "./figure-png.ts";
import { attentionFigure, layersFigure, mapFigure, promptsFigure, sharesOf } from "./image-figures.ts";
import { imagePage } from "./image-page.ts";
import { type AskedPatch, measureImage } from "./measure-image.ts";
import { type ModelOptions, openModel, requireFinite, shownBlocks } from "./open-model.ts";
import { panelPicture } from "./panels.ts";
import { promptVariants } from "./prompt-variants.ts";

export interface ExplainImageOptions extends ModelOptions {
  /** Folder that the files go to. Default: `anomalyclip-explain`. */
  out?: string;
  /** Replaces an earlier explanation in the folder. Default: false. */
  force?: boolean;
  /** Patches whose attention is shown, by any of their pixels, at most 16. Default: the most and the least anomalous. */
  patches?: readonly Place[];
  /**
   * Blocks to show, from 1. Default: evenly from the first with a second path to the last, at most 4 for attention and
   * 8 for similarity maps.
   */
  blocks?: readonly number[];
}

/** What came of it. */
export interface ImageExplanation {
  /** P(abnormal | image) under the learned prompts. */
  score: number;
  verdict: "normal" | "abnormal";
  /** Path of the page. */
  page: string;
  /** Paths of the figures. */
  figures: string[];
}

/**
 * Writes `explain.html`, a PNG file for each of its figures and `explain.json`: what patches attend to under Q-K, Q-Q,
 * K-K and V-V, the similarity maps of the layers on both paths, and the maps and scores under hand-written and learned
 * prompts. Nothing is written before everything is computed.
 *
 * @throws AnomalyClipError E_IMAGE for a picture that cannot be read; E_CONFIG for a place outside of it, a block that does
 *   not exist, or a folder with an earlier explanation; E_WEIGHTS, E_PROMPTS or E_DOWNLOAD for a model or prompts
 * @example
 * const { page } = await explainImage("part.jpg", { patches: [{ x: 120, y: 80 }] });
 */
export async function explainImage(path: string, options: ExplainImageOptions = {}): Promise<ImageExplanation> {
  const { out = DEFAULT_EXPLAIN_FOLDER, force = false, patches, blocks, ...modelOptions } = options;
  await requireFree(out, force);
  const image = await decodeImage(path);
  if (patches) requireInside(patches, image);
  const model = await openModel(modelOptions);
  // Before minutes of work.
  shownBlocks(model, blocks, 1);
  const variants = await promptVariants(model, options.object);
  const measured = await measureImage(model, image, variants, { patches, blocks });
  const { score } = measured;
  requireFinite(model, [score]);

  const { threshold, dpamFrom } = model.settings;
  const picture = panelPicture(image);
  const second = model.secondPath.toUpperCase();
  const names = { second, dpamFrom };
  const figures = {
    map: mapFigure(picture, image, measured),
    attention: measured.patches.map((patch) => attentionFigure(picture, patch)),
    layers: layersFigure(picture, measured.layers, names),
    prompts: promptsFigure(picture, measured.variants, names),
  };
  const all = [figures.map, ...figures.attention, figures.layers, figures.prompts];
  const files = new Map<string, Uint8Array | string>();
  for (const figure of all) files.set(`${figure.name}.png`, await figurePng(figure));
  const facts = { title: basename(path), score, threshold, grid: model.grid, second, now: new Date() };
  const { protocol } = model;
  const page = await imagePage({ ...facts, ...measured, missing: variants.missing, protocol }, figures);
  files.set(EXPLAIN_FILES.page, page);
  const verdict = verdictAt(score, threshold);
  await writeExplanation(out, files, {
    image: path,
    width: image.width,
    height: image.height,
    score,
    verdict,
    patches: measured.patches.map(patchData),
    prompts: measured.variants.map(({ variant, score }) => ({ name: variant.name, score })),
    missing: variants.missing,
    protocol,
  });
  return {
    score,
    verdict,
    page: join(out, EXPLAIN_FILES.page),
    figures: all.map(({ name }) => join(out, `${name}.png`)),
  };
}

// --- internal ---

function patchData({ blocks, ...patch }: AskedPatch) {
  const attention = blocks.flatMap(({ block, rows }) =>
    COMPARISONS.map((kind) => ({ block, kind, ...sharesOf(rows[kind], patch) })),
  );
  return { ...patch, attention };
}
