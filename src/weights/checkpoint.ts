/** What every checkpoint reader returns: names, shapes and where the bytes lie. Nothing is read until asked for. */

/** Element types that a checkpoint may hold, in the words of safetensors. */
export type DType = "F64" | "F32" | "F16" | "BF16" | "I64" | "I32" | "I16" | "I8" | "U8" | "BOOL";

/** Bytes an element. */
export const BYTES_PER_ELEMENT: Record<DType, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** A tensor that lies in a file as raw little-endian bytes, in C order. */
export interface StoredTensor {
  name: string;
  dtype: DType;
  shape: readonly number[];
  /** The file that holds the bytes. */
  file: string;
  /** Byte offset in that file. */
  offset: number;
}

/** An opened checkpoint. */
export interface Checkpoint {
  /** The path it was opened from, for messages. */
  path: string;
  tensors: ReadonlyMap<string, StoredTensor>;
  /** Free-form strings of the file's header (safetensors `__metadata__`); empty where the format has none. */
  metadata: Readonly<Record<string, string>>;
}
