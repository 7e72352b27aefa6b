/** What is kept of pixels' scores until metrics are computed from them. */

import type { SweepFeed } from "./threshold-sweep.ts";

/** Scores of pixels, normal and anomalous. */
export interface PixelScores {
  /** Adds the scores `from` to `to` (exclusive) of a map, which are those of normal pixels. */
  addNormal(map: Float32Array, from: number, to: number): void;
  /** The same for anomalous pixels of one region, each of which is this share of it. */
  addAnomalous(map: Float32Array, from: number, to: number, share: number): void;
  /** Feeds every distinct score, from the highest. */
  sweep(feed: SweepFeed): void;
  /** How many of the lowest bits of the scores are not told apart. */
  readonly droppedBits: number;
}
