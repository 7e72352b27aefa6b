/** The pictures that are kept of a detection: the overlay, and two small ones for the report. */

import type { ColormapName } from "../image/colormap.ts";
import { encodePng, encodeThumbnail } from "../image/encode.ts";
import type { RgbImage } from "../image/image.ts";
import { overlay } from "../image/overlay.ts";
import type { Region } from "../image/regions.ts";

export interface DrawOptions {
  colormap: ColormapName;
}

/** Encoded pictures of one detection. */
export interface Pictures {
  /** PNG at the picture's own size. */
  overlay: Uint8Array;
  /** JPEG, the picture and its overlay, at most `THUMBNAIL_SIDE` pixels wide and high. */
  thumbnails: [picture: Uint8Array, overlay: Uint8Array];
}

/** Pixels; twice what the report shows on a common screen would be sharper, but five hundred pairs share one file. */
export const THUMBNAIL_SIDE = 240;

/**
 * Draws the map over the picture on the scale that all pictures share: 0 to the number of layers.
 *
 * @param map `[height, width]` of the picture
 */
export async function drawPictures(
  image: RgbImage,
  map: Float32Array,
  layers: number,
  regions: readonly Region[],
  { colormap }: DrawOptions,
): Promise<Pictures> {
  const drawn = overlay(image, map, { min: 0, max: layers, colormap, regions });
  return {
    overlay: await encodePng(drawn),
    thumbnails: [await encodeThumbnail(image, THUMBNAIL_SIDE), await encodeThumbnail(drawn, THUMBNAIL_SIDE)],
  };
}
