/** How much fits on a disk. */

import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { AnomalyClipError, messageOf } from "../errors.ts";

/**
 * Bytes that this user may still write to the disk that `folder` is on, or will be on where it does not exist yet.
 *
 * @returns null where the file system does not say, as some network drives
 * @throws AnomalyClipError E_CONFIG when the folder cannot be reached
 */
export async function freeBytes(folder: string): Promise<number | null> {
  let path = resolve(folder);
  for (;;) {
    try {
      const { bavail, blocks, bsize } = await statfs(path);
      return blocks > 0 ? bavail * bsize : null;
    } catch (error) {
      const parent = dirname(path);
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === path) {
        throw new AnomalyClipError("E_CONFIG", `${folder}: cannot be used: ${messageOf(error)}`, { cause: error });
      }
      path = parent;
    }
  }
}

/** Bytes for people, in powers of 1000: `3.6 GB`. */
export function showBytes(bytes: number): string {
  const power = Math.min(4, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${value.toFixed(power > 0 && value < 10 ? 1 : 0)} ${["B", "kB", "MB", "GB", "TB"][power]}`;
}
