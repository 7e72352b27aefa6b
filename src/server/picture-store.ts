/** The pictures and maps of kept results, as files under the data folder, a folder for each day. */

import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeNpy, encodeNpy, type NpyArray } from "../image/npy.ts";

/** Letters and digits that begin with the time, so that ids sort by age and no two are alike. */
export function newId(now = Date.now()): string {
  return now.toString(16).padStart(12, "0") + randomBytes(10).toString("hex");
}

/** What ids look like; nothing else ever becomes part of a path. */
export const ID_PATTERN = /^[0-9a-f]{32}$/;

export class PictureStore {
  constructor(private readonly folder: string) {}

  /** Writes the file that was sent and its map `[rows, columns]`. */
  async write(id: string, picture: Uint8Array, map: Float32Array, rows: number, columns: number): Promise<void> {
    const files: [string, Uint8Array][] = [
      [this.#path(id, "picture"), picture],
      [this.#path(id, "npy"), encodeNpy(map, [rows, columns])],
    ];
    try {
      await Promise.all(files.map(([path, bytes]) => writeFile(path, bytes)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      await mkdir(this.#dayFolder(id), { recursive: true });
      await Promise.all(files.map(([path, bytes]) => writeFile(path, bytes)));
    }
  }

  /** The file that was sent. */
  picture(id: string): Promise<Uint8Array> {
    return readFile(this.#path(id, "picture"));
  }

  /** The map as a `.npy` file. */
  mapFile(id: string): Promise<Uint8Array> {
    return readFile(this.#path(id, "npy"));
  }

  async map(id: string): Promise<{ map: Float32Array; rows: number; columns: number }> {
    const { data, shape }: NpyArray = decodeNpy(await this.mapFile(id), id);
    return { map: data as Float32Array, rows: shape[0]!, columns: shape[1]! };
  }

  async remove(id: string): Promise<void> {
    await rm(this.#path(id, "picture"), { force: true });
    await rm(this.#path(id, "npy"), { force: true });
  }

  /**
   * Removes files that no result names: those of requests that were killed before they were answered. They can only be of
   * the last days on which there was a service.
   */
  async removeOrphans(isKnown: (id: string) => boolean): Promise<void> {
    const days = (await readdir(this.folder).catch(() => [])).filter((name) => /^\d{4}-\d{2}-\d{2}$/.test(name)).sort();
    for (const day of days.slice(-2)) {
      for (const file of await readdir(join(this.folder, day))) {
        const id = file.slice(0, file.indexOf("."));
        if (ID_PATTERN.test(id) && !isKnown(id)) await rm(join(this.folder, day, file), { force: true });
      }
    }
  }

  #dayFolder(id: string): string {
    return join(this.folder, new Date(Number.parseInt(id.slice(0, 12), 16)).toISOString().slice(0, 10));
  }

  #path(id: string, kind: "picture" | "npy"): string {
    if (!ID_PATTERN.test(id)) throw new RangeError(`no id: ${JSON.stringify(id)}`);
    return join(this.#dayFolder(id), `${id}.${kind}`);
  }
}
