/** What the detector says of one picture. */

import type { RgbImage } from "../image/image.ts";
import type { Region } from "../image/regions.ts";
import type { Pictures } from "../pipeline/draw-pictures.ts";

/** The result of detection on one picture. */
export interface Detection {
  /**
   * P(abnormal | image), 0..1: softmax over the similarities of the image feature with the two prompts. In tiles: see
   * `detectTiles`.
   */
  score: number;
  /** Whether `score` reaches the detector's threshold. */
  verdict: "normal" | "abnormal";
  /** The score threshold that gave the verdict. */
  threshold: number;
  /** Columns of `map`: the model's size S, or `image.width` in tiles. */
  mapWidth: number;
  /** Rows of `map`: the model's size S, or `image.height` in tiles. */
  mapHeight: number;
  /**
   * Anomaly map `[mapHeight, mapWidth]`: smoothed sum over layers of (1 - S_n + S_a) / 2, so 0..number of layers.
   */
  map: Float32Array;
  /** Number of layers summed in `map`; thresholds on the map are stated for one layer and multiplied by this. */
  layers: number;
  /** Pixels of the picture, upright. */
  width: number;
  /** Pixels of the picture, upright. */
  height: number;
  /** How many windows the model looked at: 1, or in tiles all of them and the whole picture. */
  windows: number;
  /** The decoded picture, upright, at its own size; in tiles, of more than 64 megapixels, reduced by a whole number. */
  image: RgbImage;
  /** Connected areas of the map that reach the map threshold, in the picture's own pixels, strongest peak first. */
  regions: Region[];
  /** The map at the size of `image`, `[height, width]`, bilinear; computed at the first call. */
  imageMap(): Float32Array;
  /** Drawn pictures, where they were asked for. */
  pictures: Pictures | null;
}

/** A picture is abnormal from the threshold on. */
export function verdictAt(score: number, threshold: number): Detection["verdict"] {
  return score >= threshold ? "abnormal" : "normal";
}
