/** The one picture type: everything decoded becomes this, everything drawn is this. */

/** An 8-bit RGB picture, rows from the top, channels interleaved. */
export interface RgbImage {
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
  /** `[height, width, 3]`, 0..255. */
  data: Uint8Array;
}

/** An 8-bit picture of one channel (a mask, a grey map), rows from the top. */
export interface GrayImage {
  width: number;
  height: number;
  /** `[height, width]`, 0..255. */
  data: Uint8Array;
}
