/** A picture of up to a gigapixel, read in rectangles. */

import type { Metadata } from "sharp";
import { AnomalyClipError } from "../errors.ts";
import { DEFAULT_MAX_PIXELS, decodeImage, readHeader, undecodable } from "../image/decode.ts";
import type { RgbImage } from "../image/image.ts";
import { identifyImage } from "../image/source.ts";
import { decodeToFile } from "./raw-picture.ts";

/** Pixels are those of `decodeImage`; sizes and positions are of the upright picture. */
export interface OpenPicture {
  /** What messages call it. */
  name: string;
  width: number;
  height: number;
  /** The picture, where it is held in memory. */
  image: RgbImage | null;
  /** A copy of a rectangle that lies inside. */
  read(x: number, y: number, width: number, height: number): RgbImage;
  /** Frees memory and temporary file. */
  close(): Promise<void>;
}

/** Pictures with more pixels than this are decoded into a temporary file. */
export const IN_MEMORY_PIXELS = 64_000_000;

const MOST_PIXELS = 1_000_000_000;

/**
 * Opens what `decodeImage` decodes, and larger pictures: up to a gigapixel and of any file size where rows can be decoded
 * one after the other. Progressive JPEGs, interlaced PNGs, WebP, GIF and BMP cannot: for them `decodeImage`'s limit stays,
 * and while they are decoded they take memory for all of their pixels.
 *
 * @param inMemoryPixels up to how many pixels are held in memory. Default: {@link IN_MEMORY_PIXELS}.
 * @param maxPixels a picture of more is refused before it is decoded. Default: a gigapixel.
 * @throws AnomalyClipError E_IMAGE, naming the file, for what `decodeImage` refuses, for more pixels than the above, and
 * for a disk without room for the decoded picture
 */
export async function openPicture(
  source: string | Uint8Array | RgbImage,
  inMemoryPixels = IN_MEMORY_PIXELS,
  maxPixels = MOST_PIXELS,
): Promise<OpenPicture> {
  if (typeof source !== "string" && !(source instanceof Uint8Array)) {
    return holdInMemory("the given picture", await decodeImage(source));
  }
  const { name, format } = await identifyImage(source);
  const inOnePiece = { maxPixels: Math.min(maxPixels, DEFAULT_MAX_PIXELS) };
  if (format === "BMP") return holdInMemory(name, await decodeImage(source, inOnePiece));
  try {
    const metadata = await readHeader(source);
    const { width, height } = metadata;
    if (width * height <= Math.min(inMemoryPixels, maxPixels)) return holdInMemory(name, await decodeImage(source));
    const inRows = (format === "PNG" || format === "JPEG" || format === "TIFF") && !metadata.isProgressive;
    checkSize(metadata, name, inRows, maxPixels);
    return await decodeToFile(source, name, metadata);
  } catch (error) {
    if (error instanceof AnomalyClipError) throw error;
    throw undecodable({ name, format }, error);
  }
}

// --- internal ---

function checkSize({ width, height }: Metadata, name: string, inRows: boolean, maxPixels: number): void {
  const size = `${width} x ${height} pixels`;
  if (width * height > Math.min(maxPixels, MOST_PIXELS)) {
    const most = maxPixels < MOST_PIXELS ? `the ${maxPixels} that are allowed` : "a gigapixel";
    throw new AnomalyClipError("E_IMAGE", `${name}: ${size}, more than ${most}; cut it into parts`);
  }
  if (!inRows && width * height > DEFAULT_MAX_PIXELS) {
    const why = "which in a file of this kind can only be decoded in one piece";
    throw new AnomalyClipError(
      "E_IMAGE",
      `${name}: ${size}, ${why}; save it as TIFF, or as PNG without interlacing or JPEG that is not progressive`,
    );
  }
}

function holdInMemory(name: string, image: RgbImage): OpenPicture {
  return {
    name,
    width: image.width,
    height: image.height,
    image,
    read: (x, y, width, height) => {
      const data = new Uint8Array(width * height * 3);
      for (let row = 0; row < height; row++) {
        const from = ((y + row) * image.width + x) * 3;
        data.set(image.data.subarray(from, from + width * 3), row * width * 3);
      }
      return { width, height, data };
    },
    close: async () => {},
  };
}
