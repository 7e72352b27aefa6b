/**
 * A reader for Windows and OS/2 bitmaps, which libvips does not decode and inspection cameras still write.
 *
 * Layout: Microsoft, "Bitmap Storage" and BITMAPV5HEADER; 1, 2, 4, 8, 16, 24 and 32 bits, palettes, bit fields,
 * run lengths (`bmp-rle.ts`), rows from the bottom or from the top.
 */

import { AnomalyClipError } from "../errors.ts";
import { expandRunLengths } from "./bmp-rle.ts";
import type { RgbImage } from "./image.ts";

const FILE_HEADER_BYTES = 14;
const COMPRESSION = { none: 0, rle8: 1, rle4: 2, bitFields: 3, alphaBitFields: 6 } as const;

interface Header {
  width: number;
  height: number;
  topDown: boolean;
  bits: number;
  compression: number;
  /** Three bytes each, red first; empty above 8 bits. */
  palette: Uint8Array;
  /** Bit fields of red, green and blue; used with 16 and 32 bits. */
  masks: [number, number, number];
  pixelOffset: number;
}

/**
 * Decodes a bitmap; alpha is dropped.
 *
 * @throws AnomalyClipError `E_IMAGE`, starting with `name`, for a bitmap that is damaged, incomplete, of more than
 * `maxPixels` pixels, or an envelope for JPEG or PNG data.
 */
export function decodeBmp(bytes: Uint8Array, name: string, maxPixels: number): RgbImage {
  const header = readHeader(bytes, name, maxPixels);
  const { width, height, compression } = header;
  if (compression === COMPRESSION.rle8 || compression === COMPRESSION.rle4) {
    const bits = compression === COMPRESSION.rle8 ? 8 : 4;
    if (header.bits !== bits) throw damaged(name, `run lengths of ${bits} bits with ${header.bits}-bit pixels`);
    const indices = expandRunLengths(bytes.subarray(header.pixelOffset), width, height, bits);
    if (!indices) throw damaged(name, "the pixel data end too early");
    return fillRows(header, (y, row) => {
      for (let x = 0; x < width; x++) copyColour(header.palette, indices[y * width + x]!, row, x);
    });
  }
  const stride = Math.ceil((width * header.bits) / 32) * 4;
  // The padding of the very last row is sometimes left out.
  const needed = stride * (height - 1) + Math.ceil((width * header.bits) / 8);
  const pixels = bytes.subarray(header.pixelOffset);
  if (pixels.length < needed) throw damaged(name, `${pixels.length} bytes of pixels where ${needed} are needed`);
  return fillRows(header, rowReader(header, pixels, stride));
}

function readHeader(bytes: Uint8Array, name: string, maxPixels: number): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const infoBytes = bytes.length >= 18 ? view.getUint32(14, true) : 0;
  const core = infoBytes === 12;
  if ((!core && (infoBytes < 16 || infoBytes > 256)) || bytes.length < FILE_HEADER_BYTES + infoBytes) {
    throw damaged(name, "the header is cut off or not a bitmap's");
  }
  const has = (field: number) => field + 4 <= FILE_HEADER_BYTES + infoBytes;
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = core ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(core ? 24 : 28, true);
  const compression = !core && has(30) ? view.getUint32(30, true) : COMPRESSION.none;
  const height = Math.abs(signedHeight);
  if (width <= 0 || height === 0) throw damaged(name, `a size of ${width} x ${signedHeight} pixels`);
  if (width * height > maxPixels) {
    const size = `${width} x ${height} pixels, more than the ${maxPixels} that are allowed`;
    throw new AnomalyClipError("E_IMAGE", `${name}: ${size}; make it smaller or raise maxPixels`);
  }
  if (!Object.values<number>(COMPRESSION).includes(compression)) {
    throw new AnomalyClipError("E_IMAGE", `${name}: BMP compression ${compression} is not read; save it as PNG`);
  }
  if (![1, 2, 4, 8, 16, 24, 32].includes(bits)) throw damaged(name, `${bits} bits a pixel`);

  const fields = compression === COMPRESSION.bitFields || compression === COMPRESSION.alphaBitFields;
  if (fields && bits !== 16 && bits !== 32) throw damaged(name, `bit fields with ${bits}-bit pixels`);
  // Bit fields stand right behind the 40 bytes of the plain header, inside of the later, longer ones.
  if (fields && bytes.length < 66) throw damaged(name, "the bit fields are cut off");
  const masks: Header["masks"] = fields
    ? [view.getUint32(54, true), view.getUint32(58, true), view.getUint32(62, true)]
    : bits === 16
      ? [0x7c00, 0x03e0, 0x001f]
      : [0xff0000, 0x00ff00, 0x0000ff];

  const paletteAt = FILE_HEADER_BYTES + infoBytes;
  const announced = !core && has(46) ? view.getUint32(46, true) : 0;
  const pixelOffset = view.getUint32(10, true);
  if (pixelOffset < FILE_HEADER_BYTES + infoBytes) throw damaged(name, `pixels at byte ${pixelOffset}, in the header`);
  const palette = bits <= 8 ? readPalette(bytes.subarray(paletteAt, pixelOffset), announced, bits, core ? 3 : 4) : null;
  return {
    width,
    height,
    topDown: signedHeight < 0,
    bits,
    compression,
    palette: palette ?? new Uint8Array(0),
    masks,
    pixelOffset,
  };
}

/** Colours that the file does not list are black. */
function readPalette(stored: Uint8Array, announced: number, bits: number, entryBytes: number): Uint8Array {
  const palette = new Uint8Array(3 * 2 ** bits);
  const listed = Math.min(announced || 2 ** bits, 2 ** bits, Math.trunc(stored.length / entryBytes));
  for (let i = 0; i < listed; i++) {
    for (let c = 0; c < 3; c++) palette[i * 3 + c] = stored[i * entryBytes + 2 - c]!;
  }
  return palette;
}

function fillRows(header: Header, readRow: (y: number, row: Uint8Array) => void): RgbImage {
  const { width, height, topDown } = header;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const target = topDown ? y : height - 1 - y;
    readRow(y, data.subarray(target * width * 3, (target + 1) * width * 3));
  }
  return { width, height, data };
}

/** A function that writes the file's row `y` as RGB. */
function rowReader(header: Header, pixels: Uint8Array, stride: number): (y: number, row: Uint8Array) => void {
  const { width, bits, palette } = header;
  if (bits <= 8) {
    const perByte = 8 / bits;
    const lowest = 2 ** bits - 1;
    return (y, row) => {
      for (let x = 0; x < width; x++) {
        const byte = pixels[y * stride + Math.trunc(x / perByte)]!;
        copyColour(palette, (byte >> (8 - bits * (1 + (x % perByte)))) & lowest, row, x);
      }
    };
  }
  const bytesEach = bits / 8;
  const scales = header.masks.map(fieldScale);
  return (y, row) => {
    for (let x = 0, p = y * stride; x < width; x++, p += bytesEach) {
      let value = 0;
      for (let i = bytesEach - 1; i >= 0; i--) value = (value << 8) | pixels[p + i]!;
      for (let c = 0; c < 3; c++) row[x * 3 + c] = scales[c]!(value);
    }
  };
}

/** A function that takes one bit field out of a pixel and stretches it to 0..255, rounding down as Pillow does. */
function fieldScale(mask: number): (pixel: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const largest = mask >>> shift;
  return (pixel) => Math.trunc((((pixel & mask) >>> shift) * 255) / largest);
}

function copyColour(palette: Uint8Array, index: number, row: Uint8Array, x: number): void {
  for (let c = 0; c < 3; c++) row[x * 3 + c] = palette[index * 3 + c]!;
}

function damaged(name: string, what: string): AnomalyClipError {
  return new AnomalyClipError("E_IMAGE", `${name}: the BMP is damaged or incomplete (${what})`);
}
