/** A results folder is written by one process at a time: two would take each other's names and files away. */

import { readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { AnomalyClipError } from "../errors.ts";

/** In the folder while it is written: who writes. */
const FILE = "run.lock";

/**
 * Takes the folder, which must exist. What a process left that has ended is taken over; of one on another machine or in
 * another container nobody can tell, so that is taken over too.
 *
 * @returns gives the folder back
 * @throws AnomalyClipError `E_CONFIG` while another process of this machine writes
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, FILE);
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  try {
    await writeFile(path, mine, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const pid = await writerOf(path);
    if (pid !== null && pid !== process.pid && isAlive(pid)) {
      throw new AnomalyClipError(
        "E_CONFIG",
        `${folder}: process ${pid} writes its results there; end it, or take another folder with --out (if that is no anomalyclip, remove ${path})`,
      );
    }
    await writeFile(path, mine);
  }
  return () => rm(path, { force: true });
}

// --- internal ---

/** The process that wrote the file, or null where it was not one of this machine. */
async function writerOf(path: string): Promise<number | null> {
  try {
    const { pid, host } = JSON.parse(await readFile(path, "utf8")) as { pid?: unknown; host?: unknown };
    return host === hostname() && Number.isInteger(pid) && (pid as number) > 0 ? (pid as number) : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
