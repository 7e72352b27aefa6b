/** Which patches are asked what they attend to. */

import { AnomalyClipError } from "../errors.ts";

/** A place in a picture, in its own pixels from the upper left corner. */
export interface Place {
  x: number;
  y: number;
}

/** A patch that is asked. */
export interface ChosenPatch extends Place {
  /** Column and row among the patches, from 0. */
  column: number;
  row: number;
  /** Why this one, for a heading. */
  why: string;
}

interface Size {
  width: number;
  height: number;
}

/** More would make a page that nobody reads. */
const MOST_PATCHES = 16;

/** @throws AnomalyClipError E_CONFIG for a place outside the picture, and for too many of them */
export function requireInside(places: readonly Place[], { width, height }: Size): void {
  if (places.length > MOST_PATCHES) {
    throw new AnomalyClipError("E_CONFIG", `${places.length} patches are too many: ask for at most ${MOST_PATCHES}`);
  }
  for (const { x, y } of places) {
    if (!(x >= 0 && x < width && y >= 0 && y < height)) {
      throw new AnomalyClipError(
        "E_CONFIG",
        `patch ${x},${y} is outside the picture, which has ${width} x ${height} pixels: use 0,0 to ${width - 1},${height - 1}`,
      );
    }
  }
}

/** The patches at places of a picture, each patch once. */
export function patchesAt(places: readonly Place[], size: Size, grid: number): ChosenPatch[] {
  const chosen = new Map<number, ChosenPatch>();
  for (const { x, y } of places) {
    const column = Math.floor((Math.floor(x) * grid) / size.width);
    const row = Math.floor((Math.floor(y) * grid) / size.height);
    if (!chosen.has(row * grid + column)) chosen.set(row * grid + column, { x, y, column, row, why: "as asked" });
  }
  return [...chosen.values()];
}

/**
 * The most and the least anomalous patch.
 *
 * @param similarity S_a of the patches, [G, G]
 */
export function extremePatches(similarity: Float32Array, size: Size, grid: number): ChosenPatch[] {
  const highest = similarity.reduce((best, value, i) => (value > similarity[best]! ? i : best), 0);
  const lowest = similarity.reduce((best, value, i) => (value < similarity[best]! ? i : best), 0);
  const at = (index: number, why: string): ChosenPatch => {
    const [column, row] = [index % grid, Math.floor(index / grid)];
    const x = Math.floor(((column + 0.5) * size.width) / grid);
    const y = Math.floor(((row + 0.5) * size.height) / grid);
    return { x, y, column, row, why };
  };
  const extremes = [at(highest, "the most anomalous")];
  if (lowest !== highest) extremes.push(at(lowest, "the least anomalous"));
  return extremes;
}
