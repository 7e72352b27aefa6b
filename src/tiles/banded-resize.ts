/** Resizing a picture that comes in bands of rows, to the last bit as `resizeRgb` does it in one piece. */

import type { RgbImage } from "../image/image.ts";
import { computeWeights, PRECISION_BITS, resizeRgb, toFixedPoint } from "../image/resample.ts";

/** Squashes a picture to a square, bicubically. Holds one number for each value of the square. */
export class BandedResize {
  private readonly starts: Int32Array;
  private readonly counts: Int32Array;
  private readonly taps: number;
  private readonly weights: Int32Array;
  /** `[size, size, 3]` in fixed point, where the vertical pass sums up. */
  private readonly sums: Int32Array;
  private y = 0;
  /** The first row of the square that is still to receive something. */
  private open = 0;

  /**
   * @param size side of the square
   * @param height rows of the picture
   */
  constructor(
    private readonly size: number,
    height: number,
  ) {
    const { starts, counts, values, taps } = computeWeights(height, size, "bicubic");
    this.starts = starts;
    this.counts = counts;
    this.taps = taps;
    this.weights = toFixedPoint(values);
    this.sums = new Int32Array(size * size * 3).fill(1 << (PRECISION_BITS - 1));
  }

  /** Takes the next rows of the picture, all of its width. */
  add(band: RgbImage): void {
    // A height that stays as it is leaves the horizontal pass alone.
    const { data } = resizeRgb(band, this.size, band.height, "bicubic");
    const rowBytes = this.size * 3;
    for (let i = 0; i < band.height; i++) this.addRow(data.subarray(i * rowBytes, (i + 1) * rowBytes));
  }

  /** The square, once all rows were added. */
  finish(): RgbImage {
    const data = new Uint8ClampedArray(this.sums.length);
    for (let i = 0; i < data.length; i++) data[i] = this.sums[i]! >> PRECISION_BITS;
    return { width: this.size, height: this.size, data: new Uint8Array(data.buffer) };
  }

  /** Whole numbers are summed, so that the order in which rows come does not matter. */
  private addRow(row: Uint8Array): void {
    const { starts, counts, size, sums } = this;
    const y = this.y++;
    while (this.open < size && starts[this.open]! + counts[this.open]! <= y) this.open++;
    for (let to = this.open; to < size && starts[to]! <= y; to++) {
      const weight = this.weights[to * this.taps + y - starts[to]!]!;
      const from = to * row.length;
      for (let i = 0; i < row.length; i++) sums[from + i] = (sums[from + i]! + Math.imul(row[i]!, weight)) | 0;
    }
  }
}
