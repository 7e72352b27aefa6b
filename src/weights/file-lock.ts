/** One process at a time: a lock file made by exclusive creation, kept fresh while it is held, taken over when its holder died. */

import { randomUUID } from "node:crypto";
import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

export interface FileLockOptions {
  /** Gives up waiting. */
  signal?: AbortSignal;
  /** Milliseconds between two looks at a lock that another process holds. Default: 250. */
  pollInterval?: number;
  /** Milliseconds without a sign of life after which the holder counts as dead. Default: 60,000. */
  staleAfter?: number;
}

/**
 * Runs `work` while holding the lock file `path`, waiting for other holders first; the file is removed afterwards.
 *
 * A holder on this machine whose process is gone is dead at once; one on another machine (shared folders) when it has not
 * touched the file for `staleAfter`. Two processes that take over the same dead lock in the same instant can both proceed:
 * `work` must then do no harm, only double work.
 *
 * @throws the signal's reason when it aborts the waiting; errors of the file system and of `work` as they are
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>, options: FileLockOptions = {}): Promise<T> {
  const { signal, pollInterval = 250, staleAfter = 60_000 } = options;
  const holder = JSON.stringify({ pid: process.pid, host: hostname(), token: randomUUID() });
  while (!(await create(path, holder))) {
    signal?.throwIfAborted();
    if (await isDead(path, staleAfter)) await rm(path, { force: true });
    else await delay(pollInterval);
  }
  const touch = () => utimes(path, new Date(), new Date()).catch(() => undefined);
  const heartbeat = setInterval(touch, staleAfter / 4).unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if ((await readHolder(path)) === holder) await rm(path, { force: true });
  }
}

// --- internal ---

async function create(path: string, holder: string): Promise<boolean> {
  try {
    await writeFile(path, holder, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    // On a full disk the file may exist, but empty: nobody should wait for it.
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

function readHolder(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

async function isDead(path: string, staleAfter: number): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found === null) return false;
  if (Date.now() - found.mtimeMs > staleAfter) return true;
  try {
    const { pid, host } = JSON.parse(await readHolder(path));
    return host === hostname() && Number.isInteger(pid) && !isRunning(pid);
  } catch {
    // Created a moment ago and not written yet: its age decides.
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
