/**
 * A length that is known only when the graph is run: the batch of an exported model. Shapes are numbers everywhere else, so
 * a number stands for it too, and lengths made from it by multiplication are told by being multiples of it.
 */

import type { Shape } from "./tensor.ts";

/**
 * Stands for the one length that is not known. A prime larger than any other length that is multiplied, so that none is
 * divisible by it; of the form 4n + 3, so that no 1 + G², the tokens of a picture, is either.
 */
export const UNKNOWN_LENGTH = 1_000_003;

/** Whether a length is {@link UNKNOWN_LENGTH} or a product with it. */
export function isUnknown(length: number): boolean {
  return length > 0 && length % UNKNOWN_LENGTH === 0;
}

/** A shape as ONNX's Reshape takes it: -1 for what it has to find out. @throws RangeError when that is more than one axis */
export function reshapeTarget(shape: Shape): Shape {
  if (shape.filter(isUnknown).length > 1) throw new RangeError(`[${shape}] has more than one unknown length`);
  return shape.map((length) => (isUnknown(length) ? -1 : length));
}

/** A length once the unknown one is known to be `count`. */
export function knownLength(length: number, count: number): number {
  return isUnknown(length) ? (length / UNKNOWN_LENGTH) * count : length;
}
