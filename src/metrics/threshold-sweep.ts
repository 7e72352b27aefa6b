/** A pass over all thresholds, from the highest, that several metrics are computed from at once. */

/** How many there are of what is counted. */
export interface Totals {
  normal: number;
  anomalous: number;
  /** Connected areas of anomalous pixels; 0 where scores are not of pixels. */
  regions: number;
}

/** Falling thresholds, each a distinct score, and what is at or above each of them. */
export interface ThresholdBlock {
  /** How much of the arrays is filled. */
  length: number;
  thresholds: Float64Array;
  falsePositives: Float64Array;
  truePositives: Float64Array;
  /** Sum over all regions of the share of the region that is at or above the threshold. */
  overlaps: Float64Array;
}

/** A metric in the making. */
export interface Sweep<Result> {
  /** Called for all thresholds in turn, some at a time. */
  take(block: ThresholdBlock): void;
  /** Called after the last of them. */
  result(): Result;
}

/** Sums up scores, which come from the highest, and passes the sums on in blocks that stay in the processor's cache. */
export class SweepFeed {
  readonly #block: ThresholdBlock = {
    length: 0,
    thresholds: new Float64Array(BLOCK),
    falsePositives: new Float64Array(BLOCK),
    truePositives: new Float64Array(BLOCK),
    overlaps: new Float64Array(BLOCK),
  };
  #falsePositives = 0;
  #truePositives = 0;
  #overlap = 0;

  constructor(private readonly sweeps: readonly Sweep<unknown>[]) {}

  /** The next distinct score, how many of each class have it, and how much of their regions the anomalous ones are. */
  push(score: number, normal: number, anomalous: number, overlap = 0): void {
    const block = this.#block;
    const i = block.length++;
    block.thresholds[i] = score;
    block.falsePositives[i] = this.#falsePositives += normal;
    block.truePositives[i] = this.#truePositives += anomalous;
    block.overlaps[i] = this.#overlap += overlap;
    if (block.length === BLOCK) this.flush();
  }

  /** To be called after the last score. */
  flush(): void {
    for (const sweep of this.sweeps) sweep.take(this.#block);
    this.#block.length = 0;
  }
}

// --- internal ---

const BLOCK = 2048;
