/** Labels that a table gives to numbered pictures, as in `head_ct/007.png` and `labels.csv`. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { AnomalyClipError } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { readTable, tableError } from "../csv-table.ts";
import type { LabelSource } from "./benchmark.ts";
import type { FoundLayout, MatchedFile } from "./find-layout.ts";

type TableLabel = Extract<LabelSource, { by: "table" }>;

/**
 * Reads the table in the folder of the layout, or in the nearest folder above it up to `root`.
 *
 * @returns whether a picture is abnormal; undefined for a picture that is not in the table.
 * @throws AnomalyClipError `E_DATASET` when there is no table, or it has not the columns, two lines for one number, or a
 * value other than 0 and 1.
 */
export async function labelByTable(
  root: string,
  label: TableLabel,
  found: FoundLayout,
): Promise<(picture: MatchedFile) => boolean | undefined> {
  const file = await findUpwards(root, found.base, label.file);
  const { columns, rows } = await readTable(file);
  const [key, value] = [label.key, label.value].map((name) => {
    const index = columns.indexOf(name);
    if (index < 0) throw tableError(file, `no column "${name}"; the columns are ${columns.join(", ")}`);
    return index;
  }) as [number, number];
  const labels = new Map<number, boolean>();
  for (const { line, cells } of rows) {
    const number = numberOf(cells[key]!);
    if (number === null) throw tableError(file, `"${cells[key]}" is no number of a picture`, line);
    const text = cells[value]!;
    if (text !== "0" && text !== "1") throw tableError(file, `"${text}" must be 0 or 1`, line);
    if (labels.has(number)) throw tableError(file, `${label.key} ${number} stands there twice`, line);
    labels.set(number, text === "1");
  }
  return (picture) => labels.get(numberOf(picture.stem) ?? -1);
}

// --- internal ---

/** 7 for `7` and `007`. */
function numberOf(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

async function findUpwards(root: string, base: string, name: string): Promise<string> {
  const folders = base === "" ? [] : base.split("/");
  for (let depth = folders.length; depth >= 0; depth--) {
    const file = join(root, ...folders.slice(0, depth), name);
    if (await stat(file).catch(() => null)) return file;
  }
  const where = printable(join(root, base));
  throw new AnomalyClipError("E_DATASET", `${where}: ${name} is missing; it says which pictures are normal`);
}
