/**
 * One file of a cache: 64 bytes of header, then the payload, so that it lies aligned when the file is mapped.
 *
 * | bytes | what |
 * |---|---|
 * | 0..8 | `ACLIPCF1` |
 * | 8..16 | payload length, little-endian |
 * | 16..20 | CRC-32 of the payload, little-endian |
 * | 20..64 | zero |
 *
 * A file is written under another name and renamed: a process that dies leaves no half file. Nothing is flushed to the
 * disk (a cache can be made again), so that a power cut may leave wrong bytes: the checksum finds them.
 */

import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { AnomalyClipError, messageOf } from "../errors.ts";

export type CacheState = "ok" | "missing" | "damaged";

const MAGIC = "ACLIPCF1";
const HEADER_BYTES = 64;
const DAY = 24 * 60 * 60 * 1000;

/**
 * Writes `payload` to `path`, whole or not at all; makes the folder where it is missing.
 *
 * @throws AnomalyClipError E_CONFIG when the disk is full or the folder cannot be written to
 */
export function writeCacheFile(path: string, payload: Uint8Array): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, "latin1");
  header.writeBigUInt64LE(BigInt(payload.length), 8);
  header.writeUInt32LE(crc32(payload), 16);
  return writeWhole(path, [header, payload]);
}

/**
 * Reads the payload of `path` into the caller's memory, which must have its length.
 *
 * @returns `damaged` for another length, a wrong checksum, or what is no cache file at all; `into` is then undefined
 * @throws AnomalyClipError E_CONFIG when the file may not be read
 */
export async function readCacheFile(path: string, into: Uint8Array): Promise<CacheState> {
  const length = await cachedLength(path);
  if (length === null) return "missing";
  if (length !== into.length) return "damaged";
  const header = Buffer.alloc(HEADER_BYTES);
  try {
    const file = await open(path, "r");
    try {
      // A regular file gives everything in one call; a file cut meanwhile gives less, which the checksum notices too.
      const { bytesRead } = await file.readv([header, into], 0);
      if (bytesRead !== HEADER_BYTES + into.length) return "damaged";
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isAbsence(error)) return "missing";
    throw cannot("read", path, error);
  }
  const intact =
    header.toString("latin1", 0, MAGIC.length) === MAGIC &&
    header.readBigUInt64LE(8) === BigInt(into.length) &&
    header.readUInt32LE(16) === crc32(into);
  return intact ? "ok" : "damaged";
}

/**
 * The payload's length in bytes by the size of the file, which is not opened; null where there is no file, and negative
 * or NaN where it cannot be a cache file.
 */
export async function cachedLength(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    // Opening a named pipe would wait for a writer.
    return found.isFile() ? found.size - HEADER_BYTES : Number.NaN;
  } catch (error) {
    if (isAbsence(error)) return null;
    throw cannot("read", path, error);
  }
}

/**
 * Writes a file of any kind to a cache: `parts` one after another, whole or not at all.
 *
 * @throws AnomalyClipError E_CONFIG
 */
export async function writeWhole(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.part`);
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(temporary, "wx");
    try {
      for (const part of parts) await file.writeFile(part);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw cannot("write", path, error);
  }
}

/** Removes the temporary files in and below `folder` that a killed process left more than a day ago. */
export async function removeStrayFiles(folder: string): Promise<void> {
  // Cleaning is a courtesy: where it fails, the cache works all the same.
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  for (const name of names.filter((name) => TEMPORARY.test(name))) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    // A younger one may be in the making by another process.
    if (found && Date.now() - found.mtimeMs > DAY) await rm(path, { force: true }).catch(() => undefined);
  }
}

// --- internal ---

const TEMPORARY = /(^|[\\/])\.[^\\/]+\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.part$/;

function isAbsence(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR";
}

function cannot(verb: "read" | "write", path: string, cause: unknown): AnomalyClipError {
  const code = (cause as NodeJS.ErrnoException).code;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  const message = isFull
    ? "the disk is full; free some space or choose another folder with --cache-dir (what is cached there stays)"
    : `cannot ${verb} the cache: ${messageOf(cause)}; choose another folder with --cache-dir`;
  return new AnomalyClipError("E_CONFIG", `${dirname(path)}: ${message}`, { cause });
}
