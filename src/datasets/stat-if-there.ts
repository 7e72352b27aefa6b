/** Whether a file or folder is there, told from a path that cannot be looked at. */

import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { printable } from "../printable.ts";

/**
 * What lies at a path; null where nothing does.
 *
 * @throws AnomalyClipError `E_DATASET` when it cannot be looked at.
 */
export async function statIfThere(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return null;
    const reason = printable(messageOf(error));
    throw new AnomalyClipError("E_DATASET", `${printable(path)}: cannot be read (${reason})`, { cause: error });
  }
}
