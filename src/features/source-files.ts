/** Files of pictures and masks, told apart by their bytes: what was hashed is what is decoded. */

import { createHash } from "node:crypto";
import { AnomalyClipError } from "../errors.ts";
import { readImageBytes } from "../image/source.ts";
import { printable } from "../printable.ts";

/**
 * SHA-256 of a picture's or mask's bytes, hexadecimal.
 *
 * @throws AnomalyClipError E_IMAGE when it cannot be read or begins like no picture
 */
export async function hashImageFile(path: string): Promise<string> {
  return sha256((await readImageBytes(path)).bytes);
}

/**
 * Reads a file again and decodes it.
 *
 * @param decode `decodeImage` or `decodeMask`
 * @throws AnomalyClipError E_DATASET when its bytes have another hash by now, E_IMAGE as `decode`
 */
export async function decodeUnchanged<T>(
  path: string,
  hash: string,
  decode: (bytes: Uint8Array) => Promise<T>,
): Promise<T> {
  const { bytes } = await readImageBytes(path);
  if (sha256(bytes) !== hash) {
    throw new AnomalyClipError("E_DATASET", `${printable(path)}: changed since the run began; start again`);
  }
  try {
    return await decode(bytes);
  } catch (error) {
    if (!(error instanceof AnomalyClipError)) throw error;
    // A decoder that is given bytes cannot name the file.
    const message = error.message.replace(/^the given bytes/, () => printable(path));
    throw new AnomalyClipError(error.code, message, { cause: error });
  }
}

// --- internal ---

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
