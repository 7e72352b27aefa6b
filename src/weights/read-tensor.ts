/** Reads the bytes of a stored tensor and converts them to the types that the rest of the program computes with. */
import { AnomalyClipError } from "../errors.ts";
import { fromHalf } from "../half.ts";
import { BYTES_PER_ELEMENT, type DType, type StoredTensor } from "./checkpoint.ts";
import { quoteName } from "./quote-name.ts";
import { readInto, withFile } from "./random-access.ts";

/** The number of elements of a tensor of this shape; 1 for a scalar. */
export function countElements(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}

/**
 * The raw little-endian bytes of a tensor, in C order, at the start of a buffer of their own: any typed array may be
 * laid over it.
 * @throws {AnomalyClipError} `E_WEIGHTS` where the file is gone or has become shorter.
 */
export async function readTensorBytes(tensor: StoredTensor): Promise<Uint8Array<ArrayBuffer>> {
  const length = countElements(tensor.shape) * BYTES_PER_ELEMENT[tensor.dtype];
  return withFile(tensor.file, async (file, size) => {
    if (tensor.offset + length > size) {
      throw new AnomalyClipError(
        "E_WEIGHTS",
        `${tensor.file}: tensor ${quoteName(tensor.name)} ends at byte ${tensor.offset + length}, the file at ${size}`,
      );
    }
    const bytes = new Uint8Array(length);
    await readInto(file, tensor.file, tensor.offset, bytes);
    return bytes;
  });
}

/**
 * A floating-point tensor as float32, in C order. F16 and BF16 widen exactly; F64 is rounded to nearest.
 * @throws {AnomalyClipError} `E_WEIGHTS` where the tensor holds integers or cannot be read.
 */
export async function readTensor(tensor: StoredTensor): Promise<Float32Array> {
  if (!isFloat(tensor.dtype)) throw wrongType(tensor, "floating-point numbers");
  const { buffer } = await readTensorBytes(tensor);
  switch (tensor.dtype) {
    case "F16":
      return fromHalf(new Uint16Array(buffer));
    case "BF16":
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
    case "F64":
      return Float32Array.from(new Float64Array(buffer));
    default:
      return new Float32Array(buffer);
  }
}

/**
 * An I32 or I64 tensor as 32-bit integers, in C order.
 * @throws {AnomalyClipError} `E_WEIGHTS` where the tensor has another type, a value does not fit, or it cannot be read.
 */
export async function readIntegers(tensor: StoredTensor): Promise<Int32Array> {
  if (tensor.dtype !== "I32" && tensor.dtype !== "I64") throw wrongType(tensor, "I32 or I64 integers");
  const { buffer } = await readTensorBytes(tensor);
  if (tensor.dtype === "I32") return new Int32Array(buffer);
  return Int32Array.from(new BigInt64Array(buffer), (value) => {
    if (value !== BigInt.asIntN(32, value)) {
      throw new AnomalyClipError("E_WEIGHTS", `${tensor.file}: tensor ${quoteName(tensor.name)} holds ${value}`);
    }
    return Number(value);
  });
}

/** Whether elements of this type are floating-point numbers. */
export function isFloat(dtype: DType): boolean {
  return dtype === "F32" || dtype === "F16" || dtype === "BF16" || dtype === "F64";
}

function wrongType(tensor: StoredTensor, expected: string): AnomalyClipError {
  return new AnomalyClipError(
    "E_WEIGHTS",
    `${tensor.file}: tensor ${quoteName(tensor.name)} is ${tensor.dtype}; expected ${expected}`,
  );
}
