/** The scores of some millions of pixels, one by one: sorted when they are asked for. */

import type { PixelScores } from "./pixel-scores.ts";
import { sortFloats, sortFloatsWith } from "./sort-floats.ts";
import { sweepSorted } from "./sorted-sweep.ts";
import type { SweepFeed } from "./threshold-sweep.ts";

/** Fast for whatever scores there are, in memory that grows with their number. */
export class ScoreBuffer implements PixelScores {
  readonly droppedBits = 0;
  #normal = new Float32Array(FIRST);
  #normalCount = 0;
  #anomalous = new Float32Array(FIRST);
  /** Of each anomalous score, the index of its share. */
  #shareIndices = new Uint32Array(FIRST);
  #anomalousCount = 0;
  readonly #shares: number[] = [];

  addNormal(map: Float32Array, from: number, to: number): void {
    const count = this.#normalCount + to - from;
    if (count > this.#normal.length) this.#normal = enlarged(this.#normal, new Float32Array(2 * count));
    this.#normal.set(map.subarray(from, to), this.#normalCount);
    this.#normalCount = count;
  }

  addAnomalous(map: Float32Array, from: number, to: number, share: number): void {
    const count = this.#anomalousCount + to - from;
    if (count > this.#anomalous.length) {
      this.#anomalous = enlarged(this.#anomalous, new Float32Array(2 * count));
      this.#shareIndices = enlarged(this.#shareIndices, new Uint32Array(2 * count));
    }
    if (this.#shares.at(-1) !== share) this.#shares.push(share);
    this.#anomalous.set(map.subarray(from, to), this.#anomalousCount);
    this.#shareIndices.fill(this.#shares.length - 1, this.#anomalousCount, count);
    this.#anomalousCount = count;
  }

  sweep(feed: SweepFeed): void {
    // In place: the order of scores means nothing.
    const normal = this.#normal.subarray(0, this.#normalCount);
    const anomalous = this.#anomalous.subarray(0, this.#anomalousCount);
    const indices = this.#shareIndices;
    const shares = this.#shares;
    sortFloats(normal);
    sortFloatsWith(anomalous, indices.subarray(0, this.#anomalousCount));
    sweepSorted({ normal, anomalous }, feed, (i) => shares[indices[i]!]!);
  }

  /** Adds all of it to `scores`. */
  pourInto(scores: PixelScores): void {
    scores.addNormal(this.#normal, 0, this.#normalCount);
    const indices = this.#shareIndices;
    let end = 0;
    for (let start = 0; start < this.#anomalousCount; start = end) {
      while (end < this.#anomalousCount && indices[end] === indices[start]) end++;
      scores.addAnomalous(this.#anomalous, start, end, this.#shares[indices[start]!]!);
    }
  }
}

// --- internal ---

const FIRST = 1024;

function enlarged<Numbers extends Float32Array | Uint32Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
