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
  /** Share of the anomalous among all that is at or above the threshold. */
  precisions: Float64Array;
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
    precisions: new Float64Array(BLOCK),
  };
  #falsePositives = 0;
  #truePositives = 0;
  #overlap = 0;

  constructor(private readonly sweeps: readonly Sweep<unknown>[]) {}

  /** The next distinct score, how many of each class have it, and how much of their regions the anomalous ones are. */
  push(score: number, normal: number, anomalous: number, overlap: number): void {
    const block = this.#block;
    const i = block.length++;
    block.thresholds[i] = score;
    block.falsePositives[i] = normal;
    block.truePositives[i] = anomalous;
    block.overlaps[i] = overlap;
    if (i + 1 === BLOCK) this.flush();
  }

  /** To be called after the last score. */
  flush(): void {
    const block = this.#block;
    this.#sumUp(block);
    for (const sweep of this.sweeps) sweep.take(block);
    block.length = 0;
  }

  #sumUp({ length, falsePositives, truePositives, overlaps, precisions }: ThresholdBlock): void {
    let [normal, anomalous, overlap] = [this.#falsePositives, this.#truePositives, this.#overlap];
    for (let i = 0; i < length; i++) {
      falsePositives[i] = normal += falsePositives[i]!;
      truePositives[i] = anomalous += truePositives[i]!;
      overlaps[i] = overlap += overlaps[i]!;
      precisions[i] = anomalous / (anomalous + normal);
    }
    [this.#falsePositives, this.#truePositives, this.#overlap] = [normal, anomalous, overlap];
  }
}

// --- internal ---

const BLOCK = 2048;
