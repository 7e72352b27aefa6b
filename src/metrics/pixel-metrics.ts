/** How well anomaly maps find anomalous pixels and regions: every metric of a class from one pass over its pictures. */

import { labelRuns } from "../image/label-runs.ts";
import { Aupro200Sweep } from "./aupro-200.ts";
import { type Curve, CurveSweep, DEFAULT_CURVE_POINTS } from "./curve.ts";
import type { PixelScores } from "./pixel-scores.ts";
import { type F1Max, PrecisionSweep } from "./precision-sweeps.ts";
import { RocAreaSweep } from "./roc-area.ts";
import { ScoreBuffer } from "./score-buffer.ts";
import { LEAST_MEMORY, ScoreHistograms } from "./score-histograms.ts";
import { SweepFeed } from "./threshold-sweep.ts";

export interface PixelMetricsOptions {
  /** False positive rate up to which AUPRO integrates, above 0 to 1. Default: 0.3. */
  falsePositiveLimit?: number;
  /** Most points of each curve, at least 2. Default: 400. */
  curvePoints?: number;
  /**
   * Most bytes for what is known of the scores, 2 MiB or more. Where they are not enough, scores are told apart by one
   * bit less. Default: 512 MiB, enough for billions of pixels whose scores lie within a factor of 50.
   */
  memory?: number;
  /** Up to so many pixels in all are sorted, which is faster; scores of more are counted. Default: 2^23. */
  sortedPixels?: number;
}

/** Pixel metrics of a set of pictures. Null is «n/a»; the counts say why. */
export interface PixelResult {
  pictures: number;
  normalPixels: number;
  anomalousPixels: number;
  /** Connected areas (8-connectivity) of anomalous pixels. */
  regions: number;
  auroc: number | null;
  averagePrecision: number | null;
  /** Area under the precision-recall curve by trapezoids. */
  aupr: number | null;
  f1Max: F1Max | null;
  /**
   * Area under the mean covered share of the regions over the false positive rate, up to the limit and divided by it;
   * every distinct score is a threshold.
   */
  aupro: number | null;
  /**
   * The same as the authors' released code computes it, see `Aupro200Sweep`. Also null when fewer than two different
   * false positive rates below 0.3 are met, as with one score everywhere.
   */
  aupro200: number | null;
  rocCurve: Curve | null;
  precisionRecallCurve: Curve | null;
  /** Mean covered share of the regions over the false positive rate. */
  regionOverlapCurve: Curve | null;
  /** Lowest bits of the float32 scores (of 24 that count) that were not told apart; 0: everything is exact. */
  droppedBits: number;
  /** How far `auroc` and `aupro` can be from their exact values because of that; 0: not at all. */
  uncertainty: { auroc: number; aupro: number };
}

/**
 * Takes maps and masks one at a time, of any sizes, and keeps counts of scores, not pixels: memory does not grow with the
 * number of pictures.
 *
 * @example
 * const metrics = new PixelMetrics();
 * metrics.add(Float32Array.of(0.1, 0.9), Uint8Array.of(0, 1), 2, 1);
 * metrics.result().auroc; // 1
 * @example
 * const mask = await decodeMask("mask.png"); // of 0 and 255
 * metrics.add(detection.imageMap(), mask.data.map((level) => level && 1), mask.width, mask.height);
 */
export class PixelMetrics {
  readonly #options: Required<PixelMetricsOptions>;
  #scores: PixelScores = new ScoreBuffer();
  readonly #range = { min: Infinity, max: -Infinity };
  readonly #totals = { pictures: 0, normal: 0, anomalous: 0, regions: 0 };

  /** @throws RangeError for an option out of range. */
  constructor(options: PixelMetricsOptions = {}) {
    const { falsePositiveLimit = 0.3, curvePoints = DEFAULT_CURVE_POINTS } = options;
    const { memory = 512 * 2 ** 20, sortedPixels = 2 ** 23 } = options;
    if (!(falsePositiveLimit > 0 && falsePositiveLimit <= 1)) {
      throw new RangeError(`falsePositiveLimit must be above 0 to 1, got ${falsePositiveLimit}`);
    }
    if (!(Number.isInteger(curvePoints) && curvePoints >= 2)) {
      throw new RangeError(`curvePoints must be 2 or more, got ${curvePoints}`);
    }
    if (!(memory >= LEAST_MEMORY)) throw new RangeError(`memory must be ${LEAST_MEMORY} or more, got ${memory}`);
    if (!(sortedPixels >= 0)) throw new RangeError(`sortedPixels must be 0 or more, got ${sortedPixels}`);
    this.#options = { falsePositiveLimit, curvePoints, memory, sortedPixels };
  }

  /**
   * Adds a picture.
   *
   * @param map `[height, width]`, higher is more anomalous; read before `add` returns, and not kept.
   * @param mask `[height, width]`, 1 anomalous, 0 normal; all 0 for a normal picture.
   * @throws RangeError, with nothing added, when the lengths do not fit, a score is NaN or infinite, or a mask holds
   * anything else; it says at which pixel.
   */
  add(map: Float32Array, mask: Uint8Array, width: number, height: number): void {
    const { min, max } = checkPicture(map, mask, width, height);
    if (this.#totals.normal + this.#totals.anomalous + map.length > MOST_PIXELS) {
      throw new RangeError(`pixel metrics: more than ${MOST_PIXELS} pixels`);
    }
    const { starts, ends, areas, areaCount } = labelRuns(mask, width, height);
    const sizes = new Float64Array(areaCount);
    for (let run = 0; run < starts.length; run++) sizes[areas[run]!]! += ends[run]! - starts[run]!;
    const anomalousPixels = sizes.reduce((sum, size) => sum + size, 0);
    this.#range.min = Math.min(this.#range.min, min);
    this.#range.max = Math.max(this.#range.max, max);
    this.#totals.pictures++;
    this.#totals.normal += map.length - anomalousPixels;
    this.#totals.anomalous += anomalousPixels;
    this.#totals.regions += areaCount;
    const scores = this.#storeForAll();
    let done = 0;
    for (let run = 0; run < starts.length; run++) {
      scores.addNormal(map, done, starts[run]!);
      done = ends[run]!;
      scores.addAnomalous(map, starts[run]!, done, 1 / sizes[areas[run]!]!);
    }
    scores.addNormal(map, done, map.length);
  }

  /** The metrics of all pictures so far; more may follow. */
  result(): PixelResult {
    const totals = this.#totals;
    const { falsePositiveLimit, curvePoints } = this.#options;
    const roc = new RocAreaSweep("truePositives", totals.normal, totals.anomalous);
    const overlap = new RocAreaSweep("overlaps", totals.normal, totals.regions, falsePositiveLimit);
    const overlap200 = new Aupro200Sweep(totals, this.#range);
    const precision = new PrecisionSweep(totals);
    const curves = {
      rocCurve: new CurveSweep("roc", totals, curvePoints),
      precisionRecallCurve: new CurveSweep("precision-recall", totals, curvePoints),
      regionOverlapCurve: new CurveSweep("region-overlap", totals, curvePoints),
    };
    this.#scores.sweep(new SweepFeed([roc, overlap, overlap200, precision, ...Object.values(curves)]));
    const { droppedBits } = this.#scores;
    const [auroc, aupro, ranking] = [roc.result(), overlap.result(), precision.result()];
    const exact = droppedBits === 0;
    return {
      pictures: totals.pictures,
      normalPixels: totals.normal,
      anomalousPixels: totals.anomalous,
      regions: totals.regions,
      auroc: auroc?.area ?? null,
      averagePrecision: ranking?.averagePrecision ?? null,
      aupr: ranking?.aupr ?? null,
      f1Max: ranking?.f1Max ?? null,
      aupro: aupro?.area ?? null,
      aupro200: overlap200.result(),
      rocCurve: curves.rocCurve.result(),
      precisionRecallCurve: curves.precisionRecallCurve.result(),
      regionOverlapCurve: curves.regionOverlapCurve.result(),
      droppedBits,
      uncertainty: {
        auroc: exact ? 0 : (auroc?.uncertainty ?? 0),
        aupro: exact ? 0 : (aupro?.uncertainty ?? 0),
      },
    };
  }

  /** Where scores go: once there are too many to sort, they are counted. */
  #storeForAll(): PixelScores {
    const { normal, anomalous } = this.#totals;
    if (this.#scores instanceof ScoreBuffer && normal + anomalous > this.#options.sortedPixels) {
      const histograms = new ScoreHistograms(this.#options.memory);
      this.#scores.pourInto(histograms);
      this.#scores = histograms;
    }
    return this.#scores;
  }
}

/** The metrics of pictures that are all in memory. */
export function pixelMetrics(
  pictures: Iterable<{ map: Float32Array; mask: Uint8Array; width: number; height: number }>,
  options?: PixelMetricsOptions,
): PixelResult {
  const metrics = new PixelMetrics(options);
  for (const { map, mask, width, height } of pictures) metrics.add(map, mask, width, height);
  return metrics.result();
}

// --- internal ---

/** What a cell of a histogram can count, if all have one score. */
const MOST_PIXELS = 2 ** 40;

function checkPicture(
  map: Float32Array,
  mask: Uint8Array,
  width: number,
  height: number,
): { min: number; max: number } {
  if (map.length !== width * height || mask.length !== map.length) {
    throw new RangeError(
      `pixel metrics: ${width} x ${height} pixels, but a map of ${map.length} and a mask of ${mask.length}`,
    );
  }
  const where = (i: number) => `at column ${i % width}, row ${Math.floor(i / width)}`;
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < map.length; i++) {
    const score = map[i]!;
    if (!Number.isFinite(score)) throw new RangeError(`pixel metrics: the map has ${score} ${where(i)}`);
    if (mask[i]! > 1) throw new RangeError(`pixel metrics: the mask has ${mask[i]} ${where(i)}, expected 0 or 1`);
    if (score < min) min = score;
    if (score > max) max = score;
  }
  return { min, max };
}
