/** Several files that appear in their places together, and only once they are known to be right. */

import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AnomalyClipError, messageOf } from "../errors.ts";

export interface StagedFilesOptions {
  /** Where the files will lie; made where it is missing. */
  folder: string;
  /** Everything that may be made, relative to the folder. */
  names: readonly string[];
  /** Whether files of these names may be replaced; what is not made anew is removed. */
  force: boolean;
}

/**
 * Calls `make`, which writes to the paths that it is given for `names`; afterwards the files are moved into the folder. Where
 * `make` fails, the folder is as it was.
 *
 * @throws AnomalyClipError E_CONFIG where a file exists already, or the folder cannot be written to; whatever `make` throws
 */
export async function stageFiles<Made>(
  { folder, names, force }: StagedFilesOptions,
  make: (pathOf: (name: string) => string) => Promise<Made>,
): Promise<Made> {
  for (const name of names) await requireFree(join(folder, name), force);
  // Beside its place, since files cannot be moved between disks.
  const staging = join(folder, `.${randomUUID()}.part`);
  const at = (root: string) => (name: string) => join(root, name);
  try {
    // Node looks for the parents of a missing folder without end where the system will have none, as in /proc.
    if ((await stat(folder).catch(() => null)) === null) await onDisk(folder, () => mkdir(folder, { recursive: true }));
    await onDisk(folder, () => mkdir(staging));
    for (const name of names) await onDisk(folder, () => mkdir(dirname(at(staging)(name)), { recursive: true }));
    const made = await make(at(staging));
    for (const name of names) await onDisk(folder, () => moveIfMade(at(staging)(name), at(folder)(name)));
    return made;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

// --- internal ---

async function requireFree(path: string, force: boolean): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null) return;
  if (found.isDirectory()) throw new AnomalyClipError("E_CONFIG", `${path}: is a folder; choose another name`);
  if (force) return;
  throw new AnomalyClipError("E_CONFIG", `${path}: exists already; --force replaces it, --out takes another place`);
}

async function moveIfMade(from: string, to: string): Promise<void> {
  if ((await stat(from).catch(() => null)) === null) return rm(to, { force: true });
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
}

async function onDisk(folder: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new AnomalyClipError("E_CONFIG", `${folder}: cannot be written to: ${messageOf(error)}`, { cause: error });
  }
}
