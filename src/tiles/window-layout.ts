/** Where the windows over a large picture lie, and how much each counts where they overlap. */

/** One stretch of windows along a side of the picture: a column or a row of them. */
export interface Span {
  /** First pixel. */
  start: number;
  /** Pixels. */
  length: number;
  /** How much the window counts at each of its pixels; over all spans the weights of a pixel sum to 1. */
  weights: Float64Array;
}

/**
 * Spans of `tile` pixels that cover a side, each `tile * (1 - overlap)` after the one before; the last is moved inwards
 * to end with the side. A side of no more than `tile` pixels is one span.
 *
 * A window over column span `a` and row span `b` counts `a.weights[x] * b.weights[y]`; over all windows that sums to 1.
 * Weights rise from near 0 at a span's border as sin^2 over what it shares with its neighbour, which falls as cos^2: no
 * seam is left where windows disagree. Towards the border of the picture they do not fall.
 *
 * @param side pixels of the picture
 * @param overlap share of `tile`, 0 to 0.9; at 0 windows only touch, and seams show
 */
export function layOutSpans(side: number, tile: number, overlap: number): Span[] {
  if (side <= tile) return [{ start: 0, length: side, weights: new Float64Array(side).fill(1) }];
  const step = Math.max(1, Math.round(tile * (1 - overlap)));
  const starts: number[] = [];
  for (let start = 0; start + tile < side; start += step) starts.push(start);
  starts.push(side - tile);
  const spans = starts.map((start, i) => {
    const before = i === 0 ? 0 : starts[i - 1]! + tile - start;
    const after = i === starts.length - 1 ? 0 : start + tile - starts[i + 1]!;
    return { start, length: tile, weights: slopes(tile, before, after) };
  });
  const totals = new Float64Array(side);
  for (const { start, weights } of spans) for (let i = 0; i < tile; i++) totals[start + i]! += weights[i]!;
  for (const { start, weights } of spans) for (let i = 0; i < tile; i++) weights[i]! /= totals[start + i]!;
  return spans;
}

/**
 * The side of the windows for a picture, or null where one look at the whole is all there is to do.
 *
 * @param tile pixels of the picture, or "auto": windows of the model's own size, for pictures with a side of more than
 * 1.5 times that
 * @param imageSize side S of what the model sees
 */
export function tileSize(tile: number | "auto", imageSize: number, width: number, height: number): number | null {
  const side = Math.max(width, height);
  if (tile === "auto") return side > AUTO_FROM * imageSize ? imageSize : null;
  return side > tile ? tile : null;
}

// --- internal ---

const AUTO_FROM = 1.5;

/** 1 in the middle, falling over `before` and `after` pixels at the ends, but no further than to the middle. */
function slopes(length: number, before: number, after: number): Float64Array {
  const [rise, fall] = [Math.min(before, length / 2), Math.min(after, length / 2)];
  return Float64Array.from({ length }, (_, i) => {
    const up = Math.min(1, (i + 0.5) / rise);
    const down = Math.min(1, (length - i - 0.5) / fall);
    return Math.sin((Math.PI / 2) * up) ** 2 * Math.sin((Math.PI / 2) * down) ** 2;
  });
}
