/** Samples that a table lists, as VisA's `split_csv/1cls.csv`. */

import { join } from "node:path";
import { readCsvSamples } from "../csv-samples.ts";
import { readTable, tableError } from "../csv-table.ts";
import type { Sample } from "../sample.ts";
import type { FoundLayout } from "./find-layout.ts";

/** Samples whose paths are relative to the folder that was searched; and what of the layout is not there. */
export interface Labelled {
  samples: Sample[];
  incomplete: string[];
}

/**
 * The listed samples whose pictures are there, in the order of the table. Its paths are relative to the folder of the
 * layout.
 *
 * @throws AnomalyClipError `E_DATASET` when the table is missing or cannot be read, or names another class.
 */
export async function labelByList(
  root: string,
  name: string,
  found: FoundLayout,
  classNames: readonly string[],
): Promise<Labelled> {
  const file = join(root, found.base, name);
  const listed = readCsvSamples(file, await readTable(file), "");
  const stranger = listed.find(({ className }) => !classNames.includes(className));
  if (stranger) {
    throw tableError(file, `"${stranger.className}" is none of the classes ${classNames.join(", ")}`, stranger.line);
  }
  const there = new Set([...found.pictures, ...found.masks].map(({ path }) => path));
  const locate = (path: string) => (found.base === "" ? path : `${found.base}/${path}`);
  const missing: string[] = [];
  const samples = listed.flatMap(({ line: _, ...sample }) => {
    const [image, mask] = [locate(sample.image), sample.mask === null ? null : locate(sample.mask)];
    const absent = [image, mask].filter((path) => path !== null && !there.has(path)) as string[];
    missing.push(...absent);
    return absent.includes(image) ? [] : [{ ...sample, image, mask: absent.length > 0 ? null : mask }];
  });
  const [files, are] = missing.length === 1 ? ["file", "is"] : ["files", "are"];
  const incomplete =
    missing.length === 0 ? [] : [`${missing.length} ${files} of ${name} ${are} missing, such as ${missing[0]}`];
  return { samples, incomplete };
}
