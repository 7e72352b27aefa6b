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
  const growing = Array.from({ length: areaCount }, newArea);
  for (let run = 0; run < starts.length; run++) include(growing[areas[run]!]!, map, width, starts[run]!, ends[run]!);
  return growing
    .filter(({ area }) => area >= minArea)
    .map(({ left, top, right, bottom, area, peak }) => {
      return { x: left, y: top, width: right - left, height: bottom - top, area, peak };
    })
    .sort((a, b) => b.peak - a.peak || b.area - a.area || a.y - b.y || a.x - b.x);
}

// --- internal ---

/** What is known of an area while its runs are read; `right` and `bottom` are exclusive. */
interface Growing {
  left: number;
  top: number;
  right: number;
  bottom: number;
  area: number;
  peak: number;
}

function newArea(): Growing {
  return { left: Infinity, top: Infinity, right: 0, bottom: 0, area: 0, peak: -Infinity };
}

function include(area: Growing, map: Float32Array, width: number, start: number, end: number): void {
  const y = Math.floor(start / width);
  area.left = Math.min(area.left, start - y * width);
  area.right = Math.max(area.right, end - y * width);
  area.top = Math.min(area.top, y);
  area.bottom = y + 1;
  area.area += end - start;
  for (let i = start; i < end; i++) area.peak = Math.max(area.peak, map[i]!);
}
