/** The pictures of a job, one after another: files that were sent, what is in zips, or a folder of this machine. */

import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { messageOf } from "../errors.ts";
import { hasImageExtension } from "../image/extensions.ts";
import { compareNaturally } from "../natural-order.ts";
import { walkPictures } from "../watch/walk-pictures.ts";

/** A picture of a job, not read yet. */
export interface JobPicture {
  name: string;
  /** @throws Error saying why it cannot be had */
  read(): Promise<Uint8Array>;
}

/** Most entries of a zip that are gone through. */
const MOST_ENTRIES = 200_000;
const ZIP_NAME = /\.zip$/i;

/** How files that were sent are called in a job's folder: a number, so that no name becomes a path, and their kind. */
export function storedName(number: number, name: string): string {
  return `${String(number).padStart(6, "0")}${ZIP_NAME.test(name) ? ".zip" : ".picture"}`;
}

/**
 * The pictures among the files that were sent, always in the same order.
 *
 * @param folder holds `files.json`, the names as they were sent, and the files under their `storedName`
 * @param maxBytes of a picture
 */
export async function* sentPictures(folder: string, maxBytes: number): AsyncGenerator<JobPicture, void, void> {
  const names = await sentNames(folder);
  for (const [number, name] of names.entries()) {
    const path = join(folder, storedName(number, name));
    if (ZIP_NAME.test(name)) yield* zipPictures(path, name, maxBytes);
    else yield { name, read: () => readBounded(path, maxBytes) };
  }
}

/** Where the names of sent files are kept. */
export const NAMES_FILE = "files.json";

/** The pictures in a folder of this machine and below it, in natural order. */
export async function* folderPictures(root: string, maxBytes: number): AsyncGenerator<JobPicture, void, void> {
  await readdir(root);
  const names: string[] = [];
  const nothing = () => undefined;
  for await (const name of walkPictures(root, "", {
    isExcluded: () => false,
    onFolder: nothing,
    onUnreadable: nothing,
  })) {
    names.push(name);
  }
  for (const name of names.sort(compareNaturally)) {
    yield { name, read: () => readBounded(join(root, name), maxBytes) };
  }
}

// --- internal ---

async function sentNames(folder: string): Promise<string[]> {
  return JSON.parse(await readFile(join(folder, NAMES_FILE), "utf8")) as string[];
}

async function readBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  requireSize((await stat(path)).size, maxBytes);
  return await readFile(path);
}

async function* zipPictures(path: string, name: string, maxBytes: number): AsyncGenerator<JobPicture, void, void> {
  let zip: ZipFile;
  try {
    // Entry names are for people here: they are never joined to a path.
    zip = await openPromise(path, { autoClose: false, lazyEntries: true, strictFileNames: false });
  } catch (error) {
    yield failing(name, `it cannot be read as a zip: ${messageOf(error)}`);
    return;
  }
  try {
    let entries = 0;
    for await (const entry of zip.eachEntry()) {
      if (++entries > MOST_ENTRIES) {
        yield failing(name, `more than ${MOST_ENTRIES} entries; the rest is left out`);
        return;
      }
      const hidden = /(^|\/)(\.|__MACOSX\/)/.test(entry.fileName);
      if (!entry.fileName.endsWith("/") && !hidden && hasImageExtension(entry.fileName)) {
        yield { name: `${name}/${entry.fileName}`, read: () => readEntry(zip, entry, maxBytes) };
      }
    }
  } catch (error) {
    yield failing(name, `it is damaged: ${messageOf(error)}`);
  } finally {
    zip.close();
  }
}

async function readEntry(zip: ZipFile, entry: Entry, maxBytes: number): Promise<Uint8Array> {
  if (entry.generalPurposeBitFlag & 1) throw new Error("it is encrypted");
  // What is announced is what comes: the reader stops a stream that is longer.
  requireSize(entry.uncompressedSize, maxBytes);
  return await buffer(await zip.openReadStreamPromise(entry));
}

function requireSize(bytes: number, most: number): void {
  if (bytes > most) throw new Error(`${bytes} bytes, more than the ${most} that are allowed`);
}

function failing(name: string, reason: string): JobPicture {
  return { name, read: () => Promise.reject(new Error(reason)) };
}
