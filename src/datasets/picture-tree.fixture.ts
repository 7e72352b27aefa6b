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

/** Writes files below `root`: pictures by their paths, masks with or without a pixel above 0. */
export async function writeTree(
  root: string,
  files: { pictures: readonly string[]; marked?: readonly string[]; blank?: readonly string[] },
): Promise<void> {
  const { pictures, marked = [], blank = [] } = files;
  for (const [kind, paths] of Object.entries({ picture: pictures, marked, blank })) {
    for (const path of paths) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), CONTENTS[kind as keyof typeof CONTENTS]);
    }
  }
}
