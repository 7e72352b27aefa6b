/** Files whose SHA-256 is known: checked once, then remembered by size and modification time in a marker beside them. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

/**
 * Whether `path` is a file with this SHA-256 (hexadecimal). The first check reads the whole file and leaves
 * `<path>.verified`; later ones compare size and modification time with the marker and read nothing.
 *
 * @returns false too when there is no such file
 */
export async function isVerified(path: string, sha256: string, signal?: AbortSignal): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) return false;
  const marker = await readFile(`${path}.verified`, "utf8").catch(() => "");
  if (marker === markerOf(found, sha256)) return true;
  if ((await hashFile(path, signal)) !== sha256.toLowerCase()) return false;
  await markVerified(path, sha256);
  return true;
}

/** Leaves the marker for a file whose SHA-256 the caller has just computed. */
export async function markVerified(path: string, sha256: string): Promise<void> {
  const marker = markerOf(await stat(path), sha256);
  // A folder that cannot be written to only costs the check again next time.
  await writeFile(`${path}.verified`, marker).catch(() => undefined);
}

/** SHA-256 of a file's bytes, in lower-case hexadecimal; reads in pieces of 1 MiB. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal });
  return hash.digest("hex");
}

/** SHA-256 of each file, separated by commas: what stands for them in the protocol of a run. */
export async function hashFiles(paths: Iterable<string>): Promise<string> {
  const hashes: string[] = [];
  for (const path of paths) hashes.push(await hashFile(path));
  return hashes.join(", ");
}

// --- internal ---

function markerOf(found: { size: number; mtimeMs: number }, sha256: string): string {
  return JSON.stringify({ size: found.size, mtimeMs: found.mtimeMs, sha256: sha256.toLowerCase() });
}
