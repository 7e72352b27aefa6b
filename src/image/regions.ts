/** Connected areas of an anomaly map that reach a threshold. */

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

/** What is known of an area while rows are read; `right` and `bottom` are inclusive. */
interface Growing {
  left: number;
  top: number;
  right: number;
  bottom: number;
  area: number;
  peak: number;
}

/** Pixels `start..end` (exclusive) of one row, of the area with this label. */
interface Run {
  start: number;
  end: number;
  label: number;
}

/**
 * Finds the areas in which the map is at or above the threshold, the highest peak first (then the largest area, then
 * from the top). One pass over the rows; runs that touch a run of the row above are joined by union-find.
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
  const parents: number[] = [];
  const areas: Growing[] = [];
  let above: Run[] = [];
  for (let y = 0; y < height; y++) {
    const runs = readRuns(map, y, width, threshold, parents, areas);
    joinTouching(above, runs, parents, areas);
    above = runs;
  }
  return areas
    .filter((area, label) => parents[label] === label && area.area >= minArea)
    .map(({ left, top, right, bottom, area, peak }) => {
      return { x: left, y: top, width: right - left + 1, height: bottom - top + 1, area, peak };
    })
    .sort((a, b) => b.peak - a.peak || b.area - a.area || a.y - b.y || a.x - b.x);
}

/** The row's runs, each of them a new area of its own. */
function readRuns(
  map: Float32Array,
  y: number,
  width: number,
  threshold: number,
  parents: number[],
  areas: Growing[],
): Run[] {
  const runs: Run[] = [];
  for (let x = 0; x < width; x++) {
    if (!(map[y * width + x]! >= threshold)) continue;
    const start = x;
    let peak = Number.NEGATIVE_INFINITY;
    for (; x < width && map[y * width + x]! >= threshold; x++) peak = Math.max(peak, map[y * width + x]!);
    const label = parents.length;
    parents.push(label);
    areas.push({ left: start, top: y, right: x - 1, bottom: y, area: x - start, peak });
    runs.push({ start, end: x, label });
  }
  return runs;
}

function joinTouching(above: Run[], runs: Run[], parents: number[], areas: Growing[]): void {
  let first = 0;
  for (const run of runs) {
    // Corners count: a run touches one that ends where it starts.
    while (first < above.length && above[first]!.end < run.start) first++;
    for (let i = first; i < above.length && above[i]!.start <= run.end; i++) {
      join(above[i]!.label, run.label, parents, areas);
    }
  }
}

function join(one: number, other: number, parents: number[], areas: Growing[]): void {
  const a = findRoot(one, parents);
  const b = findRoot(other, parents);
  if (a === b) return;
  const [kept, gone] = a < b ? [a, b] : [b, a];
  parents[gone] = kept;
  const into = areas[kept]!;
  const from = areas[gone]!;
  into.left = Math.min(into.left, from.left);
  into.top = Math.min(into.top, from.top);
  into.right = Math.max(into.right, from.right);
  into.bottom = Math.max(into.bottom, from.bottom);
  into.peak = Math.max(into.peak, from.peak);
  into.area += from.area;
}

function findRoot(label: number, parents: number[]): number {
  let root = label;
  while (parents[root] !== root) {
    parents[root] = parents[parents[root]!]!;
    root = parents[root]!;
  }
  return root;
}
