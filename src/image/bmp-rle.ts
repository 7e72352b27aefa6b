/** Run-length decoding of bitmaps (BI_RLE8, BI_RLE4; Microsoft, "Bitmap Compression"). */

/**
 * Expands run lengths to one palette index a pixel, in the file's row order; pixels that the data skip are 0.
 *
 * @param bits 8 or 4, the width of an index.
 * @returns `[height, width]` indices; null when the data end before the picture does.
 */
export function expandRunLengths(data: Uint8Array, width: number, height: number, bits: 4 | 8): Uint8Array | null {
  const indices = new Uint8Array(width * height);
  let x = 0;
  let y = 0;
  const put = (index: number) => {
    if (x < width && y < height) indices[y * width + x] = index;
    x++;
  };
  for (let at = 0; at + 1 < data.length; ) {
    const count = data[at++]!;
    const value = data[at++]!;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(bits === 8 ? value : (value >> (i % 2 === 0 ? 4 : 0)) & 15);
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) {
      return indices;
    } else if (value === 2) {
      if (at + 1 >= data.length) return null;
      x += data[at++]!;
      y += data[at++]!;
    } else {
      // `value` literal indices, padded to a whole number of 16-bit words.
      const literalBytes = Math.ceil((value * bits) / 8);
      if (at + literalBytes > data.length) return null;
      for (let i = 0; i < value; i++) {
        put(bits === 8 ? data[at + i]! : (data[at + (i >> 1)]! >> (i % 2 === 0 ? 4 : 0)) & 15);
      }
      at += literalBytes + (literalBytes % 2);
    }
  }
  // Some writers leave the end mark out after the last row.
  return y >= height || (y === height - 1 && x >= width) ? indices : null;
}
