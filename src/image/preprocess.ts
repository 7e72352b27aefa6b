/** Pictures and masks to what the vision tower and the losses take. */

import type { GrayImage, RgbImage } from "./image.ts";
import { resizeGray, resizeRgb } from "./resample.ts";

/** Per-channel mean and standard deviation of CLIP's training pictures, red first, on the 0..1 scale. */
const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073] as const;
const CLIP_STD = [0.26862954, 0.26130258, 0.27577711] as const;

/**
 * Squashes a picture to a square (bicubic, whatever its shape) and normalises it: `(v / 255 - mean) / std`.
 *
 * @param size the side in pixels, a positive integer.
 * @returns `[3, size, size]`, red first.
 */
export function preprocess(image: RgbImage, size: number): Float32Array {
  const { data } = resizeRgb(image, size, size, "bicubic");
  const plane = size * size;
  const input = new Float32Array(3 * plane);
  for (let c = 0; c < 3; c++) {
    const levels = Float32Array.from({ length: 256 }, (_, v) => (Math.fround(v / 255) - CLIP_MEAN[c]!) / CLIP_STD[c]!);
    for (let i = 0; i < plane; i++) input[c * plane + i] = levels[data[i * 3 + c]!]!;
  }
  return input;
}

/**
 * Squashes a mask to a square as the picture was: everything above a limit counts as anomalous, the resize is bilinear and
 * antialiased, and a pixel is anomalous when more than half of it is.
 *
 * @param size the side in pixels, a positive integer.
 * @param above values above this count as anomalous, 0..254. Default: 0.
 * @returns `[size, size]` of 0 and 1.
 */
export function preprocessMask(mask: GrayImage, size: number, above = 0): Uint8Array {
  return resizeMask(mask, size, above).map((value) => (value / 255 > 0.5 ? 1 : 0));
}

/** The mask before its threshold: `[size, size]`, 0..255. */
export function resizeMask(mask: GrayImage, size: number, above = 0): Uint8Array {
  const binary = { ...mask, data: mask.data.map((value) => (value > above ? 255 : 0)) };
  return resizeGray(binary, size, size, "bilinear").data;
}
