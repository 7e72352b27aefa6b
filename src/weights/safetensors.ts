/** Opens safetensors files: an 8-byte length, a JSON header, then the raw tensors (github.com/huggingface/safetensors). */
import { AnomalyClipError, messageOf } from "../errors.ts";
import { BYTES_PER_ELEMENT, type Checkpoint, type DType, type StoredTensor } from "./checkpoint.ts";
import { MAX_NAME_LENGTH, quoteName, showShape } from "./quote-name.ts";
import { readInto, withFile } from "./random-access.ts";

/** The longest header that the format allows, bytes. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Opens a safetensors file. Only the header is read.
 *
 * As strict as the format: every tensor has a known type and as many bytes as its shape asks for, and together the
 * tensors cover the data exactly once.
 * @throws {AnomalyClipError} `E_WEIGHTS`
 */
export async function openSafetensors(path: string): Promise<Checkpoint> {
  const { header, dataStart, size } = await readHeader(path);
  const tensors = new Map<string, StoredTensor>();
  const ranges: { name: string; begin: number; end: number }[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") {
      metadata = parseMetadata(path, entry);
      continue;
    }
    const { dtype, shape, begin, end } = parseEntry(path, name, entry);
    tensors.set(name, { name, dtype, shape, file: path, offset: dataStart + begin });
    ranges.push({ name, begin, end });
  }
  checkCoverage(path, ranges, size - dataStart);
  return { path, tensors, metadata };
}

async function readHeader(path: string) {
  return withFile(path, async (file, size) => {
    if (size < 10) throw malformed(path, `${size} bytes is too short`);
    const start = new Uint8Array(8);
    await readInto(file, path, 0, start);
    const length = new DataView(start.buffer).getBigUint64(0, true);
    if (length > BigInt(Math.min(MAX_HEADER_BYTES, size - 8))) {
      throw malformed(path, `its header claims ${length} bytes in a file of ${size}`);
    }
    const bytes = new Uint8Array(Number(length));
    await readInto(file, path, 8, bytes);
    return { header: parseHeader(path, bytes), dataStart: 8 + bytes.length, size };
  });
}

function parseHeader(path: string, bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (error) {
    throw malformed(path, `its header is not JSON (${messageOf(error).slice(0, 120)})`);
  }
  if (!isRecord(header)) throw malformed(path, "its header is not a JSON object");
  if (countMembers(text) !== Object.keys(header).length) throw malformed(path, "its header names a tensor twice");
  return header;
}

/** Members of the outermost object of valid JSON text, repeated names included: `JSON.parse` keeps only the last. */
function countMembers(json: string): number {
  let depth = 0;
  let members = 0;
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (char === '"') {
      for (i++; json[i] !== '"'; i++) if (json[i] === "\\") i++;
    } else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    else if (char === ":" && depth === 1) members++;
  }
  return members;
}

function parseMetadata(path: string, entry: unknown): Record<string, string> {
  if (!isRecord(entry)) throw malformed(path, "__metadata__ is not an object");
  const metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(entry)) {
    if (typeof value !== "string") throw malformed(path, `__metadata__ ${quoteName(key)} is not a string`);
    Object.defineProperty(metadata, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return metadata;
}

function parseEntry(path: string, name: string, entry: unknown) {
  const where = `tensor ${quoteName(name)}`;
  if (name.length > MAX_NAME_LENGTH) throw malformed(path, `${where} has too long a name`);
  if (!isRecord(entry)) throw malformed(path, `${where} is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isDType(dtype)) throw malformed(path, `${where} has the unsupported type ${quoteName(String(dtype))}`);
  if (!isSizeList(shape)) throw malformed(path, `${where} has no valid shape`);
  if (!isSizeList(offsets) || offsets.length !== 2) throw malformed(path, `${where} has no valid data_offsets`);
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, size) => product * size, BYTES_PER_ELEMENT[dtype]);
  if (!Number.isSafeInteger(bytes) || end - begin !== bytes) {
    throw malformed(path, `${where} of shape ${showShape(shape)} in ${dtype} has ${end - begin} bytes`);
  }
  return { dtype, shape, begin, end };
}

function checkCoverage(path: string, ranges: { name: string; begin: number; end: number }[], dataBytes: number): void {
  ranges.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of ranges) {
    if (end > dataBytes) throw malformed(path, `tensor ${quoteName(name)} ends beyond the file: download it again`);
    if (begin !== position) {
      throw malformed(path, `tensor ${quoteName(name)} ${begin < position ? "overlaps another" : "follows a gap"}`);
    }
    position = end;
  }
  if (position !== dataBytes) throw malformed(path, `${dataBytes - position} bytes after the last tensor`);
}

function isDType(value: unknown): value is DType {
  return typeof value === "string" && Object.hasOwn(BYTES_PER_ELEMENT, value);
}

function isSizeList(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= 64 && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(path: string, what: string): AnomalyClipError {
  return new AnomalyClipError("E_WEIGHTS", `${path}: not a valid safetensors file: ${what}`);
}
