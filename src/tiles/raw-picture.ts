/** A picture that is too large for memory: decoded into a file of raw pixels, from which rectangles are read. */

import { readSync } from "node:fs";
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Metadata } from "sharp";
import { AnomalyClipError } from "../errors.ts";
import { freeBytes, showBytes } from "../features/disk-space.ts";
import { toLevels, toRgb } from "../image/decode.ts";
import type { RgbImage } from "../image/image.ts";
import type { OpenPicture } from "./open-picture.ts";

/**
 * Decodes in a stream, into the folder for temporary files; the file goes when the picture is closed, or with the process
 * where the system lets an open file be removed.
 *
 * @param input a file name or the bytes of a file
 * @param name what messages call it
 * @param metadata of its header
 * @param free bytes on the disk that a folder is on, null where unknown
 * @throws AnomalyClipError E_IMAGE for pixels without a defined brightness and for a full disk; sharp's error for a
 * picture that is damaged
 */
export async function decodeToFile(
  input: string | Uint8Array,
  name: string,
  metadata: Metadata,
  free: typeof freeBytes = freeBytes,
): Promise<OpenPicture> {
  const { width, height } = metadata;
  const { pixels, deep } = toRgb(input, metadata, name, width * height);
  const stored = { width, height, pixelBytes: deep ? 6 : 3 };
  const needed = HEADER_BYTES + width * height * stored.pixelBytes;
  const room = await free(tmpdir());
  if (room !== null && needed > room) {
    const what = `decoded it needs ${showBytes(needed)} in ${tmpdir()}, where ${showBytes(room)} are free`;
    throw new AnomalyClipError("E_IMAGE", `${name}: ${what}; make room, or name another folder in TMPDIR`);
  }
  const folder = await mkdtemp(join(tmpdir(), "anomalyclip-tiles-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  let file: FileHandle | undefined;
  try {
    const path = join(folder, "picture.v");
    const written = await pixels.toFile(path);
    if (written.width !== width || written.height !== height || written.channels !== 3) {
      throw new Error(
        `${written.width} x ${written.height} x ${written.channels} where ${width} x ${height} RGB were due`,
      );
    }
    file = await open(path, "r");
    // Already now, where the system allows it: then nothing is left behind even when the process is killed.
    await remove().catch(() => {});
    return new RawPicture(name, file, stored, metadata.orientation ?? 1, remove);
  } catch (error) {
    await file?.close();
    await remove();
    throw error;
  }
}

// --- internal ---

/** libvips' own format: 64 bytes, then the rows from the top, uncompressed, in the machine's order of bytes. */
const HEADER_BYTES = 64;

interface Stored {
  width: number;
  height: number;
  /** 3, or 6 for samples of 16 bits. */
  pixelBytes: number;
}

interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

class RawPicture implements OpenPicture {
  readonly width: number;
  readonly height: number;
  readonly image = null;
  /** How upright pixels lie in the file, by EXIF's orientation: axes exchanged, then columns and rows reversed. */
  private readonly exchanged: boolean;
  private readonly columnsReversed: boolean;
  private readonly rowsReversed: boolean;

  constructor(
    readonly name: string,
    private readonly file: FileHandle,
    private readonly stored: Stored,
    orientation: number,
    private readonly remove: () => Promise<void>,
  ) {
    this.exchanged = orientation >= 5;
    this.columnsReversed = [2, 3, 7, 8].includes(orientation);
    this.rowsReversed = [3, 4, 6, 7].includes(orientation);
    [this.width, this.height] = this.exchanged ? [stored.height, stored.width] : [stored.width, stored.height];
  }

  read(x: number, y: number, width: number, height: number): RgbImage {
    const { exchanged, columnsReversed, rowsReversed, stored } = this;
    const area = exchanged ? { x: y, y: x, width: height, height: width } : { x, y, width, height };
    if (columnsReversed) area.x = stored.width - area.x - area.width;
    if (rowsReversed) area.y = stored.height - area.y - area.height;
    const pixels = this.readStored(area);
    if (!exchanged && !columnsReversed && !rowsReversed) return { width, height, data: pixels };
    const data = new Uint8Array(pixels.length);
    for (let row = 0, to = 0; row < height; row++) {
      for (let column = 0; column < width; column++, to += 3) {
        let [from, fromRow] = exchanged ? [row, column] : [column, row];
        if (columnsReversed) from = area.width - 1 - from;
        if (rowsReversed) fromRow = area.height - 1 - fromRow;
        const p = (fromRow * area.width + from) * 3;
        data[to] = pixels[p]!;
        data[to + 1] = pixels[p + 1]!;
        data[to + 2] = pixels[p + 2]!;
      }
    }
    return { width, height, data };
  }

  async close(): Promise<void> {
    await this.file.close();
    await this.remove();
  }

  private readStored({ x, y, width, height }: Rectangle): Uint8Array {
    const { stored } = this;
    // Rows of the whole width follow each other without a gap.
    const atOnce = width === stored.width ? height : 1;
    const bytes = new Uint8Array(width * height * stored.pixelBytes);
    const pieceBytes = atOnce * width * stored.pixelBytes;
    for (let row = 0; row < height; row += atOnce) {
      const position = HEADER_BYTES + ((y + row) * stored.width + x) * stored.pixelBytes;
      const offset = row * width * stored.pixelBytes;
      // Synchronous: a window is hundreds of reads of a microsecond each, mostly from the system's cache.
      const got = readSync(this.file.fd, bytes, offset, pieceBytes, position);
      if (got !== pieceBytes) throw new Error(`${this.name}: the temporary file is cut off`);
    }
    return stored.pixelBytes === 3 ? bytes : toLevels(new Uint16Array(bytes.buffer));
  }
}
