/** Files that lie in the folder of a data set and are no part of it. */

import { join, resolve } from "node:path";
import { listPictures } from "../list-pictures.ts";
import { locateFile } from "../located-file.ts";
import { MaskFinder, separateMasks } from "../pair-masks.ts";
import type { Sample } from "../sample.ts";

export interface UnusedFiles {
  pictures: string[];
  /** Masks that belong to no picture, used or not. */
  masks: string[];
}

/**
 * Finds them, by the rules of `pair-masks.ts`.
 *
 * @param folder of the data set.
 * @returns paths that begin with `folder`.
 */
export async function findUnusedFiles(folder: string, samples: readonly Sample[]): Promise<UnusedFiles> {
  const used = new Set(
    samples.flatMap(({ image, mask }) => [image, ...(mask === null ? [] : [mask])]).map((path) => resolve(path)),
  );
  const { pictures, masks } = separateMasks((await listPictures(folder)).map(locateFile));
  const isUsed = ({ path }: { path: string }) => used.has(resolve(folder, path));
  const finder = new MaskFinder(masks);
  const paired = new Set(pictures.map((picture) => finder.find(picture)?.mask));
  return {
    pictures: pictures.filter((picture) => !isUsed(picture)).map(({ path }) => join(folder, path)),
    masks: masks.filter((mask) => !isUsed(mask) && !paired.has(mask)).map(({ path }) => join(folder, path)),
  };
}
