/** Reads `results.jsonl` line by line, whatever its size, and survives what a crash may have left in it. */

import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { parseRecord, type ResultRecord } from "./record.ts";

/** A record and where its line lies, so that it can be read again without keeping it. */
export interface RecordLine {
  record: ResultRecord;
  /** Byte offset of the line. */
  offset: number;
  /** Bytes, without the line end. */
  length: number;
}

/** Longest line that is read, bytes: some hundred thousand regions. A longer one is taken for a damaged line. */
const LONGEST_LINE = 32 * 1024 * 1024;
const CHUNK = 256 * 1024;

/**
 * The records of a file in order. Lines that hold none are passed over, and so is a last line without a line end:
 * its writer was stopped in the middle. No file is no records.
 */
export async function* readRecords(file: string): AsyncGenerator<RecordLine> {
  const handle = await openIfThere(file);
  if (!handle) return;
  try {
    for await (const { bytes, offset } of readLines(handle)) {
      const record = parseRecord(bytes.toString("utf8"));
      if (record) yield { record, offset, length: bytes.length };
    }
  } finally {
    await handle.close();
  }
}

/** Reads one line again. Null where the file has changed in between. */
export async function readRecordAt(
  handle: FileHandle,
  line: Pick<RecordLine, "offset" | "length">,
): Promise<ResultRecord | null> {
  const bytes = Buffer.alloc(line.length);
  const { bytesRead } = await handle.read(bytes, 0, line.length, line.offset);
  return bytesRead === line.length ? parseRecord(bytes.toString("utf8")) : null;
}

// --- internal ---

async function openIfThere(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function* readLines(handle: FileHandle): AsyncGenerator<{ bytes: Buffer; offset: number }> {
  let parts: Buffer[] = [];
  let held = 0;
  let lineStart = 0;
  let position = 0;
  for (;;) {
    const chunk = Buffer.alloc(CHUNK);
    const { bytesRead } = await handle.read(chunk, 0, CHUNK, position);
    if (bytesRead === 0) return;
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0 && end < bytesRead; end = chunk.indexOf(10, from)) {
      const bytes = Buffer.concat([...parts, chunk.subarray(from, end)]);
      if (held <= LONGEST_LINE) yield { bytes, offset: lineStart };
      parts = [];
      held = 0;
      from = end + 1;
      lineStart = position + from;
    }
    held += bytesRead - from;
    if (held <= LONGEST_LINE) parts.push(chunk.subarray(from, bytesRead));
    else parts = [];
    position += bytesRead;
  }
}
