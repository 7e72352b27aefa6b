/** What is in a mask. */

import { decodeImage, decodeMask } from "../../image/decode.ts";
import type { PictureSize } from "./picture-size.ts";

export interface MaskContent extends PictureSize {
  /** Whether any pixel is above 0. */
  marked: boolean;
  /** Whether there are other colours than black and one more. */
  manyValued: boolean;
}

/**
 * Decodes a mask and looks at its values.
 *
 * @throws AnomalyClipError `E_IMAGE` as `decodeImage`.
 */
export async function inspectMask(file: string): Promise<MaskContent> {
  const { width, height, data } = await decodeImage(file);
  const colours = new Set<number>();
  for (let p = 0; p < data.length && colours.size < 2; p += 3) {
    const colour = (data[p]! << 16) | (data[p + 1]! << 8) | data[p + 2]!;
    if (colour !== 0) colours.add(colour);
  }
  // Labels of 16 bits (1, 2, ...) round to 0 in a picture of 8.
  const marked = colours.size > 0 || (await decodeMask(file)).data.includes(255);
  return { width, height, marked, manyValued: colours.size > 1 };
}
