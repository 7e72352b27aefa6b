/** Area under a curve over the false positive rate: AUROC, and AUPRO up to a limit. */

import type { Sweep, ThresholdBlock } from "./threshold-sweep.ts";

export interface RocArea {
  /** From 0 to 1. */
  area: number;
  /** How far the area can be from that of finer thresholds, whichever way the scores between two of these lie. */
  uncertainty: number;
}

/**
 * Joins the points of all thresholds by straight lines, from 0, 0; interpolates where the limit falls between two of
 * them, and divides by the limit. Null when there is nothing on one of the axes.
 */
export class RocAreaSweep implements Sweep<RocArea | null> {
  readonly #limit: number;
  #x = 0;
  #y = 0;
  #area = 0;
  #uncertainty = 0;

  /**
   * @param height which of the sums the curve shows: `truePositives` for AUROC, `overlaps` for AUPRO.
   * @param normal false positives where the rate is 1.
   * @param top the sum where the curve is 1.
   * @param limit of the false positive rate, above 0 to 1.
   */
  constructor(
    private readonly height: "truePositives" | "overlaps",
    private readonly normal: number,
    private readonly top: number,
    limit = 1,
  ) {
    this.#limit = limit * normal;
  }

  take(block: ThresholdBlock): void {
    const xs = block.falsePositives;
    const ys = block[this.height];
    const limit = this.#limit;
    let [x, y, area, uncertainty] = [this.#x, this.#y, this.#area, this.#uncertainty];
    for (let i = 0; i < block.length && x < limit; i++) {
      const step = xs[i]! - x;
      const rise = ys[i]! - y;
      if (xs[i]! <= limit) {
        area += step * (y + rise / 2);
        uncertainty += (step * rise) / 2;
      } else {
        const part = limit - x;
        area += part * (y + (rise * part) / step / 2);
        uncertainty += part * rise;
      }
      x = xs[i]!;
      y = ys[i]!;
    }
    [this.#x, this.#y, this.#area, this.#uncertainty] = [x, y, area, uncertainty];
  }

  result(): RocArea | null {
    if (this.normal === 0 || this.top === 0) return null;
    return {
      area: this.#area / this.top / this.#limit,
      uncertainty: this.#uncertainty / this.top / this.#limit,
    };
  }
}
