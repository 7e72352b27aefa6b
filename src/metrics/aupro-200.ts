/** The per-region overlap as the authors' released code computes it, which published AUPRO values come from. */

import type { Sweep, ThresholdBlock, Totals } from "./threshold-sweep.ts";

/**
 * In NumPy's terms, over the maps of a class: thresholds are `arange(min, max, (max - min) / 200)`; at each of them the
 * pixels `> threshold` are anomalous; the thresholds with a false positive rate below 0.3 are kept, their rates
 * stretched to 0..1 whatever they reach, and the area is the trapezoids'. Unlike AUPRO it depends on the scores'
 * spacing, and most on the hottest pixel.
 *
 * Thresholds are float64 and rounded to float32 where they are compared, as in the NumPy versions (1.x) that the
 * released code ran with.
 *
 * Null (n/a) where that code fails: no normal pixel, no region, one value everywhere, or kept rates that are all the
 * same.
 */
export class Aupro200Sweep implements Sweep<number | null> {
  readonly #thresholds: Float64Array;
  readonly #falsePositives: Float64Array;
  readonly #overlaps: Float64Array;
  /** The threshold that is to be counted next; they are looked at from the highest. */
  #next: number;
  #falsePositivesAbove = 0;
  #overlapAbove = 0;

  /** @param range the lowest and the highest score of all, float32. */
  constructor(
    private readonly totals: Totals,
    { min, max }: { min: number; max: number },
  ) {
    this.#thresholds = arange(min, max);
    this.#falsePositives = new Float64Array(this.#thresholds.length);
    this.#overlaps = new Float64Array(this.#thresholds.length);
    this.#next = this.#thresholds.length - 1;
  }

  take({ length, thresholds: scores, falsePositives, overlaps }: ThresholdBlock): void {
    for (let i = 0; i < length; i++) {
      // What was counted so far is above the threshold, and what comes is not.
      while (this.#next >= 0 && scores[i]! <= this.#thresholds[this.#next]!) {
        this.#falsePositives[this.#next] = this.#falsePositivesAbove;
        this.#overlaps[this.#next] = this.#overlapAbove;
        this.#next--;
      }
      this.#falsePositivesAbove = falsePositives[i]!;
      this.#overlapAbove = overlaps[i]!;
    }
  }

  result(): number | null {
    const { normal, regions } = this.totals;
    if (normal === 0 || regions === 0) return null;
    const rates = this.#falsePositives.map((count) => count / normal);
    const first = rates.findIndex((rate) => rate < FALSE_POSITIVE_LIMIT);
    if (first === -1) return null;
    // Rates fall as thresholds rise.
    const highest = rates[first]!;
    const lowest = rates.at(-1)!;
    if (highest === lowest) return null;
    let area = 0;
    for (let i = first + 1; i < rates.length; i++) {
      const step = (rates[i - 1]! - rates[i]!) / (highest - lowest);
      area += (step * (this.#overlaps[i - 1]! + this.#overlaps[i]!)) / 2 / regions;
    }
    return area;
  }
}

// --- internal ---

const STEPS = 200;
const FALSE_POSITIVE_LIMIT = 0.3;

function arange(min: number, max: number): Float64Array {
  const range = Math.fround(max - min);
  const delta = range / STEPS;
  // Rounding makes the length 201 for some ranges, as in NumPy. For one value everywhere there is no step to take.
  const length = delta > 0 ? Math.ceil(range / delta) : 0;
  // NumPy goes on by the difference of the first two.
  const step = min + delta - min;
  return Float64Array.from({ length }, (_, i) => Math.fround(min + i * step));
}
