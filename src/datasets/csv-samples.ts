/** What the rows of a table say about pictures. */

import { posix } from "node:path";
import { type Table, tableError } from "./csv-table.ts";
import { isNormalName, roleOfFolder } from "./folder-names.ts";
import type { Sample } from "./sample.ts";

/** A row: a sample whose paths are as they stand in the table, with forward slashes. */
export interface CsvSample extends Sample {
  line: number;
}

/** Columns and the other names that they have in VisA's tables and in `meta.json`. */
const COLUMNS = {
  image: ["image", "img_path"],
  label: ["label"],
  anomaly: ["anomaly"],
  mask: ["mask", "mask_path"],
  class: ["class", "object", "cls_name"],
  specie: ["specie", "specie_name"],
  split: ["split"],
} as const;

type Column = keyof typeof COLUMNS;

const ABNORMAL_WORDS = new Set([
  ...["1", "true", "yes", "abnormal", "anomaly", "anomalous", "defect", "defective", "bad", "ng", "nok", "ko"],
  ...["not ok", "not_ok", "no good", "no_good", "positive"],
]);
const NORMAL_WORDS = new Set(["0", "false"]);

/**
 * The samples of a table with the columns `image` and `label` or `anomaly`, and if wanted `mask`, `class`, `specie` and
 * `split`. VisA's tables (`object`, `split`, `label`, `image`, `mask`) are of this kind. Other columns are passed over.
 *
 * Labels are 0 or 1, or words such as good and defect, normal and anomaly, ok and ng. Empty cells are as columns that
 * are not there: no mask, `className`, species `good` and `defect`, no split. Masks of normal pictures are passed over.
 *
 * @param file for messages.
 * @param className of pictures without one.
 * @throws AnomalyClipError `E_DATASET` for columns that are missing, a label or a split that is none, and a picture that
 * stands there twice, naming the lines.
 */
export function readCsvSamples(file: string, { columns, rows }: Table, className: string): CsvSample[] {
  const indexOf = (column: Column) =>
    columns.findIndex((name) => (COLUMNS[column] as readonly string[]).includes(name));
  const [image, label, anomaly] = [indexOf("image"), indexOf("label"), indexOf("anomaly")];
  if (image < 0 || (label < 0 && anomaly < 0)) {
    const missing = image < 0 ? '"image"' : '"label" or "anomaly"';
    throw tableError(file, `no column ${missing}; the columns are ${columns.join(", ")}`);
  }
  if (label >= 0 && anomaly >= 0) throw tableError(file, 'both a column "label" and a column "anomaly"; keep one');
  if (rows.length === 0) throw tableError(file, "it lists no pictures");
  const labelColumn = label >= 0 ? label : anomaly;
  const [mask, classColumn, specie, split] = [indexOf("mask"), indexOf("class"), indexOf("specie"), indexOf("split")];
  const firstLines = new Map<string, number>();
  return rows.map(({ line, cells }): CsvSample => {
    const cell = (column: number): string | null => (column >= 0 && cells[column] !== "" ? cells[column]! : null);
    const path = slashed(cell(image));
    if (path === null) throw tableError(file, "no picture is named", line);
    const first = firstLines.get(path);
    if (first !== undefined) throw tableError(file, `${path} stands on line ${first} already`, line);
    firstLines.set(path, line);
    const abnormal = readLabel(cell(labelColumn) ?? "");
    if (abnormal === null) {
      throw tableError(
        file,
        `"${cell(labelColumn) ?? ""}" in the column "${columns[labelColumn]}" is neither 0 nor 1, nor a word such as ` +
          'good or defect (kinds of defects go into a column "specie")',
        line,
      );
    }
    return {
      line,
      image: path,
      mask: abnormal ? slashed(cell(mask)) : null,
      className: cell(classColumn) ?? className,
      specie: cell(specie) ?? (abnormal ? "defect" : "good"),
      abnormal,
      split: readSplit(file, cell(split), line),
    };
  });
}

// --- internal ---

function readLabel(text: string): boolean | null {
  const word = text.toLowerCase();
  if (NORMAL_WORDS.has(word)) return false;
  if (ABNORMAL_WORDS.has(word)) return true;
  return isNormalName(text) ? false : null;
}

function readSplit(file: string, text: string | null, line: number): Sample["split"] {
  if (text === null) return null;
  const role = roleOfFolder(text);
  if (role.kind === "split") return role.split;
  throw tableError(file, `unknown split "${text}"; known are train and test`, line);
}

function slashed(path: string | null): string | null {
  return path === null ? null : posix.normalize(path.replaceAll("\\", "/"));
}
