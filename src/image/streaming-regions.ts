/** Regions of a map whose rows come one after the other; the map itself is not kept. */

import { findRoot, join } from "./label-runs.ts";
import { finishRegions, type GrowingRegion, includeRun, newRegion, type Region } from "./regions.ts";

/** Finds what `findRegions` finds. Holds the runs of one row, and what is known of each region so far. */
export class StreamingRegions {
  private readonly growing: GrowingRegion[] = [];
  /** For each of `growing` an earlier one that it turned out to be part of, or itself. */
  private parents = new Int32Array(256);
  private above: Run[] = [];
  private y = 0;

  /** @param threshold values from this on belong to a region */
  constructor(private readonly threshold: number) {}

  /** Takes the next row of the map. */
  add(row: Float32Array): void {
    const runs: Run[] = [];
    const { above, threshold } = this;
    let next = 0;
    for (let x = 0; x < row.length; x++) {
      if (!(row[x]! >= threshold)) continue;
      const start = x;
      while (x < row.length && row[x]! >= threshold) x++;
      // Corners count: a run touches one that ends where it starts.
      while (next < above.length && above[next]!.end < start) next++;
      let region = -1;
      for (let other = next; other < above.length && above[other]!.start <= x; other++) {
        if (region < 0) region = above[other]!.region;
        else join(this.parents, region, above[other]!.region);
      }
      if (region < 0) region = this.begin();
      includeRun(this.growing[region]!, row, this.y, start, x, 0);
      runs.push({ start, end: x, region });
    }
    this.above = runs;
    this.y++;
  }

  /** All regions of at least one pixel, in the order of `findRegions`. */
  finish(): Region[] {
    const { growing, parents } = this;
    for (let i = growing.length - 1; i >= 0; i--) {
      const root = findRoot(parents, i);
      if (root !== i) absorb(growing[root]!, growing[i]!);
    }
    return finishRegions(growing.filter((_, i) => parents[i] === i));
  }

  private begin(): number {
    const region = this.growing.push(newRegion()) - 1;
    if (region === this.parents.length) {
      const longer = new Int32Array(region * 2);
      longer.set(this.parents);
      this.parents = longer;
    }
    this.parents[region] = region;
    return region;
  }
}

// --- internal ---

/** Pixels `start` to `end` (exclusive) of a row, and the number of their region. */
interface Run {
  start: number;
  end: number;
  region: number;
}

function absorb(region: GrowingRegion, part: GrowingRegion): void {
  region.left = Math.min(region.left, part.left);
  region.right = Math.max(region.right, part.right);
  region.top = Math.min(region.top, part.top);
  region.bottom = Math.max(region.bottom, part.bottom);
  region.area += part.area;
  region.peak = Math.max(region.peak, part.peak);
}
