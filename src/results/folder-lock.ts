/** A results folder is written by one process at a time: two would take each other's names and files away. */

import { join } from "node:path";
import { AnomalyClipError } from "../errors.ts";
import { describeHolder, type FileLock, tryFileLock } from "../weights/file-lock.ts";

/** In the folder while it is written: who writes. */
const FILE = "run.lock";

/**
 * Takes the folder, which must exist, from whoever left it and is gone.
 *
 * @throws AnomalyClipError `E_CONFIG` while another process writes there
 */
export async function lockFolder(folder: string): Promise<FileLock> {
  const path = join(folder, FILE);
  const lock = await tryFileLock(path);
  if (lock !== null) return lock;
  throw new AnomalyClipError(
    "E_CONFIG",
    `${folder}: ${await describeHolder(path)} writes its results there; end it, or take another folder with --out`,
  );
}
