/** The rows of an enlarged map, one after the other, equal to those of `resizeMap`. */

import { computeWeights, type Weights } from "./resample.ts";

/** Holds a few rows of the enlarged map at a time. */
export class EnlargedRows {
  private readonly across: Weights;
  private readonly down: Weights;
  /** Rows of the map, resized across, that are still needed. */
  private readonly wide = new Map<number, Float32Array>();
  private readonly enlarged: Float32Array;

  /**
   * @param map `[size, size]`
   * @param width of the enlarged map
   * @param height of the enlarged map
   */
  constructor(
    private readonly map: Float32Array,
    private readonly size: number,
    width: number,
    height: number,
  ) {
    if (map.length !== size * size) throw new RangeError(`expected ${size * size} values, got ${map.length}`);
    this.across = computeWeights(size, width, "bilinear");
    this.down = computeWeights(size, height, "bilinear");
    this.enlarged = new Float32Array(width);
  }

  /**
   * @param y from the top, in any steps, but never back up
   * @returns `[width]`, overwritten by the next call
   */
  row(y: number): Float32Array {
    const { down, enlarged } = this;
    const start = down.starts[y]!;
    for (const passed of this.wide.keys()) if (passed < start) this.wide.delete(passed);
    const rows = Array.from({ length: down.counts[y]! }, (_, t) => this.wideRow(start + t));
    if (rows.length === 2) {
      // Nearly all rows of an enlarged map.
      const [upper, lower] = rows as [Float32Array, Float32Array];
      const [first, second] = [down.values[y * down.taps]!, down.values[y * down.taps + 1]!];
      for (let x = 0; x < enlarged.length; x++) enlarged[x] = upper[x]! * first + lower[x]! * second;
      return enlarged;
    }
    for (let x = 0; x < enlarged.length; x++) {
      let sum = 0;
      for (let t = 0; t < rows.length; t++) sum += rows[t]![x]! * down.values[y * down.taps + t]!;
      enlarged[x] = sum;
    }
    return enlarged;
  }

  private wideRow(y: number): Float32Array {
    let row = this.wide.get(y);
    if (row === undefined) {
      row = new Float32Array(this.enlarged.length);
      const { starts, counts, values, taps } = this.across;
      for (let x = 0; x < row.length; x++) {
        let sum = 0;
        for (let t = 0; t < counts[x]!; t++) {
          sum += this.map[y * this.size + starts[x]! + t]! * values[x * taps + t]!;
        }
        row[x] = sum;
      }
      this.wide.set(y, row);
    }
    return row;
  }
}
