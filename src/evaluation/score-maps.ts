/** Scores anybody's anomaly maps: `.npy` files beside masks, one at a time. */

import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { glob } from "tinyglobby";
import { readTable, tableError } from "../datasets/csv-table.ts";
import { withoutMaskSuffix } from "../datasets/folder-names.ts";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { decodeMaskLevels } from "../image/decode.ts";
import { hasImageExtension } from "../image/extensions.ts";
import type { GrayImage } from "../image/image.ts";
import { decodeNpy } from "../image/npy.ts";
import { resizeGray } from "../image/resample.ts";
import { PixelMetrics } from "../metrics/pixel-metrics.ts";
import { rankingMetrics } from "../metrics/ranking.ts";
import { compareNaturally } from "../natural-order.ts";
import { printable } from "../printable.ts";
import { averageFigures } from "./average-classes.ts";
import { figuresOf, whyNoImageMetric, whyNoPixelMetric } from "./figures.ts";
import { describeMasks, describeThings, isManyValued } from "./mask-notes.ts";
import type { MetricId } from "./metric-names.ts";
import type { MetricsRow } from "./metrics-table.ts";

export interface ScoreMapsOptions {
  /** Folder of `.npy` maps, [H, W] or [1, H, W], searched to any depth. */
  maps: string;
  /** Folder of masks with the maps' paths and names, extension and a suffix such as `_mask` aside; pictures or `.npy`. */
  masks: string;
  /** CSV of image scores: columns `image` and `score`, and maybe `label` and `class`. Default: no image metrics. */
  scores?: string;
  /** Whether a map without a mask is of a normal picture. Default: false, which is an error. */
  normalWithoutMask?: boolean;
  /** Whether a mask of another size is resized to its map's. Default: false, which is an error. */
  resizeMasks?: boolean;
  /** Values of masks above this are anomalous, 0..254. Default: 0. */
  maskAbove?: number;
  metrics: readonly MetricId[];
  onNote?(text: string): void;
  onMap?(progress: { done: number; total: number }): void;
}

/**
 * Metrics of the maps: a row for each class that the CSV names, and their mean; without a CSV one row, `all`.
 *
 * @throws AnomalyClipError `E_DATASET` for maps without a mask, masks of another size, scores that are not finite and
 *   names that occur twice; `E_IMAGE` for files that cannot be read
 */
export async function scoreMaps(options: ScoreMapsOptions): Promise<MetricsRow[]> {
  const { metrics, onNote = () => {}, onMap } = options;
  const maps = await listByName(options.maps, (file) => file.endsWith(".npy"), "map");
  const masks = await listByName(options.masks, (file) => file.endsWith(".npy") || hasImageExtension(file), "mask");
  if (maps.size === 0) throw failure(options.maps, "no .npy maps found");
  const table = options.scores === undefined ? null : await readScores(options.scores);
  const classes = new Map<string, ClassScores>();
  const classOf = (name: string): ClassScores => {
    const one = classes.get(name) ?? { pixels: new PixelMetrics(), scores: [], labels: [] };
    classes.set(name, one);
    return one;
  };
  const manyValued: string[] = [];
  const used = new Set<string>();
  let done = 0;
  for (const [name, file] of maps) {
    const { map, width, height } = await readMap(file);
    const maskFile = masks.get(name);
    if (maskFile === undefined && options.normalWithoutMask !== true) {
      throw failure(file, `no mask of this name in ${options.masks}; --normal-without-mask counts such maps as normal`);
    }
    const mask = maskFile === undefined ? null : await readMask(maskFile, file, width, height, options, manyValued);
    const row = table?.get(name);
    if (table !== null && row === undefined) throw failure(options.scores!, `no score for ${name}`);
    used.add(name);
    const one = classOf(row?.className ?? "all");
    try {
      one.pixels.add(map, mask ?? new Uint8Array(map.length), width, height);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw failure(file, error.message.replace("pixel metrics: ", ""), error);
    }
    if (row !== undefined) {
      one.scores.push(row.score);
      one.labels.push(row.label ?? (mask?.includes(1) ? 1 : 0));
    }
    onMap?.({ done: ++done, total: maps.size });
  }
  const unused = [...masks.keys()].filter((name) => !used.has(name));
  if (unused.length > 0) onNote(describeMasks(unused, ["has", "have"], "no map"));
  const unscored = [...(table?.keys() ?? [])].filter((name) => !used.has(name));
  if (unscored.length > 0) {
    onNote(describeThings("score", unscored, ["has", "have"], "no map, and no part in the image metrics"));
  }
  if (manyValued.length > 0) {
    const what = `not binary; above ${options.maskAbove ?? 0} counts as anomalous`;
    onNote(describeMasks(manyValued, ["is", "are"], what));
  }
  const rows = [...classes].map(([name, { pixels, scores, labels }]): MetricsRow => {
    const result = pixels.result();
    const figures = figuresOf(metrics, {
      image: table === null ? null : rankingMetrics(scores, labels),
      pixels: result,
      whyNoImage: table === null ? "no scores are given (--scores)" : whyNoImageMetric(labels),
      whyNoPixels: whyNoPixelMetric(result),
    });
    return { labels: [name], figures };
  });
  if (rows.length > 1)
    rows.push({
      labels: ["mean"],
      figures: averageFigures(
        rows.map((row) => row.figures),
        metrics,
      ),
    });
  return rows;
}

// --- internal ---

interface ClassScores {
  pixels: PixelMetrics;
  scores: number[];
  labels: number[];
}

interface ScoreRow {
  score: number;
  label: number | null;
  className: string;
}

/** Files by their path from `root` without extension and mask suffix. */
async function listByName(
  root: string,
  isWanted: (file: string) => boolean,
  what: string,
): Promise<Map<string, string>> {
  const found = (await glob("**/*", { cwd: root, onlyFiles: true })).filter(isWanted).sort(compareNaturally);
  const files = new Map<string, string>();
  for (const path of found) {
    const name = nameOf(path, what === "mask");
    const other = files.get(name);
    if (other !== undefined) throw failure(join(root, path), `the same name as ${other}: a ${what} must be named once`);
    files.set(name, join(root, path));
  }
  return files;
}

function nameOf(path: string, isMask: boolean): string {
  const slashed = path.replaceAll("\\", "/").replace(/\.[^./]*$/, "");
  const stem = basename(slashed);
  const bare = isMask ? (withoutMaskSuffix(stem) ?? stem) : stem;
  return slashed.slice(0, slashed.length - stem.length) + bare;
}

async function readMap(file: string): Promise<{ map: Float32Array; width: number; height: number }> {
  const { data, shape } = decodeNpy(await readBytes(file), printable(file));
  const [height, width] = shape.length === 3 && shape[0] === 1 ? shape.slice(1) : shape;
  if (height === undefined || width === undefined || shape.length > 3 || (shape.length === 3 && shape[0] !== 1)) {
    throw failure(file, `a map must have the shape [H, W] or [1, H, W], not [${shape}]`);
  }
  return { map: data instanceof Float32Array ? data : Float32Array.from(data), width, height };
}

async function readMask(
  file: string,
  mapFile: string,
  width: number,
  height: number,
  { maskAbove = 0, resizeMasks = false }: ScoreMapsOptions,
  manyValued: string[],
): Promise<Uint8Array> {
  const levels = file.endsWith(".npy") ? await readNpyMask(file) : await decodeMaskLevels(file);
  if (isManyValued(levels)) manyValued.push(file);
  const binary = { ...levels, data: levels.data.map((value) => (value > maskAbove ? 255 : 0)) };
  if (levels.width === width && levels.height === height) return binary.data.map((value) => (value > 0 ? 1 : 0));
  if (!resizeMasks) {
    throw failure(
      file,
      `the mask is ${levels.width} x ${levels.height} pixels, its map ${printable(mapFile)} ${width} x ${height}; --resize-masks resizes masks`,
    );
  }
  return resizeGray(binary, width, height, "bilinear").data.map((value) => (value / 255 > 0.5 ? 1 : 0));
}

async function readNpyMask(file: string): Promise<GrayImage> {
  const { map, width, height } = await readMap(file);
  if (map.some((value) => Number.isNaN(value))) throw failure(file, "the mask has NaN");
  return { width, height, data: Uint8Array.from(map, (value) => Math.min(255, Math.max(0, Math.ceil(value)))) };
}

async function readScores(file: string): Promise<Map<string, ScoreRow>> {
  const { columns, rows } = await readTable(file);
  const column = (...names: string[]) => columns.findIndex((name) => names.includes(name));
  const [image, score, label, className] = [
    column("image", "path", "file", "name"),
    column("score"),
    column("label", "anomaly"),
    column("class"),
  ];
  if (image < 0 || score < 0) throw tableError(file, "it must have the columns image and score");
  const scores = new Map<string, ScoreRow>();
  for (const { line, cells } of rows) {
    const value = cells[score] === "" ? Number.NaN : Number(cells[score]);
    if (!Number.isFinite(value)) throw tableError(file, `the score "${cells[score]}" is not a finite number`, line);
    const text = label < 0 ? "" : cells[label]!;
    if (!["", "0", "1"].includes(text)) throw tableError(file, `the label "${text}" must be 0 or 1`, line);
    const name = nameOf(cells[image]!, false);
    if (scores.has(name)) throw tableError(file, `"${name}" stands there twice`, line);
    scores.set(name, {
      score: value,
      label: text === "" ? null : Number(text),
      className: (className < 0 ? "" : cells[className]!) || "all",
    });
  }
  return scores;
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw failure(file, `cannot be read (${messageOf(error)})`, error);
  }
}

function failure(file: string, what: string, cause?: unknown): AnomalyClipError {
  return new AnomalyClipError("E_DATASET", printable(`${file}: ${what}`), { cause });
}
