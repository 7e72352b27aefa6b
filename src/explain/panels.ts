/** The small pictures that figures are made of. */

import type { RgbImage } from "../image/image.ts";
import { overlay } from "../image/overlay.ts";
import type { Region } from "../image/regions.ts";
import { resizeMap, resizeRgb } from "../image/resample.ts";

/** Longer side of a panel, pixels: four of them make a figure as wide as a page at 250 dots an inch. */
export const PANEL_SIDE = 400;

/** Attention of this many times the uniform share, and more, has the highest colour. */
export const MOST_TIMES_UNIFORM = 100;

/** The picture at a panel's size, its shape kept; small ones are enlarged. */
export function panelPicture(image: RgbImage): RgbImage {
  const scale = PANEL_SIDE / Math.max(image.width, image.height);
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return resizeRgb(image, side(image.width), side(image.height), "bicubic");
}

/**
 * A map of similarities over the picture, from 0 to 1.
 *
 * @param map [S, S]
 */
export function similarityPanel(picture: RgbImage, map: Float32Array): RgbImage {
  const side = Math.sqrt(map.length);
  return overlay(picture, resizeMap(map, side, side, picture.width, picture.height), { min: 0, max: 1 });
}

/**
 * The attention of a patch over the picture, patch by patch: nothing up to the uniform share, then by its logarithm up
 * to {@link MOST_TIMES_UNIFORM} times it. The asking patch has a frame.
 *
 * @param row attention to the class token, then to the patches row by row: [1 + G²]
 */
export function attentionPanel(
  picture: RgbImage,
  row: Float32Array,
  asking: { column: number; row: number },
): RgbImage {
  const { width, height } = picture;
  const grid = Math.sqrt(row.length - 1);
  const map = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const across = 1 + Math.floor((y * grid) / height) * grid;
    for (let x = 0; x < width; x++) {
      map[y * width + x] = Math.log(row[across + Math.floor((x * grid) / width)]! * row.length);
    }
  }
  const regions = [patchRegion(asking, grid, picture)];
  return overlay(picture, map, { min: 0, max: Math.log(MOST_TIMES_UNIFORM), regions });
}

// --- internal ---

function patchRegion({ column, row }: { column: number; row: number }, grid: number, picture: RgbImage): Region {
  const [x, y] = [Math.floor((column * picture.width) / grid), Math.floor((row * picture.height) / grid)];
  const width = Math.ceil(((column + 1) * picture.width) / grid) - x;
  const height = Math.ceil(((row + 1) * picture.height) / grid) - y;
  return { x, y, width, height, area: width * height, peak: 0 };
}
