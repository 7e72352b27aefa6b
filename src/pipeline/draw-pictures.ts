/** The pictures that are kept of a detection: the overlay, and two small ones for the report. */

import type { ColormapName } from "../image/colormap.ts";
import { encodePng, encodeThumbnail } from "../image/encode.ts";
import type { RgbImage } from "../image/image.ts";
import type { MapScale } from "../image/overlay.ts";

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

/** The scale that all pictures of a run share: 0 to the number of layers. */
export function pictureScale(layers: number, { colormap }: DrawOptions): MapScale {
  return { min: 0, max: layers, colormap };
}

/** @param drawn the picture with its map over it */
export async function encodePictures(image: RgbImage, drawn: RgbImage): Promise<Pictures> {
  return {
    overlay: await encodePng(drawn),
    thumbnails: [await encodeThumbnail(image, THUMBNAIL_SIDE), await encodeThumbnail(drawn, THUMBNAIL_SIDE)],
  };
}
