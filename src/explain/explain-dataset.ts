/** Explains how AnomalyCLIP tells the pictures of a data set apart: their features and the prompts in two dimensions. */

import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import sharp from "sharp";
import { chooseSamples } from "../datasets/choose-samples.ts";
import { openDataset } from "../datasets/open-dataset.ts";
import type { Split } from "../datasets/sample.ts";
import { AnomalyClipError } from "../errors.ts";
import { auroc } from "../metrics/ranking.ts";
import { printable } from "../printable.ts";
import { choosePictures } from "./choose-pictures.ts";
import { axisChart, planeChart } from "./dataset-charts.ts";
import { datasetPage } from "./dataset-page.ts";
import { type EncodeEvents, encodePictures } from "./encode-pictures.ts";
import { DEFAULT_EXPLAIN_FOLDER, EXPLAIN_FILES, requireFree, writeExplanation } from "./explain-folder.ts";
import { type DatasetMeasurements, measureDataset } from "./measure-dataset.ts";
import { type ModelOptions, openModel } from "./open-model.ts";
import { promptVariants } from "./prompt-variants.ts";

export interface ExplainDatasetOptions extends ModelOptions {
  /** Folder that the files go to. Default: `anomalyclip-explain`. */
  out?: string;
  /** Replaces an earlier explanation in the folder. Default: false. */
  force?: boolean;
  /** Pictures of each class, half of them abnormal where there are enough. Default: 50. */
  limit?: number;
  /** Of the choice of pictures. Default: 0. */
  seed?: number;
  /** Default: `test`, where anomalies are. */
  split?: Split;
  /** Only these classes. Default: all. */
  classes?: readonly string[];
}

/** What came of it. */
export interface DatasetExplanation {
  /** Pictures that are shown. */
  pictures: number;
  /** Pictures that could not be read. */
  leftOut: number;
  /** Of the pictures shown; null where all are normal or all abnormal. */
  auroc: number | null;
  /** Path of the page. */
  page: string;
}

/**
 * Writes `explain.html` with two charts, each also as SVG and PNG, their points as `features.csv`, and `explain.json`:
 * the principal components of the image features with the prompts among them, and the pictures along the axis from the
 * normal to the abnormal prompt. Nothing is written before everything is computed.
 *
 * @param data as for `openDataset`
 * @throws AnomalyClipError E_DATASET or E_CONFIG for data or options, E_WEIGHTS, E_PROMPTS or E_DOWNLOAD for a model or
 *   prompts; the signal's reason when it aborts
 * @example
 * const { page } = await explainDataset("mvtec", { limit: 20 });
 */
export async function explainDataset(
  data: string,
  options: ExplainDatasetOptions = {},
  events: EncodeEvents = {},
): Promise<DatasetExplanation> {
  const {
    out = DEFAULT_EXPLAIN_FOLDER,
    force = false,
    limit = 50,
    seed = 0,
    split = "test",
    classes,
    ...rest
  } = options;
  await requireFree(out, force);
  const dataset = await openDataset(data);
  const samples = choosePictures(chooseSamples([dataset], { split, classes }), limit, seed);
  const model = await openModel(rest);
  const variants = await promptVariants(model, options.object);
  const notes: string[] = [];
  const onNote = (text: string) => {
    notes.push(text);
    events.onNote?.(text);
  };
  const pictures = await encodePictures(model, samples, { ...events, onNote });
  if (pictures.length === 0) {
    const message = `${printable(data)}: none of ${samples.length} pictures can be read; the first: ${notes[0]}`;
    throw new AnomalyClipError("E_DATASET", message);
  }
  const measured = await measureDataset(model, pictures, variants, options.object);
  const { points } = measured;
  const area = auroc(
    points.map(({ margin }) => margin),
    points.map(({ sample }) => (sample.abnormal ? 1 : 0)),
  );
  const { svg: plane, arrowScale } = planeChart(measured);
  const axis = axisChart(measured, model.settings);
  const protocol = { data, split, limit, seed, ...model.protocol };
  const { missing } = variants;
  const facts = { title: dataset.name, measured, auroc: area, arrowScale, missing, notes, protocol, now: new Date() };
  const files = new Map<string, Uint8Array | string>([
    ["features.svg", onWhite(plane)],
    ["features.png", await svgToPng(onWhite(plane))],
    ["score-axis.svg", onWhite(axis)],
    ["score-axis.png", await svgToPng(onWhite(axis))],
    ["features.csv", pointsCsv(measured)],
    [EXPLAIN_FILES.page, datasetPage(facts, plane, axis)],
  ]);
  const { explained, modalityCosine } = measured;
  await writeExplanation(out, files, { auroc: area, explained, modalityCosine, missing, notes, protocol });
  return { pictures: points.length, leftOut: notes.length, auroc: area, page: join(out, EXPLAIN_FILES.page) };
}

// --- internal ---

/** Pixels for each of the chart's 480 units: with 4, a column of a paper at 600 dots an inch. */
const PIXELS_PER_UNIT = 4;
const DOTS_PER_INCH = 72;
const MARGIN = 12;

/** A file of its own has no page to take its colours and margins from. */
function onWhite(svg: string): string {
  return svg.replace(/viewBox="0 0 (\d+) (\d+)"([^>]*>)/, (_, width: string, height: string, rest: string) => {
    const box = [-MARGIN, -MARGIN, Number(width) + 2 * MARGIN, Number(height) + 2 * MARGIN];
    const [x, y, w, h] = box;
    return `viewBox="${box.join(" ")}"${rest}<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="#fff"/>`;
  });
}

async function svgToPng(svg: string): Promise<Uint8Array> {
  return await sharp(Buffer.from(svg), { density: DOTS_PER_INCH * PIXELS_PER_UNIT, limitInputPixels: false })
    .flatten({ background: "#fff" })
    .png()
    .toBuffer();
}

/** A line for each picture, then one for each text: texts stand in the plane alone. */
function pointsCsv({ points, pairs }: DatasetMeasurements): string {
  const header = ["kind", "name", "class", "specie", "label", "score", "margin", "rest", "component1", "component2"];
  const label = (abnormal: boolean) => (abnormal ? "abnormal" : "normal");
  const pictures = points.map(({ sample, score, margin, rest, plane }) => {
    const { image, className, specie, abnormal } = sample;
    return ["picture", image, className, specie, label(abnormal), score, margin, rest, ...plane];
  });
  const texts = pairs.flatMap(({ name, ...ends }) =>
    (["normal", "abnormal"] as const).map((end) => ["prompt", name, "", "", end, "", "", "", ...ends[end]]),
  );
  return stringify([header, ...pictures, ...texts], { escape_formulas: true });
}
