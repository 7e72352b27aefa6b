/** What lies in a results folder from before: whether a run may use it, and how it is made ready. */

import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { finished } from "node:stream/promises";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { csvHeader, csvRow } from "./csv.ts";
import { readRecords } from "./jsonl.ts";
import { isFailed, type ResultRecord } from "./record.ts";

/** What to do with results that are already there: refuse, go on with them, or start over. */
export type FolderMode = "new" | "resume" | "force";

/** The files and folders of a results folder. */
export const RESULT_FILES = {
  jsonl: "results.jsonl",
  csv: "results.csv",
  report: "report.html",
  overlays: "overlays",
  maps: "maps",
  thumbnails: "thumbnails",
} as const;

/** Where the thumbnails of a picture and of its overlay go; no picture's file name holds a tilde. */
export function thumbnailFiles(name: string): [picture: string, overlay: string] {
  return [`${RESULT_FILES.thumbnails}/${name}.jpg`, `${RESULT_FILES.thumbnails}/${name}~overlay.jpg`];
}

/** The folders in a results folder whose pictures were made there: they are not to be looked at in their turn. */
export function madeFolders(folder: string): string[] {
  return [RESULT_FILES.overlays, RESULT_FILES.maps, RESULT_FILES.thumbnails].map((name) => join(folder, name));
}

/** Results that stay when a run goes on. */
export interface EarlierResults {
  /** Pictures that need not be looked at again, with their latest verdicts. */
  images: Map<string, "normal" | "abnormal">;
  /** File names in use, without extension. */
  names: string[];
}

/** Whether `folder` holds a `results.jsonl` with something in it. */
export async function hasResults(folder: string): Promise<boolean> {
  return onDisk(folder, "read", async () => {
    const jsonl = await stat(join(folder, RESULT_FILES.jsonl)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    });
    return jsonl !== null && jsonl.size > 0;
  });
}

/**
 * Refuses a folder that holds results and is neither to be resumed nor to be overwritten.
 *
 * @throws AnomalyClipError `E_CONFIG`
 */
export async function requireUsable(folder: string, mode: FolderMode): Promise<void> {
  if (mode !== "new" || !(await hasResults(folder))) return;
  throw new AnomalyClipError(
    "E_CONFIG",
    `${folder} already holds results: --resume goes on with them, --force starts over, --out takes another folder`,
  );
}

/** Removes the results in `folder` and the files made for them; whatever else lies there stays. */
export async function removeResults(folder: string): Promise<void> {
  await onDisk(folder, "clear", async () => {
    for await (const { record } of readRecords(join(folder, RESULT_FILES.jsonl))) {
      for (const file of filesOf(record)) await rm(join(folder, file), { force: true });
    }
    for (const file of [RESULT_FILES.jsonl, RESULT_FILES.csv, RESULT_FILES.report, "run.json"]) {
      await rm(join(folder, file), { force: true });
    }
  });
}

/**
 * Rewrites `results.jsonl` and `results.csv` with the results that stay: a torn line goes, and so do the failures of
 * `images`, which are tried again. Afterwards both files end in a whole line and can be appended to.
 */
export async function keepResults(folder: string, images: Iterable<string>): Promise<EarlierResults> {
  const retried = new Set(images);
  const earlier: EarlierResults = { images: new Map(), names: [] };
  await onDisk(folder, "write to", async () => {
    await mkdir(folder, { recursive: true });
    const jsonl = replaceFile(join(folder, RESULT_FILES.jsonl));
    const csv = replaceFile(join(folder, RESULT_FILES.csv));
    await csv.write(csvHeader());
    for await (const { record } of readRecords(join(folder, RESULT_FILES.jsonl))) {
      if (isFailed(record)) {
        if (retried.has(record.image)) continue;
      } else {
        earlier.images.set(record.image, record.verdict);
        earlier.names.push(...filesOf(record).map((file) => basename(file).replace(/(~overlay)?\.[^.]*$/, "")));
      }
      await jsonl.write(`${JSON.stringify(record)}\n`);
      await csv.write(csvRow(record));
    }
    await csv.finish();
    await jsonl.finish();
  });
  return earlier;
}

/** Runs something that touches the folder, and says so when the disk will not have it. */
export async function onDisk<T>(folder: string, verb: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof AnomalyClipError) throw error;
    throw new AnomalyClipError("E_CONFIG", `${folder}: cannot ${verb} the results folder: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

// --- internal ---

// A record read back from disk is not trusted with paths: only the name counts, never the folder.
function filesOf(record: ResultRecord): string[] {
  if (isFailed(record)) return [];
  const files: string[] = [];
  if (record.overlay) files.push(join(RESULT_FILES.overlays, basename(record.overlay)));
  if (record.map) files.push(join(RESULT_FILES.maps, basename(record.map)));
  for (const file of record.thumbnails ?? []) files.push(join(RESULT_FILES.thumbnails, basename(file)));
  return files;
}

// Written beside and renamed, so that a crash in between leaves the old file whole.
function replaceFile(path: string): { write(text: string): Promise<void>; finish(): Promise<void> } {
  const stream = createWriteStream(`${path}.new`);
  const done = finished(stream);
  // Awaited in `finish`; this keeps an earlier failure from counting as unhandled.
  done.catch(() => {});
  return {
    write: (text) =>
      new Promise((resolve, reject) => stream.write(text, (error) => (error ? reject(error) : resolve()))),
    async finish() {
      stream.end();
      await done;
      await rename(`${path}.new`, path);
    },
  };
}
