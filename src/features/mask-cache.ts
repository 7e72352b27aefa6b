/**
 * Masks at the model's image size, kept on disk, deflated: `<cacheDir>/masks/<hh>/<address>.mask`.
 *
 * The address stands for the mask file's bytes and the size.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { deflate, inflate } from "node:zlib";
import { type CacheState, cachedLength, readCacheFile, removeStrayFiles, writeCacheFile } from "./cache-file.ts";
import { defaultFeatureCacheDir } from "./feature-cache.ts";

/** Goes up when a file would hold other pixels than before. */
const FORMAT = 1;

/** The masks of pictures at one size, each named by the SHA-256 of its file's bytes, hexadecimal. */
export class MaskCache {
  private constructor(
    /** Side S of the masks, pixels. */
    readonly size: number,
    readonly folder: string,
  ) {}

  /** @param options.cacheDir Default: `defaultFeatureCacheDir()`. */
  static async open(size: number, options: { cacheDir?: string } = {}): Promise<MaskCache> {
    const cache = new MaskCache(size, join(options.cacheDir ?? defaultFeatureCacheDir(), "masks"));
    await removeStrayFiles(cache.folder);
    return cache;
  }

  /**
   * @param mask [S, S] of 0 and 1
   * @throws AnomalyClipError E_CONFIG when the cache cannot be written to
   */
  async write(hash: string, mask: Uint8Array): Promise<void> {
    this.#requireSize(mask);
    await writeCacheFile(this.#path(hash), await promisify(deflate)(mask));
  }

  /**
   * Reads a mask into the caller's memory.
   *
   * @param into [S, S]; untouched unless the result is `ok`
   * @throws AnomalyClipError E_CONFIG when the cache may not be read
   */
  async read(hash: string, into: Uint8Array): Promise<CacheState> {
    this.#requireSize(into);
    const path = this.#path(hash);
    const length = await cachedLength(path);
    if (length === null) return "missing";
    // Deflating adds to what it cannot shrink 5 bytes for each 16 KiB, and 6 in all.
    if (!(length >= 0 && length <= into.length + into.length / 1000 + 64)) return "damaged";
    const deflated = new Uint8Array(length);
    const state = await readCacheFile(path, deflated);
    if (state !== "ok") return state;
    // A longer result is an error, not memory.
    const mask = await promisify(inflate)(deflated, { maxOutputLength: into.length }).catch(() => null);
    if (mask?.length !== into.length) return "damaged";
    into.set(mask);
    return "ok";
  }

  #path(hash: string): string {
    const address = createHash("sha256").update(`${FORMAT} ${this.size} ${hash}`).digest("hex");
    return join(this.folder, address.slice(0, 2), `${address}.mask`);
  }

  #requireSize({ length }: Uint8Array): void {
    if (length !== this.size ** 2)
      throw new RangeError(`a mask of ${this.size} x ${this.size} has not ${length} pixels`);
  }
}
