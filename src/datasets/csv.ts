/** Reads a CSV as a data set. */

import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { readCsvSamples } from "./csv-samples.ts";
import { readTable } from "./csv-table.ts";
import { type ListedSample, requireFiles } from "./require-files.ts";
import type { Dataset } from "./sample.ts";

/**
 * Reads a CSV with the columns `image` and `label` (or `anomaly`), and if wanted `mask`, `class`, `specie` and `split`;
 * `csv-samples.ts` tells what may stand in them. Paths are relative to the folder of the file, or absolute.
 *
 * @returns the samples in the order of the file; `name`, and the class of pictures without one, are the folder's name.
 * @throws AnomalyClipError `E_DATASET` for a file that is no such table, naming the line, or when listed files are
 * missing, saying how many and naming the first.
 */
export async function readCsv(file: string): Promise<Dataset> {
  const table = await readTable(file);
  const root = dirname(file);
  const name = basename(resolve(root)) || "root";
  const locate = (path: string) => (isAbsolute(path) ? path : join(root, path));
  const listed = readCsvSamples(file, table, name).map(
    ({ line, ...sample }): ListedSample => ({
      where: `line ${line}`,
      sample: { ...sample, image: locate(sample.image), mask: sample.mask && locate(sample.mask) },
    }),
  );
  await requireFiles(file, listed);
  return { name, samples: listed.map(({ sample }) => sample) };
}
