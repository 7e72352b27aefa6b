/** Opens a data set, whichever way it describes itself. */

import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { printable } from "../printable.ts";
import { readFolder } from "./folder.ts";
import { readMetaJson } from "./meta-json.ts";
import type { Dataset } from "./sample.ts";

/**
 * Opens a data set.
 *
 * @param path a `meta.json` (any file that ends in `.json`), or a folder. A folder that holds a `meta.json` is read
 * through it, any other by the names of its folders and files. Paths of samples begin with `path` as it was given.
 * @throws AnomalyClipError `E_DATASET` when there is no such file or folder, when it is no data set, or as
 * `readMetaJson` and `readFolder`.
 */
export async function openDataset(path: string): Promise<Dataset> {
  const there = await statIfThere(path);
  if (!there) throw new AnomalyClipError("E_DATASET", `${printable(path)}: no such file or folder`);
  if (there.isDirectory()) {
    const meta = join(path, "meta.json");
    return (await statIfThere(meta)) ? readMetaJson(meta) : readFolder(path);
  }
  if (extname(path).toLowerCase() === ".json") return readMetaJson(path);
  throw new AnomalyClipError("E_DATASET", `${printable(path)}: not a data set; name its folder or its meta.json`);
}

// --- internal ---

async function statIfThere(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return null;
    const reason = printable(messageOf(error));
    throw new AnomalyClipError("E_DATASET", `${printable(path)}: cannot be read (${reason})`, { cause: error });
  }
}
