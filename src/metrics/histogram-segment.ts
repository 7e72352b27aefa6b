/** 65,536 neighbouring cells of a histogram: a list of cells while it is short, a counter for each cell from then on. */

/** What several segments take together. */
export interface MemoryTally {
  bytes: number;
}

/** What cells hold, of one segment or of several on top of each other, while they are read. */
export interface SegmentCells {
  counts: Float64Array;
  /** Sums of weights; zero where values have none. */
  weights: Float64Array;
  /** A bit for each cell that holds something, the lowest of the first word for the first cell. */
  occupied: Uint32Array;
}

/** Cells of a segment. */
export const SEGMENT_CELLS = 2 ** 16;

/** Empty cells to read segments into. */
export function newSegmentCells(): SegmentCells {
  return {
    counts: new Float64Array(SEGMENT_CELLS),
    weights: new Float64Array(SEGMENT_CELLS),
    occupied: new Uint32Array(SEGMENT_CELLS / 32),
  };
}

export class HistogramSegment {
  /** The cell of each value, in the order in which they came. */
  #list = new Uint16Array(0);
  #listed = 0;
  /** How many values each cell has, modulo 256; null while there is a list. */
  #counts: Uint8Array | null = null;
  /** What the counters do not hold, in 256s. Most segments never need it. */
  #carries: Uint32Array | null = null;
  /** Of each value in the list; with counters, the sum of each cell. */
  #weights = new Float64Array(0);

  /**
   * @param weighted whether values have weights.
   * @param memory is told what the segment takes.
   */
  constructor(
    private readonly weighted: boolean,
    private readonly memory: MemoryTally,
  ) {}

  /** Counts one value. A cell counts to 2^40. */
  add(cell: number, weight: number): void {
    if (this.#counts === null && this.#listed === this.#list.length) this.#enlarge();
    if (this.#counts === null) {
      if (this.weighted) this.#weights[this.#listed] = weight;
      this.#list[this.#listed++] = cell;
      return;
    }
    const count = this.#counts[cell]! + 1;
    this.#counts[cell] = count;
    if (count > 255) this.#carry(cell, 1);
    if (this.weighted) this.#weights[cell]! += weight;
  }

  /** Counts several values of one cell; `weight` is their sum. */
  addMany(cell: number, count: number, weight: number): void {
    if (count === 1) {
      this.add(cell, weight);
      return;
    }
    const counts = this.#counts ?? this.#openCounters();
    const sum = counts[cell]! + count;
    counts[cell] = sum % 256;
    if (sum > 255) this.#carry(cell, Math.floor(sum / 256));
    if (this.weighted) this.#weights[cell]! += weight;
  }

  /** Adds what the segment holds to `cells`. */
  read(cells: SegmentCells): void {
    if (this.#counts === null) this.#readList(cells);
    else this.#readCounters(this.#counts, cells);
  }

  /** Gives the segment's memory back; it is not to be used any more. */
  release(): void {
    this.#account(-this.#list.byteLength - this.#weights.byteLength);
    this.#account(-(this.#counts?.byteLength ?? 0) - (this.#carries?.byteLength ?? 0));
  }

  #enlarge(): void {
    if (this.#listed === LONGEST_LIST) {
      this.#openCounters();
      return;
    }
    const length = Math.max(FIRST_LIST, 2 * this.#listed);
    const list = new Uint16Array(length);
    list.set(this.#list);
    this.#account(list.byteLength - this.#list.byteLength);
    this.#list = list;
    if (!this.weighted) return;
    const weights = new Float64Array(length);
    weights.set(this.#weights);
    this.#account(weights.byteLength - this.#weights.byteLength);
    this.#weights = weights;
  }

  #openCounters(): Uint8Array {
    const [list, listed, weights] = [this.#list, this.#listed, this.#weights];
    const counts = new Uint8Array(SEGMENT_CELLS);
    this.#counts = counts;
    this.#list = new Uint16Array(0);
    this.#account(counts.byteLength - list.byteLength);
    if (this.weighted) {
      this.#weights = new Float64Array(SEGMENT_CELLS);
      this.#account(this.#weights.byteLength - weights.byteLength);
    }
    for (let i = 0; i < listed; i++) this.add(list[i]!, this.weighted ? weights[i]! : 0);
    return counts;
  }

  #carry(cell: number, count: number): void {
    if (this.#carries === null) {
      this.#carries = new Uint32Array(SEGMENT_CELLS);
      this.#account(this.#carries.byteLength);
    }
    this.#carries[cell]! += count;
  }

  #readList({ counts, weights, occupied }: SegmentCells): void {
    const list = this.#list;
    for (let i = 0; i < this.#listed; i++) {
      const cell = list[i]!;
      counts[cell]! += 1;
      if (this.weighted) weights[cell]! += this.#weights[i]!;
      occupied[cell >>> 5]! |= 1 << (cell & 31);
    }
  }

  #readCounters(low: Uint8Array, { counts, weights, occupied }: SegmentCells): void {
    const carries = this.#carries;
    for (let cell = 0; cell < SEGMENT_CELLS; cell++) {
      const count = low[cell]! + (carries === null ? 0 : 256 * carries[cell]!);
      if (count === 0) continue;
      counts[cell]! += count;
      if (this.weighted) weights[cell]! += this.#weights[cell]!;
      occupied[cell >>> 5]! |= 1 << (cell & 31);
    }
  }

  #account(bytes: number): void {
    this.memory.bytes += bytes;
  }
}

// --- internal ---

const FIRST_LIST = 64;
/** About as many bytes as counters take. */
const LONGEST_LIST = SEGMENT_CELLS / 2;
