/** Small pictures of an exhibit: as it is, and with the map and the outline of its mask. */

import { AnomalyClipError } from "../../errors.ts";
import { decodeImage, decodeMask } from "../../image/decode.ts";
import { encodeThumbnail } from "../../image/encode.ts";
import type { RgbImage } from "../../image/image.ts";
import { overlay } from "../../image/overlay.ts";
import { resizeGray, resizeMap, resizeRgb } from "../../image/resample.ts";
import type { Exhibit } from "../evaluation.ts";
import { drawContour } from "./mask-contour.ts";

/** JPEG in base64, with its size in pixels. */
export interface ExhibitPictures {
  picture: string;
  overlay: string;
  width: number;
  height: number;
  /** Whether the overlay shows the outline of a mask. */
  outlined: boolean;
}

/** Longest side, pixels. */
export const PICTURE_SIDE = 280;

/** Draws an exhibit at its own proportions; null where its picture cannot be read any more. */
export async function drawExhibit({ image, mask, abnormal, map, mapSize }: Exhibit): Promise<ExhibitPictures | null> {
  const decoded = await unlessUnreadable(() => decodeImage(image));
  if (decoded === null) return null;
  const picture = shrink(decoded);
  const { width, height } = picture;
  const squashed = resizeMap(map, mapSize, mapSize, width, height);
  const heat = overlay(picture, squashed, { min: 0, max: 1 });
  const inside = abnormal && mask !== null ? await readMask(mask, width, height) : null;
  const drawn = inside ? drawContour(heat, inside) : heat;
  return {
    picture: await jpegOf(picture),
    overlay: await jpegOf(drawn),
    width,
    height,
    outlined: inside !== null,
  };
}

// --- internal ---

const QUALITY = 78;

function shrink(image: RgbImage): RgbImage {
  const scale = Math.min(1, PICTURE_SIDE / Math.max(image.width, image.height));
  const side = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return resizeRgb(image, side(image.width), side(image.height), "bicubic");
}

/** `[height, width]`, not 0 where any of a pixel is anomalous: small defects stay. Null without an anomalous pixel. */
async function readMask(path: string, width: number, height: number): Promise<Uint8Array | null> {
  const mask = await unlessUnreadable(() => decodeMask(path));
  if (mask === null) return null;
  const inside = resizeGray(mask, width, height, "bilinear").data;
  return inside.some((value) => value > 0) ? inside : null;
}

async function unlessUnreadable<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AnomalyClipError) return null;
    throw error;
  }
}

async function jpegOf(image: RgbImage): Promise<string> {
  return Buffer.from(await encodeThumbnail(image, PICTURE_SIDE, QUALITY)).toString("base64");
}
