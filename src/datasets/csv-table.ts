/** Reads tables: CSV with a header line. */

import { readFile, stat } from "node:fs/promises";
import { CsvError, parse } from "csv-parse/sync";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { printable } from "../printable.ts";

export interface Table {
  /** The header, in lower case, without space around. */
  columns: readonly string[];
  rows: readonly TableRow[];
}

export interface TableRow {
  /** Where it stands in the file, from 1. */
  line: number;
  /** As many as there are columns, without space around. */
  cells: readonly string[];
}

const MAX_BYTES = 64 * 2 ** 20;
const MAX_COLUMNS = 64;
const MAX_ROW_CHARACTERS = 2 ** 16;

/**
 * Reads a table: UTF-8, with commas, semicolons or tabs between the columns, whichever the header has most of; quotes
 * as in RFC 4180. Empty lines are passed over.
 *
 * @throws AnomalyClipError `E_DATASET` when the file is missing, over 64 MiB, empty, of over 64 columns, or broken,
 * naming the line.
 */
export async function readTable(file: string): Promise<Table> {
  const text = await readText(file);
  const [header, ...rows] = parseRows(file, text);
  if (!header) throw tableError(file, "the file is empty; its first line must name the columns");
  const columns = header.cells.map((name) => name.toLowerCase());
  if (columns.length > MAX_COLUMNS) {
    throw tableError(file, `${columns.length} columns; at most ${MAX_COLUMNS} are read`);
  }
  const twice = columns.find((name, index) => name !== "" && columns.indexOf(name) < index);
  if (twice !== undefined) throw tableError(file, `two columns are called "${twice}"`);
  return { columns, rows };
}

/** An error about a table, or about one line of it. */
export function tableError(file: string, what: string, line?: number, cause?: unknown): AnomalyClipError {
  const where = line === undefined ? file : `${file}: line ${line}`;
  return new AnomalyClipError("E_DATASET", printable(`${where}: ${what}`), { cause });
}

// --- internal ---

async function readText(file: string): Promise<string> {
  try {
    const found = await stat(file);
    // Opening a named pipe would wait for a writer.
    if (!found.isFile()) throw tableError(file, "not a regular file");
    if (found.size > MAX_BYTES) throw tableError(file, `the file has ${found.size} bytes; at most 64 MiB are read`);
    const bytes = await readFile(file);
    if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
      throw tableError(file, "the text is UTF-16; save it as UTF-8");
    }
    return bytes.toString("utf8");
  } catch (error) {
    if (error instanceof AnomalyClipError) throw error;
    throw tableError(file, `cannot be read (${messageOf(error)})`, undefined, error);
  }
}

function parseRows(file: string, text: string): TableRow[] {
  try {
    const records = parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      info: true,
      max_record_size: MAX_ROW_CHARACTERS,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as { record: string[]; info: { lines: number } }[];
    return records.map(({ record, info }) => ({ line: info.lines, cells: record }));
  } catch (error) {
    const line = error instanceof CsvError && typeof error.lines === "number" ? error.lines : undefined;
    throw tableError(file, `not a table (${messageOf(error)})`, line, error);
  }
}

function delimiterOf(text: string): string {
  const header = text.slice(0, MAX_ROW_CHARACTERS).split(/\r?\n/, 1)[0]!;
  const countOf = (delimiter: string) => header.split(delimiter).length;
  return [",", ";", "\t"].reduce((best, delimiter) => (countOf(delimiter) > countOf(best) ? delimiter : best));
}
