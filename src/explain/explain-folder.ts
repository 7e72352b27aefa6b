/** The folder that an explanation goes to. */

import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AnomalyClipError } from "../errors.ts";
import { printable } from "../printable.ts";
import { onDisk } from "../results/results-folder.ts";

/** Where explanations go when no folder is named. */
export const DEFAULT_EXPLAIN_FOLDER = "anomalyclip-explain";

export const EXPLAIN_FILES = { page: "explain.html", data: "explain.json" } as const;

/**
 * Refuses a folder that holds an explanation which is not to be overwritten.
 *
 * @throws AnomalyClipError E_CONFIG
 */
export async function requireFree(folder: string, force: boolean): Promise<void> {
  if (folder === "") throw new AnomalyClipError("E_CONFIG", "--out needs the name of a folder");
  if (force) return;
  await onDisk(folder, "read", async () => {
    for (const file of Object.values(EXPLAIN_FILES)) {
      const there = await stat(join(folder, file)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return null;
        throw error;
      });
      if (there === null) continue;
      const message = `${printable(folder)} already holds an explanation: --force replaces it, --out takes another folder`;
      throw new AnomalyClipError("E_CONFIG", message);
    }
  });
}

/**
 * Writes the files of an explanation in the place of an earlier one; what else lies in the folder stays.
 *
 * @param files by name; the page is the last to be written
 * @param data what `explain.json` says besides the names of the files
 * @throws AnomalyClipError E_CONFIG where the folder cannot be written to
 */
export async function writeExplanation(
  folder: string,
  files: ReadonlyMap<string, Uint8Array | string>,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  await onDisk(folder, "write to", async () => {
    await mkdir(folder, { recursive: true });
    for (const name of await earlierFiles(folder)) await rm(join(folder, name), { force: true });
    const list = { ...data, files: [...files.keys()] };
    // First, so that whatever a broken run leaves behind is known.
    await writeFile(join(folder, EXPLAIN_FILES.data), `${JSON.stringify(list, null, 2)}\n`);
    for (const [name, content] of files) await writeFile(join(folder, name), content);
  });
}

// --- internal ---

/** Names that an explanation gives to its files: nothing else is removed, whatever the list says. */
const OWN_NAME = /^(map|layers|prompts|features|score-axis|attention-\d+-\d+|explain)\.(png|svg|csv|html)$/;

async function earlierFiles(folder: string): Promise<string[]> {
  let files: unknown;
  try {
    files = Object(JSON.parse(await readFile(join(folder, EXPLAIN_FILES.data), "utf8"))).files;
  } catch {
    return [];
  }
  return Array.isArray(files) ? files.filter((name) => typeof name === "string" && OWN_NAME.test(name)) : [];
}
