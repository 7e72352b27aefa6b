/** The outline of a mask, drawn to be seen on any picture. */

import type { RgbImage } from "../../image/image.ts";

/** Grey levels by distance from the mask, pixels: no picture is near all of black and white. */
const LEVELS = [undefined, 0, 255, 0] as const;

/**
 * Draws a white line between two black ones just outside of the mask. Where the mask reaches the picture's border the
 * lines lie on the border, so that a mask of the whole picture has an outline too.
 *
 * @param inside `[height, width]` of the picture, 0 outside of the mask.
 * @returns a new picture.
 * @throws RangeError when the mask has another size than the picture.
 */
export function drawContour(image: RgbImage, inside: Uint8Array): RgbImage {
  const { width, height } = image;
  if (inside.length !== width * height) {
    throw new RangeError(`expected ${width * height} values, got ${inside.length}`);
  }
  // Not slice(): a Buffer's slice is the same memory.
  const data = Uint8Array.from(image.data);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const level = LEVELS[distanceTo(inside, width, height, x, y)];
      if (level !== undefined) data.fill(level, (y * width + x) * 3, (y * width + x) * 3 + 3);
    }
  }
  return { width, height, data };
}

// --- internal ---

const THICKNESS = LEVELS.length - 1;

/** From the mask outwards, 0 inside: as if what lies on the border were cut off. {@link LEVELS.length} for farther. */
function distanceTo(inside: Uint8Array, width: number, height: number, x: number, y: number): number {
  if (inside[y * width + x] !== 0) return Math.max(0, THICKNESS - Math.min(x, y, width - 1 - x, height - 1 - y));
  let nearest: number = LEVELS.length;
  for (let j = Math.max(0, y - THICKNESS); j <= Math.min(height - 1, y + THICKNESS); j++) {
    for (let i = Math.max(0, x - THICKNESS); i <= Math.min(width - 1, x + THICKNESS); i++) {
      if (inside[j * width + i] !== 0) nearest = Math.min(nearest, Math.max(Math.abs(i - x), Math.abs(j - y)));
    }
  }
  return nearest;
}
