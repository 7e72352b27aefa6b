/** How often each float32 occurs among any number of them, exactly, in memory that grows with the distinct values only. */

import {
  HistogramSegment,
  type MemoryTally,
  newSegmentCells,
  SEGMENT_CELLS,
  type SegmentCells,
} from "./histogram-segment.ts";
import type { SweepFeed } from "./threshold-sweep.ts";

/**
 * A histogram with a cell for each float32 or, once `coarsen` was called, for 2, 4, 8, ... neighbouring ones.
 *
 * A float32 is read as an unsigned key whose order is that of the floats; the upper 16 bits of the key choose a segment,
 * the lower ones the cell in it.
 */
export class FloatHistogram {
  #segments: (HistogramSegment | undefined)[] = new Array(2 ** 32 / SEGMENT_CELLS);
  #droppedBits = 0;

  /**
   * @param weighted whether values have weights, of which each cell keeps the sum.
   * @param memory is told what the cells take.
   */
  constructor(
    private readonly weighted: boolean,
    private readonly memory: MemoryTally,
  ) {}

  /** How many of the lowest bits of the values are not told apart. */
  get droppedBits(): number {
    return this.#droppedBits;
  }

  get segmentCount(): number {
    return this.#segments.length;
  }

  /**
   * Counts the values `from` to `to` (exclusive). 0 and -0 are the same value.
   *
   * @param values without NaN and infinities.
   * @param weight of each of them.
   */
  add(values: Float32Array, from: number, to: number, weight: number): void {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    const segments = this.#segments;
    const dropped = this.#droppedBits;
    for (let i = from; i < to; i++) {
      const key = keyOf(bits[i]!) >>> dropped;
      const index = key >>> CELL_BITS;
      segments[index] ??= new HistogramSegment(this.weighted, this.memory);
      segments[index].add(key & (SEGMENT_CELLS - 1), weight);
    }
  }

  /** Adds what a segment holds to `cells`; false when it holds nothing. Higher segments hold higher values. */
  readSegment(index: number, cells: SegmentCells): boolean {
    const segment = this.#segments[index];
    segment?.read(cells);
    return segment !== undefined;
  }

  /** The lowest float32 of a cell. */
  valueOf(segment: number, cell: number): number {
    const key = ((segment << CELL_BITS) | cell) << this.#droppedBits;
    keyBits[0] = key < 0 ? key ^ SIGN : ~key;
    return keyFloat[0]!;
  }

  /** Drops one more bit: two neighbouring cells become one. */
  coarsen(): void {
    const fine = this.#segments;
    const cells = newSegmentCells();
    this.#segments = new Array(fine.length / 2);
    this.#droppedBits++;
    for (const [index, segment] of fine.entries()) {
      if (segment === undefined) continue;
      segment.read(cells);
      segment.release();
      fine[index] = undefined;
      this.#segments[index >>> 1] ??= new HistogramSegment(this.weighted, this.memory);
      const coarse = this.#segments[index >>> 1]!;
      const firstCell = (index & 1) * (SEGMENT_CELLS / 2);
      takeDescending(cells, (cell, count, weight) => coarse.addMany(firstCell + (cell >>> 1), count, weight));
    }
  }
}

/** Feeds a sweep with every value of the two, from the highest. */
export function sweepHistograms(normal: FloatHistogram, anomalous: FloatHistogram, feed: SweepFeed): void {
  const normalCells = newSegmentCells();
  const anomalousCells = { ...newSegmentCells(), occupied: normalCells.occupied };
  for (let segment = normal.segmentCount - 1; segment >= 0; segment--) {
    const either = [normal.readSegment(segment, normalCells), anomalous.readSegment(segment, anomalousCells)];
    if (!either.includes(true)) continue;
    takeDescending(anomalousCells, (cell, count, weight) => {
      feed.push(normal.valueOf(segment, cell), normalCells.counts[cell]!, count, weight);
      normalCells.counts[cell] = 0;
    });
  }
  feed.flush();
}

// --- internal ---

/** Empties `cells`, the highest first, with what each held. */
function takeDescending(cells: SegmentCells, take: (cell: number, count: number, weight: number) => void): void {
  const { counts, weights, occupied } = cells;
  for (let word = occupied.length - 1; word >= 0; word--) {
    let bits = occupied[word]!;
    occupied[word] = 0;
    while (bits !== 0) {
      const bit = 31 - Math.clz32(bits);
      bits ^= 1 << bit;
      const cell = 32 * word + bit;
      take(cell, counts[cell]!, weights[cell]!);
      counts[cell] = 0;
      weights[cell] = 0;
    }
  }
}

const CELL_BITS = Math.log2(SEGMENT_CELLS);
const SIGN = 0x80000000;

const keyFloat = new Float32Array(1);
const keyBits = new Uint32Array(keyFloat.buffer);

function keyOf(bits: number): number {
  // Negative numbers have all bits flipped, the others only the sign.
  return bits === SIGN ? SIGN : bits ^ ((bits >> 31) | SIGN);
}
