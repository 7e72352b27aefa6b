/** Conversion between IEEE 754 half precision (as 16-bit patterns) and float32. */

let table: Float32Array | undefined;

/** Half-precision bit patterns to the float32 values that they stand for; exact, NaN stays NaN. */
export function fromHalf(half: Uint16Array): Float32Array {
  table ??= buildHalfTable();
  const values = new Float32Array(half.length);
  for (let i = 0; i < half.length; i++) values[i] = table[half[i]!]!;
  return values;
}

/** Float32 values to half-precision bit patterns: rounds to nearest, ties to even; overflow gives infinity. */
export function toHalf(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const half = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) half[i] = roundToHalf(bits[i]!);
  return half;
}

/** The half-precision pattern nearest to the float32 whose bits are `bits`. */
function roundToHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 and above round to infinity: it lies halfway between the largest half, 65504, and 2^16.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    // Normal: rebias the exponent from 127 to 15 and drop 13 bits; a carry rolls over into the exponent as it should.
    const rebiased = magnitude - 0x38000000;
    return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
  }
  // At or below 2^-25, half of the least subnormal, the nearest even is zero.
  if (magnitude <= 0x33000000) return sign;
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const kept = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const halfway = 1 << (shift - 1);
  return sign | (kept + (rest > halfway || (rest === halfway && (kept & 1) === 1) ? 1 : 0));
}

function buildHalfTable(): Float32Array {
  const values = new Float32Array(65536);
  for (let pattern = 0; pattern < 65536; pattern++) {
    const exponent = (pattern >>> 10) & 31;
    const fraction = pattern & 1023;
    const sign = pattern & 0x8000 ? -1 : 1;
    if (exponent === 0) values[pattern] = sign * fraction * 2 ** -24;
    else if (exponent === 31) values[pattern] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    else values[pattern] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return values;
}
