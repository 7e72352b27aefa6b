/** The rows of `results.csv`: the records for people who open them in a spreadsheet. */

import { stringify } from "csv-stringify/sync";
import { isFailed, largestRegion, type ResultRecord } from "./record.ts";

/** The columns, in order; named as the fields of `results.jsonl` where they are the same thing. */
export const CSV_COLUMNS = [
  "image",
  "width",
  "height",
  "score",
  "verdict",
  "threshold",
  "layers",
  "mapMin",
  "mapMax",
  "mapMean",
  "regions",
  "largestRegionX",
  "largestRegionY",
  "largestRegionWidth",
  "largestRegionHeight",
  "largestRegionArea",
  "overlay",
  "map",
  "error",
] as const;

/** The header line, with its line end. */
export function csvHeader(): string {
  return stringify([[...CSV_COLUMNS]]);
}

/**
 * One line, with its line end: RFC 4180 quoting, `regions` as their number, a failed picture with `image` and `error`
 * alone. Text that a spreadsheet would run as a formula is kept from it by a leading apostrophe.
 */
export function csvRow(record: ResultRecord): string {
  const cells = cellsOf(record);
  return stringify([CSV_COLUMNS.map((column) => guardFormula(cells[column] ?? ""))]);
}

/**
 * A cell that no spreadsheet runs as a formula: such text gets a leading apostrophe. Numbers are left alone: -0.1 is a
 * value, "-0.1.png" could be read as one.
 */
export function guardFormula(cell: string | number): string | number {
  return typeof cell === "string" && /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
}

// --- internal ---

type Cells = Partial<Record<(typeof CSV_COLUMNS)[number], string | number | null>>;

function cellsOf(record: ResultRecord): Cells {
  if (isFailed(record)) return { image: record.image, error: record.error };
  const { regions, thumbnails: _, ...cells } = record;
  const largest = largestRegion(regions);
  return {
    ...cells,
    regions: regions.length,
    largestRegionX: largest?.x,
    largestRegionY: largest?.y,
    largestRegionWidth: largest?.width,
    largestRegionHeight: largest?.height,
    largestRegionArea: largest?.area,
  };
}
