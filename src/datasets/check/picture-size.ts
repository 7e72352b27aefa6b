/** The size of a picture, from the beginning of its file. */

import { open, stat } from "node:fs/promises";
import sharp from "sharp";
import { AnomalyClipError, messageOf } from "../../errors.ts";
import { sniffFormat } from "../../image/source.ts";
import { printable } from "../../printable.ts";

export interface PictureSize {
  /** Pixels, upright (EXIF orientation). */
  width: number;
  height: number;
}

/** All of a bitmap's header that says its size. */
const HEAD_BYTES = 26;

/**
 * Reads the size of a picture without decoding it. Damage behind the header goes unnoticed.
 *
 * @throws AnomalyClipError `E_IMAGE`, naming the file, when it is missing, no regular file, or has no picture's header.
 */
export async function readPictureSize(file: string): Promise<PictureSize> {
  const name = printable(file);
  try {
    // Opening a named pipe would wait for a writer.
    if (!(await stat(file)).isFile()) throw new AnomalyClipError("E_IMAGE", `${name}: not a regular file`);
    const head = await readHead(file);
    const format = sniffFormat(head);
    if (format === null)
      throw new AnomalyClipError("E_IMAGE", `${name}: ${head.length > 0 ? "not a picture" : "empty"}`);
    if (format === "BMP") return bitmapSize(head, name);
    const { autoOrient } = await sharp(file, { limitInputPixels: false, failOn: "error" }).metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  } catch (error) {
    if (error instanceof AnomalyClipError) throw error;
    const reason = printable(messageOf(error));
    throw new AnomalyClipError("E_IMAGE", `${name}: cannot be read (${reason})`, { cause: error });
  }
}

// --- internal ---

async function readHead(file: string): Promise<Uint8Array> {
  const handle = await open(file, "r");
  try {
    const head = new Uint8Array(HEAD_BYTES);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function bitmapSize(head: Uint8Array, name: string): PictureSize {
  if (head.length < HEAD_BYTES) throw new AnomalyClipError("E_IMAGE", `${name}: the BMP ends inside its header`);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  // The oldest kind of header, of 12 bytes, has short numbers. Rows from the top have a negative height.
  if (view.getUint32(14, true) === 12) return { width: view.getUint16(18, true), height: view.getUint16(20, true) };
  return { width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) };
}
