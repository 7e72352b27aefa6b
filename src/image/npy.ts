/** NumPy's `.npy` files: how maps leave for Python, and come back. (numpy.lib.format, versions 1 to 3.) */

import { AnomalyClipError } from "../errors.ts";

export interface NpyArray {
  data: Float32Array | Float64Array | Uint8Array;
  /** In C order: the last axis is contiguous. Empty for a single number. */
  shape: number[];
}

const MAGIC = "\x93NUMPY";
/** As numpy itself limits it, against headers that are made to be slow to parse. */
const MAX_HEADER_BYTES = 10_000;
const ALIGNMENT = 64;

/**
 * The bytes of a version 1.0 file of little-endian float32 in C order.
 *
 * @throws RangeError when the shape does not hold exactly the data.
 */
export function encodeNpy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== data.length || !shape.every((length) => Number.isInteger(length) && length >= 0)) {
    throw new RangeError(`shape [${shape}] does not hold ${data.length} values`);
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const prefix = MAGIC.length + 4;
  const headerBytes = Math.ceil((prefix + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT - prefix;
  const bytes = new Uint8Array(prefix + headerBytes + data.byteLength);
  const head = `${MAGIC}\x01\x00${String.fromCharCode(headerBytes & 255, headerBytes >> 8)}`;
  const text = `${head}${dictionary.padEnd(headerBytes - 1)}\n`;
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), text.length);
  return bytes;
}

/**
 * Reads float32, float64 or uint8 in little-endian C order.
 *
 * @param name what messages call it.
 * @throws AnomalyClipError `E_IMAGE` for any other kind of array, and for a file that is damaged or incomplete.
 */
export function decodeNpy(bytes: Uint8Array, name = "the given bytes"): NpyArray {
  const fail = (what: string) => new AnomalyClipError("E_IMAGE", `${name}: ${what}`);
  const ascii = (from: number, to: number) => new TextDecoder("latin1").decode(bytes.subarray(from, to));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = bytes[6];
  if (bytes.length < 12 || [...MAGIC].some((letter, i) => bytes[i] !== letter.charCodeAt(0))) {
    throw fail("not a .npy file");
  }
  if (major !== 1 && major !== 2 && major !== 3) throw fail(`.npy version ${major} is not read (1 to 3 are)`);
  const headerAt = major === 1 ? 10 : 12;
  const headerBytes = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (headerBytes > MAX_HEADER_BYTES) throw fail(`the .npy header has ${headerBytes} bytes, over ${MAX_HEADER_BYTES}`);
  const dataAt = headerAt + headerBytes;
  if (dataAt > bytes.length) throw fail("the .npy header is cut off");

  const { descr, fortran, shape } = parseHeader(ascii(headerAt, dataAt)) ?? {};
  if (!descr || !shape) throw fail("the .npy header is damaged, or holds fields beside descr, fortran_order and shape");
  if (fortran) throw fail("the array is in Fortran order; save numpy.ascontiguousarray(array) instead");
  const itemBytes = descr === "<f4" ? 4 : descr === "<f8" ? 8 : descr === "|u1" ? 1 : 0;
  if (itemBytes === 0) throw fail(`an array of ${descr}; only <f4, <f8 and |u1 are read`);
  const needed = shape.reduce((product, length) => product * length, itemBytes);
  if (needed !== bytes.length - dataAt) {
    throw fail(`shape [${shape}] of ${descr} needs ${needed} bytes, the file has ${bytes.length - dataAt}`);
  }
  // A copy, because the array may start at any byte of the caller's buffer.
  const data = Uint8Array.from(bytes.subarray(dataAt)).buffer;
  const typed = itemBytes === 4 ? new Float32Array(data) : itemBytes === 8 ? new Float64Array(data) : null;
  return { data: typed ?? new Uint8Array(data), shape };
}

/** The fields of a header; null unless it is exactly the dictionary that numpy writes, in any order. */
function parseHeader(text: string): { descr: string; fortran: boolean; shape: number[] } | null {
  const descr = /'descr': '([^']{1,16})'/.exec(text);
  const fortran = /'fortran_order': (True|False)/.exec(text);
  const shape = /'shape': \(([\d, ]{0,512})\)/.exec(text);
  if (!descr || !fortran || !shape) return null;
  const rest = [descr, fortran, shape].reduce((left, match) => left.replace(match[0], ""), text);
  if (!/^\{[, ]{0,16}\}\s*$/.test(rest)) return null;
  const lengths = shape[1]!.split(",").map((length) => length.trim());
  if (lengths.at(-1) === "") lengths.pop();
  if (lengths.length > 32 || !lengths.every((length) => /^\d{1,15}$/.test(length))) return null;
  return { descr: descr[1]!, fortran: fortran[1] === "True", shape: lengths.map(Number) };
}
