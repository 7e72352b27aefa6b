/** Connected areas of an anomaly map that reach a threshold. */

import { labelRuns } from "./label-runs.ts";

/** A connected area (8-connectivity) of a map, in the map's own pixels. */
export interface Region {
  /** Left edge of the bounding box. */
  x: number;
  /** Top edge of the bounding box. */
  y: number;
  /** Width of the bounding box. */
  width: number;
  /** Height of the bounding box. */
  height: number;
  /** Number of pixels in the area. */
  area: number;
  /** Largest map value in the area. */
  peak: number;
}

export interface FindRegionsOptions {
  /** Smaller areas, in pixels, are left out. Default 1. */
  minArea?: number;
}

/**
 * Finds the areas in which the map is at or above the threshold, the highest peak first (then the largest area, then
 * from the top).
 *
 * @param map `[height, width]`; NaN belongs to no area.
 * @throws RangeError when the map has another length.
 */
export function findRegions(
  map: Float32Array,
  width: number,
  height: number,
  threshold: number,
  options: FindRegionsOptions = {},
): Region[] {
  if (map.length !== width * height) throw new RangeError(`expected ${width * height} values, got ${map.length}`);
  const { minArea = 1 } = options;
  const inside = new Uint8Array(map.length);
  for (let i = 0; i < map.length; i++) inside[i] = map[i]! >= threshold ? 1 : 0;
  const { starts, ends, areas, areaCount } = labelRuns(inside, width, height);
  const growing = Array.from({ length: areaCount }, newRegion);
  for (let run = 0; run < starts.length; run++) {
    const y = Math.floor(starts[run]! / width);
    includeRun(growing[areas[run]!]!, map, y, starts[run]!, ends[run]!, y * width);
  }
  return finishRegions(growing, minArea);
}

/** What is known of a region while its runs are read; `right` and `bottom` are exclusive. */
export interface GrowingRegion {
  left: number;
  top: number;
  right: number;
  bottom: number;
  area: number;
  peak: number;
}

/** A region without a run yet. */
export function newRegion(): GrowingRegion {
  return { left: Infinity, top: Infinity, right: 0, bottom: 0, area: 0, peak: -Infinity };
}

/**
 * Adds a run of row `y` to a region; rows come from the top.
 *
 * @param map the values, of which the run's are those from `start` to `end` (exclusive).
 * @param rowStart where in `map` the row begins.
 */
export function includeRun(
  region: GrowingRegion,
  map: Float32Array,
  y: number,
  start: number,
  end: number,
  rowStart: number,
): void {
  region.left = Math.min(region.left, start - rowStart);
  region.right = Math.max(region.right, end - rowStart);
  region.top = Math.min(region.top, y);
  region.bottom = y + 1;
  region.area += end - start;
  for (let i = start; i < end; i++) region.peak = Math.max(region.peak, map[i]!);
}

/** The regions of at least `minArea` pixels, in the order of `findRegions`. */
export function finishRegions(growing: readonly GrowingRegion[], minArea = 1): Region[] {
  return growing
    .filter(({ area }) => area >= minArea)
    .map(({ left, top, right, bottom, area, peak }) => {
      return { x: left, y: top, width: right - left, height: bottom - top, area, peak };
    })
    .sort((a, b) => b.peak - a.peak || b.area - a.area || a.y - b.y || a.x - b.x);
}
