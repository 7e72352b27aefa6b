/** Weights of a linear layer, [out, in] in float32, to 8 bits. */

import { BLOCK_SIZE } from "../graph/quantized.ts";

/** What `quantizedLinear` takes. */
export interface ChannelQuantized {
  /** [in, out] */
  data: Int8Array;
  /** [out] */
  scale: Float32Array;
}

/** What `blockQuantizedLinear` takes. */
export interface BlockQuantized {
  /** [out, in / BLOCK_SIZE, BLOCK_SIZE], 128 for zero */
  data: Uint8Array;
  /** [out · in / BLOCK_SIZE] */
  scale: Float32Array;
}

/** The largest level: symmetric about zero, so -128 is not used. */
const LEVELS = 127;

/**
 * One scale for each output channel: w ≈ scale[out] · data[in, out].
 *
 * @param factors [in]: column `in` of the weight is multiplied by its factor first; default: by 1
 */
export function quantizeChannels(
  weight: Float32Array,
  [out, inner]: readonly [number, number],
  factors?: Float32Array,
): ChannelQuantized {
  const data = new Int8Array(weight.length);
  const scale = new Float32Array(out);
  for (let row = 0; row < out; row++) {
    const from = row * inner;
    let largest = 0;
    for (let i = 0; i < inner; i++) {
      largest = Math.max(largest, Math.abs(weight[from + i]! * (factors === undefined ? 1 : factors[i]!)));
    }
    scale[row] = largest / LEVELS || 1;
    const inverse = 1 / scale[row]!;
    for (let i = 0; i < inner; i++) {
      data[i * out + row] = Math.round(weight[from + i]! * (factors === undefined ? 1 : factors[i]!) * inverse);
    }
  }
  return { data, scale };
}

/** One scale for every `BLOCK_SIZE` weights of an output channel; `inner` is a multiple of it. */
export function quantizeBlocks(weight: Float32Array): BlockQuantized {
  const blocks = weight.length / BLOCK_SIZE;
  const data = new Uint8Array(weight.length);
  const scale = new Float32Array(blocks);
  for (let block = 0; block < blocks; block++) {
    const from = block * BLOCK_SIZE;
    let largest = 0;
    for (let i = from; i < from + BLOCK_SIZE; i++) largest = Math.max(largest, Math.abs(weight[i]!));
    scale[block] = largest / LEVELS || 1;
    const inverse = 1 / scale[block]!;
    for (let i = from; i < from + BLOCK_SIZE; i++) data[i] = 128 + Math.round(weight[i]! * inverse);
  }
  return { data, scale };
}

/**
 * How much of the range of each input channel is moved from the activations into the weights, so that neither has
 * outliers: s = √(max|x| / max|w|) (SmoothQuant, Xiao et al., ICML 2023, with alpha 0.5), scaled to a geometric mean of 1.
 * Activations are divided by it, weights multiplied.
 *
 * @param activations [in]: the largest magnitude of each channel
 * @param weights [in]: the largest magnitude in each column, over all layers that read these activations
 */
export function smoothingFactors(activations: Float32Array, weights: Float32Array): Float32Array {
  const logarithms = Float64Array.from(
    activations,
    (x, i) => 0.5 * (Math.log(Math.max(x, SMALLEST)) - Math.log(Math.max(weights[i]!, SMALLEST))),
  );
  const mean = logarithms.reduce((sum, value) => sum + value, 0) / logarithms.length;
  return Float32Array.from(logarithms, (value) => Math.exp(value - mean));
}

/** The largest magnitude in each column of a matrix [rows, columns]; of several, over all of them. */
export function columnMaxima(matrices: readonly Float32Array[], columns: number): Float32Array {
  const maxima = new Float32Array(columns);
  for (const matrix of matrices) {
    for (let i = 0; i < matrix.length; ) {
      for (let column = 0; column < columns; column++, i++) {
        const magnitude = Math.abs(matrix[i]!);
        if (magnitude > maxima[column]!) maxima[column] = magnitude;
      }
    }
  }
  return maxima;
}

// --- internal ---

/** A channel that is always zero must not make factors infinite. */
const SMALLEST = 1e-5;
