/** Picture files to 8-bit RGB, with the pixel values that Pillow's `convert("RGB")` gives. */

import sharp, { type Metadata, type Sharp } from "sharp";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { decodeBmp } from "./bmp.ts";
import type { GrayImage, RgbImage } from "./image.ts";
import { type ImageBytes, type ImageFormat, readImageBytes } from "./source.ts";

export interface DecodeOptions {
  /**
   * A picture whose header announces more pixels than this is refused before anything is decoded.
   * Default 178,956,970, where Pillow refuses too: 512 MiB of decoded RGB.
   */
  maxPixels?: number;
}

/** Three interleaved channels at the file's own depth. */
interface Samples {
  width: number;
  height: number;
  data: Uint8Array | Uint16Array;
}

/** Pixels of a picture that is decoded in one piece, by default. */
export const DEFAULT_MAX_PIXELS = 178_956_970;

/**
 * Decodes a PNG, JPEG, WebP, TIFF, GIF or BMP to 8-bit RGB: the first frame or page, upright (EXIF orientation).
 *
 * Grey is repeated, palettes are looked up, alpha is dropped without compositing, 16 bits become `round(v / 257)`.
 * Colour profiles of grey and RGB pictures are ignored; CMYK and Lab are converted to sRGB.
 *
 * @param source a file name, the bytes of a file, or a decoded picture, which is checked and returned as it is.
 * @throws AnomalyClipError `E_IMAGE`, naming the file, when it is missing, empty, no picture, damaged, incomplete,
 * too large, or of a kind with no defined brightness (floating point, signed).
 */
export async function decodeImage(
  source: string | Uint8Array | RgbImage,
  options: DecodeOptions = {},
): Promise<RgbImage> {
  if (typeof source !== "string" && !(source instanceof Uint8Array)) return checkRgbImage(source);
  const { width, height, data } = await decodeSamples(source, options);
  return { width, height, data: data instanceof Uint8Array ? data : toLevels(data) };
}

/** 16 bits to 8: `round(v / 257)`. */
export function toLevels(data: Uint16Array): Uint8Array {
  const levels = new Uint8Array(data.length);
  for (let i = 0; i < levels.length; i++) levels[i] = Math.trunc((data[i]! + 128) / 257);
  return levels;
}

/**
 * Decodes a mask: 255 where the picture is not black, 0 elsewhere.
 *
 * @throws AnomalyClipError `E_IMAGE`, as `decodeImage`.
 */
export async function decodeMask(source: string | Uint8Array, options: DecodeOptions = {}): Promise<GrayImage> {
  const { width, height, data } = await decodeMaskLevels(source, options);
  return { width, height, data: data.map((level) => (level > 0 ? 255 : 0)) };
}

/**
 * Decodes a mask to its grey levels: Pillow's in 8-bit pictures. In 16-bit ones, whose labels (1, 2, ...) would all round
 * to 0 if they were scaled to 8 bits, what is not black is at least 1.
 *
 * @throws AnomalyClipError `E_IMAGE`, as `decodeImage`.
 */
export async function decodeMaskLevels(source: string | Uint8Array, options: DecodeOptions = {}): Promise<GrayImage> {
  const { width, height, data } = await decodeSamples(source, options);
  const levels = new Uint8Array(width * height);
  for (let i = 0, p = 0; i < levels.length; i++, p += 3) {
    const [r, g, b] = [data[p]!, data[p + 1]!, data[p + 2]!];
    if (data instanceof Uint8Array) levels[i] = (19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16;
    else levels[i] = Math.ceil((r | g | b) / 257);
  }
  return { width, height, data: levels };
}

async function decodeSamples(source: string | Uint8Array, options: DecodeOptions): Promise<Samples> {
  const maxPixels = options.maxPixels ?? DEFAULT_MAX_PIXELS;
  if (!(Number.isInteger(maxPixels) && maxPixels > 0)) throw new RangeError(`maxPixels must be > 0, got ${maxPixels}`);
  const file = await readImageBytes(source);
  if (file.format === "BMP") return decodeBmp(file.bytes, file.name, maxPixels);
  try {
    return await decodeWithSharp(file, maxPixels);
  } catch (error) {
    if (error instanceof AnomalyClipError) throw error;
    throw undecodable(file, error);
  }
}

async function decodeWithSharp(file: ImageBytes & { format: ImageFormat }, maxPixels: number): Promise<Samples> {
  const { bytes, name } = file;
  const metadata = await readHeader(bytes);
  const { width, height } = metadata;
  if (width * height > maxPixels) {
    throw new AnomalyClipError(
      "E_IMAGE",
      `${name}: ${width} x ${height} pixels, more than the ${maxPixels} that are allowed; make it smaller or raise maxPixels`,
    );
  }
  const { pixels, deep } = toRgb(bytes, metadata, name, maxPixels);
  const upright = pixels.autoOrient().raw(deep ? { depth: "ushort" } : {});
  const { data, info } = await upright.toBuffer({ resolveWithObject: true });
  const samples = deep
    ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (info.channels !== 3) throw new Error(`${info.channels} channels after conversion to RGB`);
  return { width: info.width, height: info.height, data: samples };
}

/**
 * What the header of a picture announces, whatever its size: the caller compares that with its own limit and can name it.
 *
 * @param input a file name or the bytes of a file.
 */
export function readHeader(input: string | Uint8Array): Promise<Metadata> {
  return sharp(input, { limitInputPixels: false, failOn: "error" }).metadata();
}

/**
 * How a picture becomes RGB: three channels of 16 bits where `deep`, of 8 elsewhere, as stored (EXIF is not applied).
 *
 * @throws AnomalyClipError `E_IMAGE`, starting with `name`, for a kind of pixels with no defined brightness.
 */
export function toRgb(
  input: string | Uint8Array,
  metadata: Metadata,
  name: string,
  maxPixels: number,
): { pixels: Sharp; deep: boolean } {
  const deep = is16Bit(metadata, name);
  // Profiles mean real colours only where RGB is not what the file holds; elsewhere the stored values are the picture.
  const ignoreIcc = metadata.space !== "cmyk" && metadata.space !== "lab";
  // "error" is strict about missing data and lenient about stray bytes, which webcams and scanners write.
  const stored = sharp(input, { limitInputPixels: maxPixels, failOn: "error", ignoreIcc }).removeAlpha();
  return { pixels: stored.toColourspace(deep ? "rgb16" : "srgb"), deep };
}

function is16Bit(metadata: Metadata, name: string): boolean {
  const { space, depth } = metadata;
  if (depth === "ushort" && (space === "grey16" || space === "rgb16")) return true;
  if (depth === "uchar" && ["b-w", "srgb", "cmyk", "lab"].includes(space)) return false;
  throw new AnomalyClipError(
    "E_IMAGE",
    `${name}: pixels of kind ${space}/${depth} have no defined brightness; save it as 8- or 16-bit grey or RGB`,
  );
}

function checkRgbImage(image: RgbImage): RgbImage {
  const { width, height, data } = image;
  const sized = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (sized && data instanceof Uint8Array && data.length === width * height * 3) return image;
  throw new AnomalyClipError(
    "E_IMAGE",
    `the given picture: ${width} x ${height} RGB needs a Uint8Array of ${width * height * 3} bytes, got ${data?.length}`,
  );
}

/** What a decoder's complaint becomes. */
export function undecodable(file: { name: string; format: ImageFormat }, cause: unknown): AnomalyClipError {
  const reason = messageOf(cause instanceof Error ? cause.message.split("\n")[0] : cause);
  const what = `the ${file.format} is damaged, incomplete or of an unsupported kind (${reason})`;
  return new AnomalyClipError("E_IMAGE", `${file.name}: ${what}`, { cause });
}
