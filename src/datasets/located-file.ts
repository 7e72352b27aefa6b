/** A picture file and what its folders say about it. */

import { roleOfFolder } from "./folder-names.ts";
import type { Split } from "./sample.ts";

export interface LocatedFile {
  /** Relative to the root of the set, with forward slashes. */
  path: string;
  /** The folder that holds it, as `path`. */
  folder: string;
  /** File name without extension. */
  stem: string;
  /** In lower case, without the dot. */
  extension: string;
  /** The folders on the way from the root that are neither split nor mask nor plain folders. */
  names: readonly string[];
  /** How many of `names` lie above the first split, mask or plain folder; null where there is no such folder. */
  namesAbove: number | null;
  split: Split | null;
  /** Whether one of the folders is a folder of masks. */
  inMaskFolder: boolean;
}

/** Reads the folders of a path that is relative to the root of a set. */
export function locateFile(path: string): LocatedFile {
  const folders = path.split("/");
  const file = folders.pop()!;
  const dot = file.lastIndexOf(".");
  const located: LocatedFile = {
    path,
    folder: folders.join("/"),
    stem: file.slice(0, dot),
    extension: file.slice(dot + 1).toLowerCase(),
    names: [],
    namesAbove: null,
    split: null,
    inMaskFolder: false,
  };
  const names: string[] = [];
  for (const folder of folders) {
    const role = roleOfFolder(folder);
    if (role.kind === "name") {
      names.push(folder);
      continue;
    }
    located.namesAbove ??= names.length;
    if (role.kind === "masks") located.inMaskFolder = true;
    if (role.kind !== "plain") located.split ??= role.split;
  }
  return { ...located, names };
}
