/** Goes through a folder and those below it for files that are named like pictures. */

import { opendir } from "node:fs/promises";
import { hasImageExtension } from "../image/extensions.ts";

export interface WalkOptions {
  /** Folders that are passed over, by their path below the root. */
  isExcluded: (path: string) => boolean;
  /** Called before a folder is read. */
  onFolder: (path: string) => void;
  /** Called for a folder that cannot be read; not for one that has gone. */
  onUnreadable: (path: string, error: unknown) => void;
}

/** Whether the last part of a path is hidden. */
export function isHidden(name: string): boolean {
  return name.startsWith(".");
}

/** Path below the root, with forward slashes; "" is the root itself. */
export function pathBelow(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

/**
 * Files with a picture's extension in `inside` and below, as paths below `root`, in no order. Hidden files and folders
 * are passed over, and links to folders: they could lead anywhere, or round in a circle.
 *
 * @param root an absolute path
 * @param inside path of a folder below the root, or "" for the root
 */
export async function* walkPictures(root: string, inside: string, options: WalkOptions): AsyncGenerator<string> {
  const folders = [inside];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    options.onFolder(folder);
    try {
      for await (const entry of await opendir(`${root}/${folder}`, { bufferSize: 256 })) {
        if (isHidden(entry.name)) continue;
        const path = pathBelow(folder, entry.name);
        if (entry.isDirectory()) {
          if (!options.isExcluded(path)) folders.push(path);
        } else if (hasImageExtension(entry.name) && (entry.isFile() || entry.isSymbolicLink())) {
          yield path;
        }
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENOTDIR") options.onUnreadable(folder, error);
    }
  }
}
