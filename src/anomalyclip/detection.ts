/** What the detector says of one picture. */

import type { RgbImage } from "../image/image.ts";
import type { Region } from "../image/regions.ts";

/** The result of detection on one picture. */
export interface Detection {
  /** P(abnormal | image), 0..1: softmax over the similarities of the image feature with the two prompts. */
  score: number;
  /** Whether `score` reaches the detector's threshold. */
  verdict: "normal" | "abnormal";
  /** The score threshold that gave the verdict. */
  threshold: number;
  /** Side S of `map`, in model pixels. */
  mapSize: number;
  /** Anomaly map `[S, S]` at model resolution: smoothed sum over layers of (1 - S_n + S_a) / 2, so 0..number of layers. */
  map: Float32Array;
  /** Number of layers summed in `map`; thresholds on the map are stated for one layer and multiplied by this. */
  layers: number;
  /** The decoded picture, upright, at its own size. */
  image: RgbImage;
  /** Connected areas of the map at the picture's own size that reach the map threshold, strongest peak first. */
  regions: Region[];
  /** The map at the picture's own size, `[height, width]`, bilinear; computed at the first call. */
  imageMap(): Float32Array;
}
