/** Reads `meta.json`, the description of a data set that the released scripts write. */

import { readFile, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { printable } from "../printable.ts";
import { type ListedSample, requireFiles } from "./require-files.ts";
import type { Dataset, Sample, Split } from "./sample.ts";

type JsonObject = Readonly<Record<string, unknown>>;

const MAX_BYTES = 256 * 2 ** 20;

/**
 * Reads `{"train": {class: [sample, ...]}, "test": {...}}`, a sample being
 * `{"img_path", "mask_path", "cls_name", "specie_name", "anomaly"}`.
 *
 * Paths are relative to the folder of the file, or absolute; backslashes separate folders too. Read as well: `Train` and
 * `Test` in any case; one split alone; `mask_path` and `specie_name` that are empty, null or not there (species are then
 * `good` and `defect`); `anomaly` as `"0"`, `"1"`, true or false. Masks of normal pictures are passed over.
 *
 * @returns the samples in the order of the file; `name` is the folder's.
 * @throws AnomalyClipError `E_DATASET` when the file is missing, over 256 MiB, no JSON or not as above, naming split,
 * class and index; when a class or the whole set has no pictures; when a split lists a picture twice; or when listed
 * files are missing, saying how many and naming the first.
 */
export async function readMetaJson(file: string): Promise<Dataset> {
  const content = await parseFile(file);
  const root = dirname(file);
  const listed: ListedSample[] = [];
  const classSizes = new Map<string, number>();
  for (const [split, classes] of splitsOf(file, content)) {
    for (const [className, entries] of Object.entries(classes)) {
      if (!Array.isArray(entries)) throw failure(file, `${split}/${className} must be a list of samples`);
      classSizes.set(className, (classSizes.get(className) ?? 0) + entries.length);
      for (const [index, entry] of entries.entries()) {
        const where = `${split}/${className}[${index}]`;
        listed.push({ where, sample: readSample(file, where, entry, root, split) });
      }
    }
  }
  if (listed.length === 0) throw failure(file, "it lists no pictures");
  requireOnce(file, listed);
  const empty = [...classSizes].find(([, size]) => size === 0);
  if (empty) throw failure(file, `class "${empty[0]}" lists no pictures in either split; fill it or take it out`);
  await requireFiles(file, listed);
  return { name: basename(resolve(root)) || "root", samples: listed.map(({ sample }) => sample) };
}

// --- internal ---

async function parseFile(file: string): Promise<unknown> {
  let text: string;
  try {
    const found = await stat(file);
    // Opening a named pipe would wait for a writer.
    if (!found.isFile()) throw failure(file, "not a regular file");
    if (found.size > MAX_BYTES) throw failure(file, `the file has ${found.size} bytes; at most 256 MiB are read`);
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof AnomalyClipError) throw error;
    throw failure(file, `cannot be read (${messageOf(error)})`, error);
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw failure(file, `not JSON (${messageOf(error)})`, error);
  }
}

function splitsOf(file: string, content: unknown): Map<Split, JsonObject> {
  if (!isObject(content)) throw failure(file, 'must be an object with "train" and "test"');
  const isSplit = (key: string): key is Split => key === "train" || key === "test";
  const keys = Object.keys(content);
  if (!keys.some((key) => isSplit(key.toLowerCase()))) throw failure(file, 'no data set: neither "train" nor "test"');
  const splits = new Map<Split, JsonObject>();
  for (const key of keys) {
    const split = key.toLowerCase();
    const classes = content[key];
    if (!isSplit(split)) throw failure(file, `unknown split "${key}"; known are train and test`);
    if (splits.has(split)) throw failure(file, `the split ${split} stands there twice, in different case`);
    if (!isObject(classes)) throw failure(file, `${key} must be an object of classes, each a list of samples`);
    splits.set(split, classes);
  }
  return splits;
}

function readSample(file: string, where: string, entry: unknown, root: string, split: Split): Sample {
  if (!isObject(entry)) throw failure(file, `${where} must be an object`);
  const abnormal = readAnomaly(entry.anomaly);
  if (abnormal === null) throw failure(file, `${where}: anomaly must be 0 or 1, got ${show(entry.anomaly)}`);
  const text = (key: string): string | null => {
    const value = entry[key] ?? "";
    if (typeof value !== "string") throw failure(file, `${where}: ${key} must be text, got ${show(value)}`);
    return value === "" ? null : value;
  };
  const required = (key: string): string => {
    const value = text(key);
    if (value === null) throw failure(file, `${where}: ${key} is missing`);
    return value;
  };
  const mask = text("mask_path");
  return {
    image: resolvePath(root, required("img_path")),
    mask: abnormal && mask !== null ? resolvePath(root, mask) : null,
    className: required("cls_name"),
    specie: text("specie_name") ?? (abnormal ? "defect" : "good"),
    abnormal,
    split,
  };
}

function readAnomaly(value: unknown): boolean | null {
  if (value === 1 || value === "1" || value === true) return true;
  if (value === 0 || value === "0" || value === false) return false;
  return null;
}

function resolvePath(root: string, path: string): string {
  const slashed = path.replaceAll("\\", "/");
  return isAbsolute(slashed) ? slashed : join(root, slashed);
}

/** Two labels of one picture cannot both be meant; one that counts twice shifts every figure. */
function requireOnce(file: string, listed: readonly ListedSample[]): void {
  const first = new Map<string, string>();
  for (const { where, sample } of listed) {
    const key = `${sample.split}\0${sample.image}`;
    const earlier = first.get(key);
    if (earlier !== undefined) throw failure(file, `${where} lists ${sample.image} again, after ${earlier}`);
    first.set(key, where);
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

function failure(file: string, what: string, cause?: unknown): AnomalyClipError {
  return new AnomalyClipError("E_DATASET", printable(`${file}: ${what}`), { cause });
}
