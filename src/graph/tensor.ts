/** Symbolic tensors: what the model is written in. A tensor knows its shape and where it comes from, never its values. */

import type { Application } from "./op.ts";

/** Lengths of the axes; `[]` is a scalar. All lengths are known when the graph is built. */
export type Shape = readonly number[];

/** What a tensor's elements are inside the graph; the 8-bit ones only feed quantised products (`quantized.ts`). */
export type ElementType = "float32" | "int64" | "int8" | "uint8";

/** Element types in which an input may be fed; the graph casts the narrow ones to float32. */
export type FeedType = "float32" | "int64" | "float16" | "uint8";

/** Element types in which a weight may lie on disk; the graph casts half precision to float32. */
export type StorageType = "F32" | "F16" | "BF16" | "I8" | "U8";

/** Fed at every run. */
export interface Input {
  kind: "input";
  name: string;
  fed: FeedType;
}

/** Written into the graph. */
export interface Constant {
  kind: "constant";
  data: Float32Array | BigInt64Array | Int8Array | Uint8Array;
}

/** Raw little-endian bytes in a file, in C order, which the runtime reads where they lie. */
export interface Weight {
  kind: "weight";
  file: string;
  offset: number;
  dtype: StorageType;
}

/** A symbolic tensor: a leaf (input, constant, weight) or the result of an operation on other tensors. */
export interface Tensor {
  readonly shape: Shape;
  readonly type: ElementType;
  readonly source: Input | Constant | Weight | Application;
}

/** A tensor fed at every run under `name`; float32 inside the graph if it is fed in a narrower type. */
export function input(name: string, shape: Shape, fed: FeedType = "float32"): Tensor {
  return { shape, type: fed === "int64" ? "int64" : "float32", source: { kind: "input", name, fed } };
}

/**
 * A tensor whose values are part of the graph.
 *
 * @throws RangeError when the number of values does not fill the shape
 */
export function constant(data: Float32Array | readonly number[], shape: Shape = [data.length]): Tensor {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(`constant: ${data.length} values do not fill the shape [${shape}]`);
  }
  return {
    shape,
    type: "float32",
    source: { kind: "constant", data: data instanceof Float32Array ? data : Float32Array.from(data) },
  };
}

/** A constant of whole numbers: indices, and the shapes and axes that ONNX takes as inputs. */
export function integers(values: readonly number[], shape: Shape = [values.length]): Tensor {
  return { shape, type: "int64", source: { kind: "constant", data: BigInt64Array.from(values, BigInt) } };
}

/** A constant of 8-bit numbers. @throws RangeError when the number of values does not fill the shape */
export function constant8(data: Int8Array | Uint8Array, shape: Shape): Tensor {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(`constant8: ${data.length} values do not fill the shape [${shape}]`);
  }
  return { shape, type: data instanceof Int8Array ? "int8" : "uint8", source: { kind: "constant", data } };
}

/** A float32 scalar. */
export function scalar(value: number): Tensor {
  return constant([value], []);
}

/** A tensor of zeros. */
export function zeros(shape: Shape): Tensor {
  return constant(new Float32Array(sizeOf(shape)), shape);
}

/** A frozen parameter that stays in its file; float32 inside the graph unless it is stored in 8 bits. */
export function weight(file: string, offset: number, dtype: StorageType, shape: Shape): Tensor {
  const type = dtype === "I8" ? "int8" : dtype === "U8" ? "uint8" : "float32";
  return { shape, type, source: { kind: "weight", file, offset, dtype } };
}

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** An axis counted from the front, whether given from the front or (negative) from the back. */
export function axisOf(axis: number, rank: number): number {
  const result = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(result) || result < 0 || result >= rank) {
    throw new RangeError(`axis ${axis} is outside a tensor of rank ${rank}`);
  }
  return result;
}
