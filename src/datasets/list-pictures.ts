/** Finds the pictures below a folder, whatever else and however much lies there. */

import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { hasImageExtension } from "../image/extensions.ts";
import { compareNaturally } from "../natural-order.ts";
import { printable } from "../printable.ts";

/** Made by archivers and network disks; they hold no pictures of the set, or thumbnails of them. */
const JUNK_FOLDERS = new Set(["__MACOSX", "@eaDir"]);

/**
 * The paths of all pictures below `root`, relative to it, with forward slashes, in natural order.
 *
 * Hidden files and folders are passed over. Links are followed, but every folder is read once: links that lead back,
 * or to a folder that is there anyway, add nothing. A link to a picture that is not there is listed, so that whoever
 * reads it can say so.
 *
 * @param maxEntries most files and folders that are looked at. Default 1,000,000.
 * @throws AnomalyClipError `E_DATASET` when a folder may not be read or there is more than that.
 */
export async function listPictures(root: string, maxEntries = 1_000_000): Promise<string[]> {
  const pictures: string[] = [];
  const seen = new Set<string>();
  // Links wait until all real folders have been read, so that a picture keeps the path where it really lies.
  const folders = [""];
  const links: string[] = [];
  let entries = 0;
  while (folders.length > 0 || links.length > 0) {
    const folder = (folders.length > 0 ? folders.pop() : links.shift())!;
    const real = await onFolder(join(root, folder), (path) => realpath(path));
    if (seen.has(real)) continue;
    seen.add(real);
    for (const entry of await onFolder(join(root, folder), (path) => readdir(path, { withFileTypes: true }))) {
      if (++entries > maxEntries) {
        throw new AnomalyClipError(
          "E_DATASET",
          `${printable(root)}: more than ${maxEntries} files and folders; name the data set's own folder`,
        );
      }
      if (entry.name.startsWith(".") || JUNK_FOLDERS.has(entry.name)) continue;
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      const kind = await kindOf(entry, join(root, path));
      if (kind === "folder") (entry.isDirectory() ? folders : links).push(path);
      else if (kind === "file" && hasImageExtension(entry.name)) pictures.push(path);
    }
  }
  return pictures.sort(compareNaturally);
}

// --- internal ---

async function kindOf(entry: Dirent, path: string): Promise<"folder" | "file" | "other"> {
  if (entry.isDirectory()) return "folder";
  if (entry.isFile()) return "file";
  if (!entry.isSymbolicLink()) return "other"; // A pipe or a device.
  try {
    const target = await stat(path);
    return target.isDirectory() ? "folder" : target.isFile() ? "file" : "other";
  } catch {
    return "file";
  }
}

async function onFolder<T>(path: string, read: (path: string) => Promise<T>): Promise<T> {
  try {
    return await read(path);
  } catch (error) {
    const reason = printable(messageOf(error));
    throw new AnomalyClipError("E_DATASET", `${printable(path)}: the folder cannot be read (${reason})`, {
      cause: error,
    });
  }
}
