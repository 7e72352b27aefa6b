/** A grid of trainings that are to be compared: read from YAML or JSON, checked before anything is computed. */

import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { parseDocument } from "yaml";
import { HAND_WRITTEN, type HandWritten } from "../anomalyclip/hand-written-prompts.ts";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { printable } from "../printable.ts";
import { resolveTrainingOptions, type TrainingOptions } from "../training/training-options.ts";

/** The options of a training that a grid may set, by the names that the library gives them. */
const SWITCHES = {
  imageSize: "number",
  views: "number",
  layers: "numbers",
  dpamFrom: "number",
  attention: "text",
  temperature: "number",
  contextLength: "number",
  deepDepth: "number",
  deepLength: "number",
  normalTemplates: "texts",
  abnormalTemplates: "texts",
  objectAware: "yes or no",
  sharedContext: "yes or no",
  decoupled: "yes or no",
  epochs: "number",
  batchSize: "number",
  learningRate: "number",
  loss: "text",
  localLoss: "text",
  localWeight: "number",
  seed: "number",
  shuffle: "yes or no",
} as const satisfies Partial<Record<keyof TrainingOptions, string>>;

export type Switches = Pick<TrainingOptions, keyof typeof SWITCHES>;

/** One line of the table. */
export interface GridRow {
  name: string;
  /** `learned`, or hand-written prompts, for which nothing is trained. */
  prompts: "learned" | HandWritten;
  /** Name of the data to learn from, as the caller gives it. */
  data: string;
  switches: Switches;
}

export interface Grid {
  title: string;
  /** What it compares, in a sentence or two. Empty: nothing said. */
  description: string;
  rows: readonly GridRow[];
}

/** The data that rows learn from unless they name other. */
export const DEFAULT_DATA = "train";

const MAX_BYTES = 2 ** 20;
const MAX_ROWS = 200;

/**
 * Reads a grid:
 *
 * ```yaml
 * title: Context length
 * description: How many tokens are learned.
 * all: { epochs: 15 }                # switches of every row
 * rows:                              # each a line of the table
 *   - { name: E = 4, switches: { contextLength: 4 } }
 *   - { name: hand-written, prompts: clip }
 * sweep: { contextLength: [8, 12] }  # or rows made of a list
 * ```
 *
 * @throws AnomalyClipError E_CONFIG for a file that cannot be read, is no such grid, or sets what does not exist
 */
export async function readGrid(file: string): Promise<Grid> {
  const fail = (what: string, cause?: unknown) =>
    new AnomalyClipError("E_CONFIG", printable(`${file}: ${what}`), { cause });
  let text: string;
  try {
    const found = await stat(file);
    if (!found.isFile() || found.size > MAX_BYTES) throw new Error("not a file of at most 1 MiB");
    text = await readFile(file, "utf8");
  } catch (error) {
    throw fail(`cannot be read (${messageOf(error)})`, error);
  }
  let content: unknown;
  try {
    const document = parseDocument(text);
    if (document.errors[0]) throw document.errors[0];
    // Aliases may double a file's size at each line.
    content = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw fail(`neither YAML nor JSON (${messageOf(error).split("\n")[0]})`, error);
  }
  try {
    return parseGrid(content, basename(file).replace(/\.[^.]*$/, ""));
  } catch (error) {
    throw fail(messageOf(error), error);
  }
}

/** @throws Error that says what is wrong with a grid, without naming its file */
export function parseGrid(content: unknown, name: string): Grid {
  const { title, description, all, rows, sweep, ...rest } = objectOf(content, "the grid");
  refuseUnknown(rest, "the grid", ["title", "description", "all", "rows", "sweep"]);
  const common = switchesOf(all ?? {}, "all");
  const parsed = [
    ...listOf(rows ?? [], "rows").map((row, i) => rowOf(row, i, common)),
    ...sweepRows(sweep ?? {}, common),
  ];
  if (parsed.length === 0) throw new Error("it has no rows; give rows or sweep");
  if (parsed.length > MAX_ROWS) throw new Error(`${parsed.length} rows; at most ${MAX_ROWS} are run`);
  const names = parsed.map((row) => row.name);
  const twice = names.find((one, i) => names.indexOf(one) !== i);
  if (twice !== undefined) throw new Error(`two rows are called "${twice}"`);
  return { title: textOf(title ?? name, "title"), description: textOf(description ?? "", "description"), rows: parsed };
}

// --- internal ---

function rowOf(row: unknown, index: number, common: Switches): GridRow {
  const where = `row ${index + 1}`;
  const { name, prompts = "learned", data = DEFAULT_DATA, switches, ...rest } = objectOf(row, where);
  refuseUnknown(rest, where, ["name", "prompts", "data", "switches"]);
  const kinds = ["learned", ...HAND_WRITTEN] as const;
  if (!kinds.includes(prompts as GridRow["prompts"])) {
    throw new Error(`${where}: prompts must be one of ${kinds.join(", ")}`);
  }
  return {
    name: textOf(name, `${where}: name`),
    prompts: prompts as GridRow["prompts"],
    data: textOf(data, `${where}: data`),
    switches: checked({ ...common, ...switchesOf(switches ?? {}, where) }, where),
  };
}

/** A row for each combination of the listed values, the last switch running fastest. */
function sweepRows(sweep: unknown, common: Switches): GridRow[] {
  let combinations: Record<string, unknown>[] = [{}];
  const lists = Object.entries(objectOf(sweep, "sweep"));
  if (lists.length === 0) return [];
  for (const [key, values] of lists) {
    const list = listOf(values, `sweep: ${key}`);
    combinations = combinations.flatMap((one) => list.map((value) => ({ ...one, [key]: value })));
    if (combinations.length > MAX_ROWS) throw new Error(`sweep: more than ${MAX_ROWS} rows`);
  }
  return combinations.map((one): GridRow => {
    const name = Object.entries(one).map(([key, value]) => `${key} ${String(value)}`);
    const switches = checked({ ...common, ...switchesOf(one, "sweep") }, "sweep");
    return { name: name.join(", "), prompts: "learned", data: DEFAULT_DATA, switches };
  });
}

function switchesOf(value: unknown, where: string): Switches {
  const given = objectOf(value, where);
  for (const [key, one] of Object.entries(given)) {
    const kind = (SWITCHES as Record<string, string>)[key];
    if (kind === undefined) {
      throw new Error(`${where}: there is no switch "${key}"; known are ${Object.keys(SWITCHES).join(", ")}`);
    }
    const isKind = {
      number: (item: unknown) => typeof item === "number" && Number.isFinite(item),
      text: (item: unknown) => typeof item === "string",
      "yes or no": (item: unknown) => typeof item === "boolean",
    };
    const fits =
      kind === "numbers" || kind === "texts"
        ? Array.isArray(one) && one.length > 0 && one.every(isKind[kind === "numbers" ? "number" : "text"])
        : isKind[kind as keyof typeof isKind](one);
    if (!fits) throw new Error(`${where}: ${key} must be ${kind}, got ${JSON.stringify(one)}`);
  }
  return given as Switches;
}

/** Values out of range are known before the first row is trained. */
function checked(switches: Switches, where: string): Switches {
  try {
    resolveTrainingOptions({ ...switches, data: ["any"], out: "any" });
  } catch (error) {
    throw new Error(`${where}: ${messageOf(error)}`);
  }
  return switches;
}

function objectOf(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`${where} must be a mapping of names to values`);
}

function listOf(value: unknown, where: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${where} must be a list`);
}

function textOf(value: unknown, where: string): string {
  if (typeof value === "string" && value.length <= 500) return value;
  throw new Error(`${where} must be text of at most 500 characters`);
}

function refuseUnknown(rest: Record<string, unknown>, where: string, known: readonly string[]): void {
  const [key] = Object.keys(rest);
  if (key !== undefined) throw new Error(`${where}: there is no "${key}"; known are ${known.join(", ")}`);
}
