/** Refuses lists of files that are not all there. */

import { stat } from "node:fs/promises";
import { AnomalyClipError } from "../errors.ts";
import { printable } from "../printable.ts";
import { mapConcurrently } from "./map-concurrently.ts";
import type { Sample } from "./sample.ts";

/** A sample and where a file lists it, for messages. */
export interface ListedSample {
  where: string;
  sample: Sample;
}

const CHECKS_AT_ONCE = 32;

/**
 * Returns when the pictures and masks of all samples are files.
 *
 * @param list the file that lists them; paths in it are relative to its folder.
 * @throws AnomalyClipError `E_DATASET` otherwise, saying how many are missing and naming the first.
 */
export async function requireFiles(list: string, listed: readonly ListedSample[]): Promise<void> {
  // Where a path is first listed.
  const paths = new Map<string, string>();
  for (const { where, sample } of listed) {
    for (const path of [sample.image, sample.mask]) if (path !== null && !paths.has(path)) paths.set(path, where);
  }
  const present = await mapConcurrently([...paths.keys()], CHECKS_AT_ONCE, async (path) => {
    const found = await stat(path).catch(() => null);
    return found?.isFile() ?? false;
  });
  const missing = [...paths].filter((_, index) => !present[index]);
  if (missing.length === 0) return;
  const [path, where] = missing[0]!;
  const [are, first] = missing.length === 1 ? ["is", ""] : ["are", "first "];
  const message =
    `${list}: ${missing.length} of the ${paths.size} files that it lists ${are} missing, ${first}${path} (${where}); ` +
    "paths are relative to its folder";
  throw new AnomalyClipError("E_DATASET", printable(message));
}
