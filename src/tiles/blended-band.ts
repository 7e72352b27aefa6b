/** The rows of a map on which windows are still being put together. */

import type { Span } from "./window-layout.ts";

/** Sums up weighted windows. Holds as many rows as a window is high, and gives them away once nothing more comes. */
export class BlendedBand {
  /** The first row that is held. */
  private top = 0;
  private readonly sums: Float32Array;

  /** @param rows of the highest window */
  constructor(
    private readonly width: number,
    rows: number,
  ) {
    this.sums = new Float32Array(width * rows);
  }

  /**
   * Adds a window; rows of windows come from the top, each after `release` of the rows above it.
   *
   * @param map `[down.length, across.length]`
   */
  add(map: Float32Array, across: Span, down: Span): void {
    const { width, sums } = this;
    for (let y = 0, i = 0; y < down.length; y++) {
      const weight = down.weights[y]!;
      const from = (down.start - this.top + y) * width + across.start;
      for (let x = 0; x < across.length; x++, i++) sums[from + x]! += weight * across.weights[x]! * map[i]!;
    }
  }

  /** Hands the rows above `end` to `take`, from the top, and lets go of them. */
  release(end: number, take: (row: Float32Array, y: number) => void): void {
    const { width, sums, top } = this;
    if (end === top) return;
    for (let y = top; y < end; y++) take(sums.subarray((y - top) * width, (y - top + 1) * width), y);
    sums.copyWithin(0, (end - top) * width);
    sums.fill(0, sums.length - (end - top) * width);
    this.top = end;
  }
}
