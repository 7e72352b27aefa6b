/** Downloads of large files: resumed after a cut, checked by SHA-256, and put in place only when complete. */

import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { withFileLock } from "./file-lock.ts";
import { describeNetworkError, isUnreachable } from "./network-error.ts";
import { hashFile, isVerified, markVerified } from "./verified-file.ts";

export interface DownloadProgress {
  /** Bytes present, those of an earlier attempt included. */
  received: number;
  /** Bytes of the whole file, null where the server does not say. */
  total: number | null;
}

export interface DownloadOptions {
  /** SHA-256 of the whole file, hexadecimal. */
  sha256: string;
  /** Bytes of the whole file where known: another length is refused before anything is written. */
  size?: number;
  /** Default: the global `fetch`. */
  fetch?: typeof fetch;
  /** Called after every piece that was written. */
  onProgress?: (progress: DownloadProgress) => void;
  /** Stops the download; what has arrived is kept for the next call. */
  signal?: AbortSignal;
  /** Attempts in a row that may fail without one new byte, after the first. Default: 4. */
  retries?: number;
  /** Milliseconds before the first retry, doubled for each further one up to 30,000. Default: 1,000. */
  retryDelay?: number;
  /** Milliseconds without data after which a connection counts as cut. Default: 60,000. */
  idleTimeout?: number;
}

/**
 * Downloads `url` to `target`, unless a file with the right SHA-256 is already there.
 *
 * The bytes go to `<target>.part`. An interrupted download goes on from there in the next attempt or the next call, if
 * the server supports ranges and says (by ETag or Last-Modified, kept in `<target>.part.json`) that its file is still the
 * same. The finished part is hashed from disk and then renamed. `<target>.lock` keeps other processes waiting meanwhile.
 *
 * @returns `target`
 * @throws AnomalyClipError `E_DOWNLOAD` when the server cannot be reached, refuses, or sends something else, and when the
 *   disk cannot be written; the signal's reason when it aborts
 */
export async function downloadFile(url: string, target: string, options: DownloadOptions): Promise<string> {
  const { retries = 4, retryDelay = 1000, idleTimeout = 60_000 } = options;
  const job: Job = { ...options, retries, retryDelay, idleTimeout, url, target, part: `${target}.part` };
  try {
    await mkdir(dirname(target), { recursive: true });
    return await withFileLock(`${target}.lock`, () => downloadLocked(job), { signal: job.signal });
  } catch (error) {
    job.signal?.throwIfAborted();
    throw fileError(error, job);
  }
}

/** What to do where the network is out of reach, as the end of a one-line message. */
export function manualDownloadHint(url: string, target: string, sha256: string): string {
  return `download ${url} on another machine and put it at ${target} (sha256 ${sha256})`;
}

// --- internal ---

interface Job extends DownloadOptions {
  url: string;
  target: string;
  part: string;
  retries: number;
  retryDelay: number;
  idleTimeout: number;
}

/** What `<target>.part` holds of which version of the file. */
interface Kept {
  received: number;
  /** A strong ETag or a Last-Modified date, for If-Range. */
  validator: string | null;
  total: number | null;
}

const NOTHING_KEPT: Kept = { received: 0, validator: null, total: null };

/** A failure that another attempt may mend. */
class Interruption extends Error {
  override readonly name = "Interruption";
}

async function downloadLocked(job: Job): Promise<string> {
  const { target, part, sha256, signal } = job;
  if (await isVerified(target, sha256, signal)) return target;
  const obstacle = await stat(target).catch(() => null);
  if (obstacle !== null && !obstacle.isFile()) {
    throw new AnomalyClipError("E_DOWNLOAD", `${target} is not a file: move it away, a download belongs there`);
  }
  await receiveWithRetries(job);
  const found = await hashFile(part, signal);
  if (found !== sha256.toLowerCase()) {
    await discardPart(job);
    const message = `${job.url}: wrong checksum, expected sha256 ${sha256}, got ${found}; deleted it, please try again`;
    throw new AnomalyClipError("E_DOWNLOAD", message);
  }
  await rename(part, target);
  await discardPart(job);
  await markVerified(target, sha256);
  return target;
}

async function receiveWithRetries(job: Job): Promise<void> {
  let furthest = (await readKept(job)).received;
  for (let attempt = 0, failures = 0; ; attempt++) {
    try {
      await receive(job);
      return;
    } catch (error) {
      if (!(error instanceof Interruption)) throw error;
      const received = await sizeOf(job.part);
      failures = received > furthest ? 0 : failures + 1;
      furthest = Math.max(furthest, received);
      // Waiting where there is no network at all would only annoy.
      if (failures > job.retries || (attempt === 0 && isUnreachable(error))) throw unreachable(job, error);
      await pause(job, failures);
    }
  }
}

/** One connection: asks for what is missing and writes it. */
async function receive(job: Job): Promise<void> {
  const kept = await readKept(job);
  if (kept.received > 0 && kept.received === kept.total) return;
  const silence = new AbortController();
  const onSilence = () => silence.abort(new Interruption(`no data for ${job.idleTimeout / 1000} s`));
  const watchdog = setTimeout(onSilence, job.idleTimeout);
  const signal = job.signal ? AbortSignal.any([job.signal, silence.signal]) : silence.signal;
  try {
    const response = await request(job, kept, signal);
    const { start, ...version } = await readHeaders(job, kept, response);
    // Emptied before the note about the new version is written: a crash in between leaves nothing to resume.
    const file = await open(job.part, start === 0 ? "w" : "r+");
    try {
      await writeFile(noteOf(job), JSON.stringify({ url: job.url, ...version }));
      await writeBody(job, response, file, start, version.total, () => watchdog.refresh());
    } finally {
      await file.close();
    }
  } finally {
    clearTimeout(watchdog);
    // Also lets go of a connection whose answer was not read to its end.
    silence.abort();
  }
}

async function request(job: Job, kept: Kept, signal: AbortSignal): Promise<Response> {
  // Ranges count bytes on the wire: a compressed answer would make them those of another file.
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (kept.received > 0 && kept.validator !== null) {
    headers.range = `bytes=${kept.received}-`;
    headers["if-range"] = kept.validator;
  }
  try {
    return await (job.fetch ?? fetch)(job.url, { headers, signal });
  } catch (error) {
    job.signal?.throwIfAborted();
    throw new Interruption(describeNetworkError(error), { cause: error });
  }
}

/** Where the body begins in the file, and the version of the file that it belongs to. */
async function readHeaders(
  job: Job,
  kept: Kept,
  { status, headers }: Response,
): Promise<Omit<Kept, "received"> & { start: number }> {
  if (status === 408 || status === 429 || status >= 500) throw new Interruption(`HTTP status ${status}`);
  if (status !== 200 && status !== 206 && status !== 416) {
    const hint = manualDownloadHint(job.url, job.target, job.sha256);
    throw new AnomalyClipError("E_DOWNLOAD", `download failed: HTTP status ${status}; ${hint}`);
  }
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get("content-range") ?? "");
  if (status === 416 || (status === 206 && Number(range?.[1]) !== kept.received)) {
    await discardPart(job);
    throw new Interruption("the server could not continue the file");
  }
  // Compressed against our wish: neither its length nor its ranges are those of the file.
  const isCompressed = (headers.get("content-encoding") ?? "identity") !== "identity";
  const etag = headers.get("etag");
  const validator = isCompressed ? null : etag?.startsWith('"') ? etag : headers.get("last-modified");
  const length = status === 206 ? range?.[2] : headers.get("content-length");
  const total = length && !isCompressed ? Number(length) : null;
  if (total !== null && job.size !== undefined && total !== job.size) {
    const message = `${job.url}: the server offers ${total} bytes, expected ${job.size}; nothing was downloaded`;
    throw new AnomalyClipError("E_DOWNLOAD", message);
  }
  return { start: status === 206 ? kept.received : 0, validator, total };
}

async function writeBody(
  job: Job,
  response: Response,
  file: FileHandle,
  start: number,
  total: number | null,
  onData: () => void,
): Promise<void> {
  const limit = job.size ?? total ?? Number.MAX_SAFE_INTEGER;
  const reader = response.body?.getReader();
  let position = start;
  job.onProgress?.({ received: position, total });
  for (;;) {
    const piece = await reader?.read().catch((error: unknown) => {
      job.signal?.throwIfAborted();
      throw new Interruption(describeNetworkError(error), { cause: error });
    });
    if (piece === undefined || piece.done) break;
    if (position + piece.value.length > limit) {
      await discardPart(job);
      throw new AnomalyClipError("E_DOWNLOAD", `${job.url}: the server sends more than the expected ${limit} bytes`);
    }
    // At explicit positions, so that even two writers of the same file would write the same bytes to the same places.
    for (let done = 0; done < piece.value.length; ) {
      const { bytesWritten } = await file.write(piece.value, done, piece.value.length - done, position + done);
      done += bytesWritten;
    }
    position += piece.value.length;
    onData();
    job.onProgress?.({ received: position, total });
  }
  if (total !== null && position < total)
    throw new Interruption(`connection closed after ${position} of ${total} bytes`);
}

const noteOf = (job: Job) => `${job.part}.json`;

/** What can be resumed; a part without a readable note, of another address or without validator counts as nothing. */
async function readKept(job: Job): Promise<Kept> {
  try {
    const received = await sizeOf(job.part);
    const note = JSON.parse(await readFile(noteOf(job), "utf8"));
    const isUsable = note.url === job.url && typeof note.validator === "string" && received <= (note.total ?? received);
    return isUsable ? { received, validator: note.validator, total: note.total } : NOTHING_KEPT;
  } catch {
    return NOTHING_KEPT;
  }
}

async function discardPart(job: Job): Promise<void> {
  await rm(noteOf(job), { force: true });
  await rm(job.part, { force: true });
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

async function pause(job: Job, failures: number): Promise<void> {
  const wait = Math.min(30_000, job.retryDelay * 2 ** Math.max(0, failures - 1));
  await delay(wait, undefined, { signal: job.signal });
}

function unreachable(job: Job, error: Interruption): AnomalyClipError {
  const hint = manualDownloadHint(job.url, job.target, job.sha256);
  return new AnomalyClipError("E_DOWNLOAD", `download failed: ${error.message}; ${hint}`, { cause: error });
}

/** Errors of the file system in words; everything else as it is. */
function fileError(error: unknown, job: Job): unknown {
  const { code = "", errno } = error as NodeJS.ErrnoException;
  if (error instanceof AnomalyClipError || errno === undefined) return error;
  const folder = dirname(job.target);
  const reasons: Record<string, string> = {
    ENOSPC: "no space left on the disk",
    EDQUOT: "the disk quota is used up",
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
  };
  const message = `cannot write to ${folder}: ${reasons[code] ?? messageOf(error)}; make room or choose another cache folder`;
  return new AnomalyClipError("E_DOWNLOAD", message, { cause: error });
}
