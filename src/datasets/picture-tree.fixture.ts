/** Data sets in miniature, for tests that need a layout on disk. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { encodePng } from "../image/encode.ts";

/** Masks are real PNGs; pictures are empty files, so that a reader that opens one fails. */
const CONTENTS = {
  picture: new Uint8Array(),
  marked: await encodePng({ width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 255, 255, 255) }),
  blank: await encodePng({ width: 2, height: 1, data: new Uint8Array(6) }),
};

/** Files by their paths. */
export interface Tree {
  pictures?: readonly string[];
  /** Masks with a pixel above 0. */
  marked?: readonly string[];
  /** Masks without. */
  blank?: readonly string[];
  /** Any other files, and what is in them. */
  others?: Readonly<Record<string, string | Uint8Array>>;
}

/** Writes files below `root`. */
export async function writeTree(
  root: string,
  { pictures = [], marked = [], blank = [], others = {} }: Tree,
): Promise<void> {
  const files: [path: string, content: string | Uint8Array][] = [
    ...pictures.map((path): [string, Uint8Array] => [path, CONTENTS.picture]),
    ...marked.map((path): [string, Uint8Array] => [path, CONTENTS.marked]),
    ...blank.map((path): [string, Uint8Array] => [path, CONTENTS.blank]),
    ...Object.entries(others),
  ];
  for (const [path, content] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

/** The same files in a folder of that name. */
export function moveTree(folder: string, { pictures, marked, blank, others = {} }: Tree): Tree {
  const move = (paths: readonly string[] = []) => paths.map((path) => `${folder}/${path}`);
  const moved = Object.fromEntries(Object.entries(others).map(([path, content]) => [`${folder}/${path}`, content]));
  return { pictures: move(pictures), marked: move(marked), blank: move(blank), others: moved };
}
