/** Detection on pictures that are large beside what the model sees: in overlapping windows, and once as a whole. */

import { setImmediate } from "node:timers/promises";
import { AnomalyClipError } from "../errors.ts";
import { EnlargedRows } from "../image/enlarged-rows.ts";
import type { RgbImage } from "../image/image.ts";
import type { Region } from "../image/regions.ts";
import { resizeMap } from "../image/resample.ts";
import { StreamingRegions } from "../image/streaming-regions.ts";
import { BandedResize } from "./banded-resize.ts";
import { BlendedBand } from "./blended-band.ts";
import { BlockMaxima, BlockMeans, reductionFor } from "./blocks.ts";
import { IN_MEMORY_PIXELS, type OpenPicture, openPicture } from "./open-picture.ts";
import { layOutSpans, type Span, tileSize } from "./window-layout.ts";

/** Share of a window's side that neighbours have in common. */
export const DEFAULT_OVERLAP = 0.25;

export interface TileOptions {
  /** Side of a window, in pixels of the picture, 16 or more; or `auto`, see `tileSize`. */
  tile: number | "auto";
  /** Share of the side that neighbours have in common, 0 to 0.9. Default: 0.25. */
  overlap?: number;
  /** Side S of what the model sees, in its pixels. */
  imageSize: number;
  /** Map value from which pixels form a region; like the maps, summed over layers. */
  mapThreshold: number;
  /** A picture of more pixels is refused before it is decoded. Default: a gigapixel. */
  maxPixels?: number;
  /** Ends the work before the next window is looked at. */
  signal?: AbortSignal;
  /** How many windows `look` is given at a time: the next ones are cropped meanwhile. Default: 2. */
  inFlight?: number;
}

/** What was seen in one window. */
export interface WindowResult {
  /** P(abnormal | window), 0..1. */
  score: number;
  /** `[S, S]`. */
  map: Float32Array;
}

export interface TiledDetection {
  /** The mean of the score of the whole picture and the highest score of a window, 0..1. */
  score: number;
  /** Of the picture, in pixels. */
  width: number;
  /** Of the picture, in pixels. */
  height: number;
  /** 1, or the whole number by which `image` and `map` are smaller, since the picture has over 64 megapixels. */
  reduction: number;
  /** The picture, upright; each pixel the mean of a block of `reduction` x `reduction`. */
  image: RgbImage;
  /** `[image.height, image.width]`: the largest value of each block, so that a small peak survives. */
  map: Float32Array;
  /** Areas that reach the threshold, found at full resolution, in the picture's own pixels, as `findRegions` has them. */
  regions: Region[];
  /** How many times the model looked, at the whole picture included. */
  windows: number;
}

/** Up to how many pixels a picture is held in memory, and given back without being reduced. */
export interface PixelLimits {
  inMemory: number;
  unreduced: number;
}

/**
 * Looks at a picture in windows of its own resolution, and once as a whole, squashed to the model's size, for what shows
 * only from afar. A picture that is no larger than a window, or that "auto" takes for small enough, is looked at as a whole
 * alone.
 *
 * Windows are blended without seams (`layOutSpans`). The map is 3/4 of what they say and 1/4 of what the whole says; the
 * score is the mean of the whole's and of the highest window's. Measured with the embedded model on 32 textures of 1024
 * pixels with defects of 2 to 14, on 32 mosaics of 3 x 3 products with one damaged, and on 48 photographs of KolektorSDD
 * (500 x 1265 pixels, windows of 192):
 *
 * | map | pixel AUROC | AUPRO | pixel AP |
 * |---|---|---|---|
 * | whole | 78.1, 86.4, 79.6 | 50, 58, 40 | 1.3, 1.8, 0.1 |
 * | windows | 95.8, 91.6, 92.7 | 87, 82, 77 | 8.6, 12.8, 0.4 |
 * | mean | 94.1, 92.9, 91.4 | 83, 79, 74 | 17.2, 10.6, 0.4 |
 * | maximum | 94.1, 92.1, 90.8 | 83, 76, 72 | 7.9, 7.7, 0.3 |
 * | 3/4 windows | 94.8, 93.4, 92.0 | 84, 82, 76 | 15.3, 13.9, 0.4 |
 *
 * | score | image AUROC |
 * |---|---|
 * | whole | 71.5, 52.7, 62.7 |
 * | highest window | 82.4, 55.5, 48.4 |
 * | mean of both | 80.5, 55.5, 62.7 |
 *
 * Memory goes with the width of the picture times the side of a window, not with its pixels: 4 bytes for each of those,
 * besides at most 64 megapixels of picture and map that are returned.
 *
 * @param look scores and maps one window: at most `tile` pixels on a side, or S x S for the whole. It is called in order,
 * from the top and from the left, the whole first; it may keep what it is given.
 * @param limits for tests
 * @throws AnomalyClipError E_IMAGE as `openPicture`; E_CONFIG for options out of range, and for windows whose rows over
 * the width of the picture would not fit in memory
 * @throws whatever `look` throws, and the signal's reason, once the windows that are being looked at are done
 */
export async function detectTiles(
  source: string | Uint8Array | RgbImage,
  look: (window: RgbImage) => Promise<WindowResult>,
  options: TileOptions,
  limits: PixelLimits = { inMemory: IN_MEMORY_PIXELS, unreduced: IN_MEMORY_PIXELS },
): Promise<TiledDetection> {
  const { overlap = DEFAULT_OVERLAP, imageSize, mapThreshold, signal, inFlight = 2 } = options;
  checkTileOptions(options);
  signal?.throwIfAborted();
  const picture = await openPicture(source, limits.inMemory, options.maxPixels);
  try {
    const { width, height } = picture;
    const tile = tileSize(options.tile, imageSize, width, height) ?? Math.max(width, height);
    checkBand(picture, tile);
    const reduction = reductionFor(width, height, limits.unreduced);
    const { small, image } = await scan(picture, imageSize, reduction, signal);
    signal?.throwIfAborted();
    const whole = await look(small);
    const wholeRows = new EnlargedRows(whole.map, imageSize, width, height);
    const maxima = new BlockMaxima(width, height, reduction);
    const regions = new StreamingRegions(mapThreshold);
    const takeRow = (row: Float32Array) => {
      maxima.add(row);
      regions.add(row);
    };
    const [across, down] = [layOutSpans(width, tile, overlap), layOutSpans(height, tile, overlap)];
    const windows = across.length * down.length;
    let score = whole.score;
    if (windows === 1) {
      for (let y = 0; y < height; y++) takeRow(wholeRows.row(y));
    } else {
      const band = new BlendedBand(width, down[0]!.length);
      const takeBlended = (row: Float32Array, y: number) => {
        const context = wholeRows.row(y);
        for (let x = 0; x < width; x++) row[x] = WINDOWS_SHARE * row[x]! + (1 - WINDOWS_SHARE) * context[x]!;
        takeRow(row);
      };
      let highest = 0;
      const seen = lookAtWindows(picture, across, down, look, inFlight, signal);
      for await (const { result, columns, rows } of seen) {
        band.release(rows.start, takeBlended);
        band.add(resizeMap(result.map, imageSize, imageSize, columns.length, rows.length), columns, rows);
        highest = Math.max(highest, result.score);
      }
      band.release(height, takeBlended);
      score = (whole.score + highest) / 2;
    }
    return {
      score,
      width,
      height,
      reduction,
      image,
      map: maxima.finish(),
      regions: regions.finish(),
      windows: windows === 1 ? 1 : windows + 1,
    };
  } finally {
    await picture.close();
  }
}

/** @throws AnomalyClipError E_CONFIG for options out of range */
export function checkTileOptions({
  tile,
  overlap = 0,
  inFlight = 1,
}: Pick<TileOptions, "tile" | "overlap" | "inFlight">): void {
  const whole = Number.isSafeInteger;
  for (const [what, value, valid, range] of [
    ["the side of a window", tile, tile === "auto" || (whole(tile) && tile >= 16), "auto, or a whole number from 16"],
    ["the overlap of windows", overlap, overlap >= 0 && overlap <= 0.9, "from 0 to 0.9"],
    ["the number of windows at a time", inFlight, whole(inFlight) && inFlight >= 1, "a whole number from 1"],
  ] as const) {
    if (!valid) throw new AnomalyClipError("E_CONFIG", `${what} must be ${range}, got ${value}`);
  }
}

// --- internal ---

/** How much of the map is what the windows say. */
const WINDOWS_SHARE = 0.75;

/** Bytes of the picture that are read at once for the look at the whole. */
const SCANNED_BYTES = 2 ** 24;

/** Windows are put together over the whole width of the picture. */
function checkBand({ name, width, height }: OpenPicture, tile: number): void {
  if (width * Math.min(tile, height) <= IN_MEMORY_PIXELS) return;
  const what = `windows of ${tile} pixels over a width of ${width} need too much memory`;
  throw new AnomalyClipError("E_CONFIG", `${name}: ${what}; take smaller windows, or turn the picture by 90 degrees`);
}

/** Reads the picture once from top to bottom: squashed for the model, and reduced for the caller. */
async function scan(
  picture: OpenPicture,
  imageSize: number,
  reduction: number,
  signal?: AbortSignal,
): Promise<{ small: RgbImage; image: RgbImage }> {
  const { width, height } = picture;
  const small = new BandedResize(imageSize, height);
  const unreduced = reduction === 1 ? picture.image : null;
  const means = unreduced ? null : new BlockMeans(width, height, reduction);
  const rows = Math.max(16, Math.floor(SCANNED_BYTES / (width * 3)));
  for (let y = 0; y < height; y += rows) {
    // A signal can only be given between bands.
    await setImmediate();
    signal?.throwIfAborted();
    const band = picture.read(0, y, width, Math.min(rows, height - y));
    small.add(band);
    means?.add(band);
  }
  return { small: small.finish(), image: unreduced ?? means!.finish() };
}

interface SeenWindow {
  columns: Span;
  rows: Span;
  result: WindowResult;
}

/** Looks at all windows, several at a time; results come in the order of the windows. */
async function* lookAtWindows(
  picture: OpenPicture,
  across: readonly Span[],
  down: readonly Span[],
  look: (window: RgbImage) => Promise<WindowResult>,
  inFlight: number,
  signal?: AbortSignal,
): AsyncGenerator<SeenWindow> {
  const pending: Promise<SeenWindow>[] = [];
  try {
    for (const rows of down) {
      for (const columns of across) {
        signal?.throwIfAborted();
        const window = picture.read(columns.start, rows.start, columns.length, rows.length);
        const seen = look(window).then((result) => ({ columns, rows, result }));
        // It is awaited later: until then a failure must not count as one that nobody handles.
        seen.catch(() => {});
        pending.push(seen);
        if (pending.length === inFlight) yield await pending.shift()!;
      }
    }
    while (pending.length > 0) {
      signal?.throwIfAborted();
      yield await pending.shift()!;
    }
  } finally {
    await Promise.allSettled(pending);
  }
}
