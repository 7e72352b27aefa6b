/** Positioned reads from regular files, with errors that name the file. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { AnomalyClipError, messageOf } from "../errors.ts";

/**
 * Opens `path` for reading, calls `use` with the handle and the file's size in bytes, and closes it.
 *
 * Only regular files are opened: a pipe or a device could block forever or never end.
 * @throws {AnomalyClipError} `E_WEIGHTS` where the file is missing, unreadable or not a regular file.
 */
export async function withFile<T>(path: string, use: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
  const file = await openRegularFile(path);
  try {
    return await use(file, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

/**
 * Fills `into` with the bytes of `file` from `position` on.
 * @throws {AnomalyClipError} `E_WEIGHTS` where the file ends before `into` is full.
 */
export async function readInto(file: FileHandle, path: string, position: number, into: Uint8Array): Promise<void> {
  // One read call takes at most 2^31 - 1 bytes, and the token embedding of a large model has more.
  const largest = 2 ** 30;
  let done = 0;
  while (done < into.byteLength) {
    const length = Math.min(largest, into.byteLength - done);
    const { bytesRead } = await file.read(into, done, length, position + done);
    if (bytesRead === 0) {
      throw new AnomalyClipError("E_WEIGHTS", `${path}: the file ends at byte ${position + done}; download it again`);
    }
    done += bytesRead;
  }
}

/** Reads a JSON file of at most `maxBytes`. */
export async function readJsonFile(path: string, maxBytes: number): Promise<unknown> {
  const bytes = await withFile(path, async (file, size) => {
    if (size > maxBytes) throw new AnomalyClipError("E_WEIGHTS", `${path}: ${size} bytes is too long for this file`);
    const into = new Uint8Array(size);
    await readInto(file, path, 0, into);
    return into;
  });
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new AnomalyClipError("E_WEIGHTS", `${path}: is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

async function openRegularFile(path: string): Promise<FileHandle> {
  let isFile: boolean;
  try {
    isFile = (await stat(path)).isFile();
    if (isFile) return await open(path, "r");
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const why = missing ? "no such file; check the path" : messageOf(error);
    throw new AnomalyClipError("E_WEIGHTS", `${path}: ${why}`, { cause: error });
  }
  throw new AnomalyClipError("E_WEIGHTS", `${path}: is not a regular file`);
}
