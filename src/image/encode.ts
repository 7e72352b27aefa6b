/** Pictures to files. */

import sharp from "sharp";
import type { RgbImage } from "./image.ts";

/** Pixels from which quick compression is worth more than the quarter by which files grow. */
const LARGE_PIXELS = 4e6;

/** The bytes of a PNG file; lossless. */
export async function encodePng(image: RgbImage): Promise<Uint8Array> {
  const compressionLevel = image.width * image.height > LARGE_PIXELS ? 1 : 6;
  return await fromPixels(image).png({ compressionLevel }).toBuffer();
}

/**
 * The bytes of a JPEG file.
 *
 * @param quality 1..100. Default 90.
 */
export async function encodeJpeg(image: RgbImage, quality = 90): Promise<Uint8Array> {
  return await fromPixels(image).jpeg({ quality }).toBuffer();
}

/**
 * The bytes of a small JPEG for a page or a list: shrunk, with its shape kept, until it fits a square. Never enlarged.
 *
 * @param side the square's side, pixels.
 * @param quality 1..100. Default 80.
 */
export async function encodeThumbnail(image: RgbImage, side: number, quality = 80): Promise<Uint8Array> {
  return await fromPixels(image)
    .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true })
    .jpeg({ quality })
    .toBuffer();
}

/**
 * The bytes of a grey PNG of 16 bits.
 *
 * @param levels `[height, width]`, 0..65535
 */
export async function encodeGray16(levels: Uint16Array, width: number, height: number): Promise<Uint8Array> {
  const pixels = sharp(levels, { raw: { width, height, channels: 1 }, limitInputPixels: false });
  return await pixels.toColourspace("grey16").png().toBuffer();
}

function fromPixels({ data, width, height }: RgbImage) {
  // Pixels in memory are no decompression bomb.
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
}
