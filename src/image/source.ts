/** From whatever the caller names to bytes in memory and a name for messages. */

import { open, readFile, stat } from "node:fs/promises";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { printable } from "../printable.ts";

/** Bytes of a picture that was not decoded yet. */
export interface ImageBytes {
  /** What messages call it: the file's path, or "the given bytes". */
  name: string;
  bytes: Uint8Array;
}

export type ImageFormat = "PNG" | "JPEG" | "WebP" | "TIFF" | "GIF" | "BMP";

const MAX_FILE_BYTES = 2 ** 30;
const SNIFFED_BYTES = 512;

/** A picture's name for messages, and its format by its first bytes. */
export interface ImageIdentity {
  /** What messages call it: the file's path, or "the given bytes". */
  name: string;
  format: ImageFormat;
  /** Bytes of the file. */
  size: number;
}

/**
 * Reads a picture file, or passes bytes through. A file is read whole only after its first bytes look like a picture,
 * so that a huge file of another kind costs nothing.
 *
 * @throws AnomalyClipError `E_IMAGE` as `identifyImage`, and when the file is over 1 GiB.
 */
export async function readImageBytes(source: string | Uint8Array): Promise<ImageBytes & { format: ImageFormat }> {
  const { name, format, size } = await identifyImage(source);
  if (typeof source !== "string") return { name, bytes: source, format };
  if (size > MAX_FILE_BYTES) {
    throw new AnomalyClipError("E_IMAGE", `${name}: the file has ${size} bytes; pictures of at most 1 GiB are read`);
  }
  return { name, bytes: await explained(name, () => readFile(source)), format };
}

/**
 * Looks at the first bytes of a picture file, or of bytes.
 *
 * @throws AnomalyClipError `E_IMAGE` when there is no such file, it is not a regular file, cannot be read, is empty,
 * or does not begin like a format that can be decoded.
 */
export async function identifyImage(source: string | Uint8Array): Promise<ImageIdentity> {
  if (typeof source !== "string") {
    const name = "the given bytes";
    return { name, format: requireFormat(source, name), size: source.length };
  }
  const name = printable(source) || "(an empty file name)";
  return explained(name, async () => {
    // Opening a named pipe would wait for a writer, so the kind of file comes first.
    const { size } = await statRegularFile(source, name);
    const file = await open(source, "r");
    try {
      const head = new Uint8Array(SNIFFED_BYTES);
      const { bytesRead } = await file.read(head, 0, head.length, 0);
      return { name, format: requireFormat(head.subarray(0, bytesRead), name), size };
    } finally {
      await file.close();
    }
  });
}

/** The format that the first bytes announce; null when it is none that can be decoded. */
export function sniffFormat(bytes: Uint8Array): ImageFormat | null {
  const head = String.fromCharCode(...bytes.subarray(0, 12));
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "PNG";
  if (head.startsWith("\xff\xd8\xff")) return "JPEG";
  if (head.startsWith("RIFF") && head.slice(8) === "WEBP") return "WebP";
  if (/^(II[*+]\0|MM\0[*+])/.test(head)) return "TIFF";
  if (/^GIF8[79]a/.test(head)) return "GIF";
  if (head.startsWith("BM")) return "BMP";
  return null;
}

function requireFormat(bytes: Uint8Array, name: string): ImageFormat {
  if (bytes.length === 0) throw new AnomalyClipError("E_IMAGE", `${name}: empty (0 bytes), not a picture`);
  const format = sniffFormat(bytes);
  if (format) return format;
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, SNIFFED_BYTES));
  const found = /<svg\b/i.test(text) ? "an SVG drawing has no pixels; save it as PNG first" : "not a picture";
  throw new AnomalyClipError("E_IMAGE", `${name}: ${found} (PNG, JPEG, WebP, TIFF, GIF and BMP are read)`);
}

async function statRegularFile(path: string, name: string) {
  const info = await stat(path);
  if (info.isDirectory()) throw new AnomalyClipError("E_IMAGE", `${name}: a folder, not a picture file`);
  if (!info.isFile()) throw new AnomalyClipError("E_IMAGE", `${name}: not a regular file`);
  return info;
}

/** What `access` gives; what goes wrong in it, in words. */
async function explained<T>(name: string, access: () => Promise<T>): Promise<T> {
  try {
    return await access();
  } catch (error) {
    if (error instanceof AnomalyClipError) throw error;
    throw new AnomalyClipError("E_IMAGE", `${name}: ${explainFileError(error)}`, { cause: error });
  }
}

function explainFileError(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") return "no such file";
  if (code === "EACCES" || code === "EPERM") return "may not be read (permission denied)";
  return `cannot be read: ${printable(messageOf(error))}`;
}
