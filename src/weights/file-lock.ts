/** One process at a time: a lock file made by exclusive creation, kept fresh while it is held, taken over when its holder died. */

import { randomUUID } from "node:crypto";
import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { threadId } from "node:worker_threads";
import { printable } from "../printable.ts";

export interface FileLockOptions {
  /** Gives up waiting. */
  signal?: AbortSignal;
  /** Milliseconds between two looks at a lock that another process holds. Default: 250. */
  pollInterval?: number;
  /** Milliseconds without a sign of life after which the holder counts as dead. Default: 60,000. */
  staleAfter?: number;
}

/** A lock that is held until it is released. */
export interface FileLock {
  release(): Promise<void>;
}

const STALE_AFTER = 60_000;

/** Tokens of the locks that this thread holds: what else bears its name is left of another life of it. */
const held = new Set<string>();

/**
 * Runs `work` while holding the lock file `path`, waiting for other holders first; the file is removed afterwards. As for
 * `tryFileLock`, `work` must do no harm where two do it at once, only double work.
 *
 * @throws the signal's reason when it aborts the waiting; errors of the file system and of `work` as they are
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>, options: FileLockOptions = {}): Promise<T> {
  const { signal, pollInterval = 250, staleAfter } = options;
  for (;;) {
    const lock = await tryFileLock(path, staleAfter);
    if (lock !== null) {
      try {
        return await work();
      } finally {
        await lock.release();
      }
    }
    signal?.throwIfAborted();
    await delay(pollInterval);
  }
}

/**
 * Takes the lock file `path`, and keeps it fresh until it is released.
 *
 * A holder on this machine whose process is gone is dead at once; any when it has not touched the file for `staleAfter`.
 * Two processes that take over the same dead lock in the same instant may both get it.
 *
 * @param staleAfter milliseconds without a sign of life after which the holder counts as dead. Default: 60,000
 * @returns null while another holds it
 * @throws errors of the file system as they are
 */
export async function tryFileLock(path: string, staleAfter = STALE_AFTER): Promise<FileLock | null> {
  const token = randomUUID();
  const holder = JSON.stringify({ pid: process.pid, thread: threadId, host: hostname(), token });
  if (!(await create(path, holder))) {
    if (!(await isDead(path, staleAfter))) return null;
    await rm(path, { force: true });
    if (!(await create(path, holder))) return null;
  }
  held.add(token);
  const touch = () => utimes(path, new Date(), new Date()).catch(() => undefined);
  const heartbeat = setInterval(touch, staleAfter / 4).unref();
  return {
    async release() {
      clearInterval(heartbeat);
      if ((await readHolder(path)) === holder) await rm(path, { force: true });
      held.delete(token);
    },
  };
}

/** "process 812 on line3", as far as the lock file says. */
export async function describeHolder(path: string): Promise<string> {
  try {
    const { pid, host } = JSON.parse(await readHolder(path));
    return `process ${Number(pid)} on ${printable(String(host))}`;
  } catch {
    return "another process";
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
    const { pid, thread, host, token } = JSON.parse(await readHolder(path));
    if (host !== hostname() || !Number.isInteger(pid)) return false;
    // After a restart in a container the same numbers come again.
    if (pid === process.pid && thread === threadId) return !held.has(token);
    return !isRunning(pid);
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
