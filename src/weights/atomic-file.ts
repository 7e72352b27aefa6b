/** Writes files whole or not at all. */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AnomalyClipError, type ErrorCode, messageOf } from "../errors.ts";

/**
 * Gives `path` the content that `write` puts into a new file beside it. Another program sees the old file or the complete
 * new one, never a part; where anything fails, the old file stays.
 * @throws {AnomalyClipError} with `code`, by default `E_WEIGHTS`, where the file cannot be written, or `write` throws.
 */
export async function writeAtomically(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  code: ErrorCode = "E_WEIGHTS",
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.part`);
  try {
    const file = await open(temporary, "wx");
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new AnomalyClipError(code, `${path}: cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
