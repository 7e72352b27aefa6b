/** Writes safetensors files, whole or not at all. */
import { writeAtomically } from "./atomic-file.ts";
import { BYTES_PER_ELEMENT, type DType } from "./checkpoint.ts";
import { countElements } from "./read-tensor.ts";

/** A tensor to be written: `data` holds its elements in C order, in the type that `dtype` says. */
export interface TensorToWrite {
  name: string;
  dtype: DType;
  shape: readonly number[];
  /** Any typed array; half precision as `Uint16Array` (see `toHalf`). */
  data: ArrayBufferView;
}

/**
 * Writes tensors to `path`. Another program sees the old file or the complete new one, never a part.
 *
 * The data start at a multiple of 64 bytes and wider types come first, so that every tensor is aligned to its elements.
 * @param metadata free-form strings for the header.
 * @throws {RangeError} where a tensor's data do not fit its shape, or a name occurs twice.
 * @throws {AnomalyClipError} `E_WEIGHTS` where the file cannot be written.
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const ordered = [...tensors].sort((a, b) => BYTES_PER_ELEMENT[b.dtype] - BYTES_PER_ELEMENT[a.dtype]);
  const header = encodeHeader(ordered, metadata);
  await writeAtomically(path, async (file) => {
    await file.writeFile(header);
    for (const { data } of ordered) {
      await file.writeFile(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  });
}

/** @throws {RangeError} where a tensor's data do not fit its shape, or a name occurs twice. */
export function checkTensors(tensors: readonly TensorToWrite[]): void {
  const names = new Set<string>();
  for (const { name, dtype, shape, data } of tensors) {
    if (names.has(name)) throw new RangeError(`tensor name '${name}' is taken`);
    names.add(name);
    const bytes = countElements(shape) * BYTES_PER_ELEMENT[dtype];
    if (data.byteLength !== bytes) {
      throw new RangeError(`'${name}': ${data.byteLength} bytes given for ${dtype} [${shape}], which has ${bytes}`);
    }
  }
}

function encodeHeader(tensors: TensorToWrite[], metadata: Readonly<Record<string, string>>): Uint8Array {
  checkTensors(tensors);
  const entries = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) entries.set("__metadata__", metadata);
  let position = 0;
  for (const { name, dtype, shape, data } of tensors) {
    if (name === "__metadata__") throw new RangeError(`tensor name '${name}' is taken`);
    entries.set(name, { dtype, shape, data_offsets: [position, position + data.byteLength] });
    position += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const length = Math.ceil((8 + json.length) / 64) * 64 - 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}
