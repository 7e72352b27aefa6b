/** Connected areas of a binary picture (8-connectivity), as runs of pixels: one pass over the rows, and union-find. */

/** The horizontal runs of a picture, from the top and from the left, and the area that each belongs to. */
export interface LabelledRuns {
  /** Index of each run's first pixel. */
  starts: Int32Array;
  /** Index after each run's last pixel, in the same row. */
  ends: Int32Array;
  /** The area of each run: 0, 1, ... in the order of their first runs. */
  areas: Int32Array;
  /** How many areas there are. */
  areaCount: number;
}

/**
 * Finds the runs and joins those that touch, corners included.
 *
 * @param inside `[height, width]`, 0 outside, anything else inside.
 * @throws RangeError when the picture has another length or more than 2^31 - 1 pixels.
 */
export function labelRuns(inside: Uint8Array, width: number, height: number): LabelledRuns {
  if (inside.length !== width * height) {
    throw new RangeError(`expected ${width * height} values, got ${inside.length}`);
  }
  if (inside.length > MOST_PIXELS) throw new RangeError(`${inside.length} pixels, more than ${MOST_PIXELS}`);
  const count = countRuns(inside, width, height);
  const starts = new Int32Array(count);
  const ends = new Int32Array(count);
  const parents = new Int32Array(count);
  let next = 0;
  // The runs of the row above.
  let above = 0;
  for (let y = 0; y < height; y++) {
    const first = next;
    const rowEnd = (y + 1) * width;
    for (let i = y * width; i < rowEnd; i++) {
      if (inside[i] === 0) continue;
      starts[next] = i;
      while (i < rowEnd && inside[i] !== 0) i++;
      ends[next] = i;
      parents[next] = next;
      // Corners count: a run touches one that ends where it starts.
      while (above < first && ends[above]! + width < starts[next]!) above++;
      for (let other = above; other < first && starts[other]! + width <= i; other++) join(parents, other, next);
      next++;
    }
    above = first;
  }
  return { starts, ends, ...numberAreas(parents) };
}

/**
 * Union: makes the areas of two runs one.
 *
 * @param parents for each run one that came before it in the same area; an area's first run, its root, is its own.
 */
export function join(parents: Int32Array, one: number, other: number): void {
  const a = findRoot(parents, one);
  const b = findRoot(parents, other);
  // The root is an area's first run, by which the areas are ordered.
  if (a < b) parents[b] = a;
  else parents[a] = b;
}

/** Find: the first run of the area that a run belongs to. */
export function findRoot(parents: Int32Array, run: number): number {
  let root = run;
  while (parents[root] !== root) {
    parents[root] = parents[parents[root]!]!;
    root = parents[root]!;
  }
  return root;
}

// --- internal ---

/** Pixels are counted with 32 bits. */
const MOST_PIXELS = 2 ** 31 - 1;

function countRuns(inside: Uint8Array, width: number, height: number): number {
  let count = 0;
  for (let y = 0; y < height; y++) {
    let before = 0;
    for (let i = y * width; i < (y + 1) * width; i++) {
      const value = inside[i]!;
      if (value !== 0 && before === 0) count++;
      before = value;
    }
  }
  return count;
}

/** Replaces each run's parent by the number of its area. A parent comes before its runs, so its number is known. */
function numberAreas(parents: Int32Array): { areas: Int32Array; areaCount: number } {
  let areaCount = 0;
  for (let run = 0; run < parents.length; run++) {
    const parent = parents[run]!;
    parents[run] = parent === run ? areaCount++ : parents[parent]!;
  }
  return { areas: parents, areaCount };
}
