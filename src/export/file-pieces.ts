/** Files put together from bytes in memory and stretches of other files, copied a little at a time. */

import { open } from "node:fs/promises";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { readInto, withFile } from "../weights/random-access.ts";

/** A stretch of a file. */
export interface Stretch {
  file: string;
  /** Bytes from the file's start. */
  offset: number;
  length: number;
}

export type Piece = Uint8Array | Stretch;

/** Bytes that are copied at once. */
const CHUNK = 2 ** 22;

/** Bytes of all pieces together. */
export function sizeOfPieces(pieces: readonly Piece[]): number {
  return pieces.reduce((total, piece) => total + piece.length, 0);
}

/**
 * Writes a new file that holds the pieces one after another. Memory stays as it is, however long they are.
 *
 * @param options.signal aborted, the file is left unfinished and the signal's reason is thrown
 * @throws AnomalyClipError E_CONFIG where the file exists or cannot be written, E_WEIGHTS where a piece cannot be read
 */
export async function writePieces(
  path: string,
  pieces: readonly Piece[],
  { signal }: { signal?: AbortSignal } = {},
): Promise<void> {
  const written = async (work: Promise<unknown>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      throw new AnomalyClipError("E_CONFIG", `${path}: cannot be written: ${messageOf(error)}`, { cause: error });
    }
  };
  const opening = open(path, "wx");
  await written(opening);
  const target = await opening;
  try {
    const chunk = new Uint8Array(CHUNK);
    for (const piece of pieces) {
      signal?.throwIfAborted();
      if (piece instanceof Uint8Array) {
        await written(target.writeFile(piece));
        continue;
      }
      await withFile(piece.file, async (source) => {
        for (let done = 0; done < piece.length; done += CHUNK) {
          signal?.throwIfAborted();
          const part = chunk.subarray(0, Math.min(CHUNK, piece.length - done));
          await readInto(source, piece.file, piece.offset + done, part);
          await written(target.writeFile(part));
        }
      });
    }
    await written(target.sync());
  } finally {
    await target.close();
  }
}
