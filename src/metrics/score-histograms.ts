/** The scores of any number of pixels, as counts of each score, in bounded memory. */

import { FloatHistogram, sweepHistograms } from "./float-histogram.ts";
import type { MemoryTally } from "./histogram-segment.ts";
import type { PixelScores } from "./pixel-scores.ts";
import type { SweepFeed } from "./threshold-sweep.ts";

/** Exact for as long as the distinct scores fit; then scores are told apart by one bit less, and again. */
export class ScoreHistograms implements PixelScores {
  readonly #tally: MemoryTally = { bytes: 0 };
  readonly #normal = new FloatHistogram(false, this.#tally);
  readonly #anomalous = new FloatHistogram(true, this.#tally);

  /** @param memory most bytes that the counts may take, at least `LEAST_MEMORY`. */
  constructor(private readonly memory: number) {}

  get droppedBits(): number {
    return this.#normal.droppedBits;
  }

  addNormal(map: Float32Array, from: number, to: number): void {
    this.#add(this.#normal, map, from, to, 0);
  }

  addAnomalous(map: Float32Array, from: number, to: number, share: number): void {
    this.#add(this.#anomalous, map, from, to, share);
  }

  sweep(feed: SweepFeed): void {
    sweepHistograms(this.#normal, this.#anomalous, feed);
  }

  #add(histogram: FloatHistogram, map: Float32Array, from: number, to: number, weight: number): void {
    for (let start = from; start < to; start += STRIDE) {
      histogram.add(map, start, Math.min(to, start + STRIDE), weight);
      while (this.#tally.bytes > this.memory) {
        this.#normal.coarsen();
        this.#anomalous.coarsen();
      }
    }
  }
}

/** What 65,536 cells with all their counters and weights take, and some more: scores can be told apart that far. */
export const LEAST_MEMORY = 2 * 2 ** 20;

// --- internal ---

/** Pixels between two looks at the memory. */
const STRIDE = 2 ** 16;
