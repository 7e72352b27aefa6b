/**
 * Resizing as Pillow does it, to the last bit: CLIP and the published results were computed on its pictures.
 *
 * Equal to Pillow 3.3 to 12. Pillow 13 resizes pictures that lose far more height than width vertically first, which
 * rounds some pixels to the next level.
 */

import type { GrayImage, RgbImage } from "./image.ts";

/** `bicubic` is Keys' kernel with a = -0.5. Both widen with the reduction, so that shrinking does not alias. */
export type ResampleFilter = "bicubic" | "bilinear";

/** For each output position: `counts` weights, stored `taps` apart, for the inputs from `starts` on. */
export interface Weights {
  starts: Int32Array;
  counts: Int32Array;
  values: Float64Array;
  taps: number;
}

/** Pillow's fixed point: 32 bits less 8 of the pixel and 2 for overshoot (`src/libImaging/Resample.c`). */
export const PRECISION_BITS = 32 - 8 - 2;
/** What makes cutting the fraction off a rounding. */
const HALF = 1 << (PRECISION_BITS - 1);

const KERNELS: Record<ResampleFilter, { support: number; weight: (distance: number) => number }> = {
  bilinear: { support: 1, weight: (x) => (Math.abs(x) < 1 ? 1 - Math.abs(x) : 0) },
  bicubic: {
    support: 2,
    weight: (distance) => {
      const a = -0.5;
      const x = Math.abs(distance);
      if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
      if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
      return 0;
    },
  },
};

/**
 * Resizes to exactly `width` x `height`, equal to Pillow's `Image.resize` on mode RGB.
 *
 * @throws RangeError when a size is not a positive integer.
 */
export function resizeRgb(image: RgbImage, width: number, height: number, filter: ResampleFilter): RgbImage {
  return { width, height, data: resizeBytes(image, width, height, 3, filter) };
}

/**
 * Resizes to exactly `width` x `height`, equal to Pillow's `Image.resize` on mode L.
 *
 * @throws RangeError when a size is not a positive integer.
 */
export function resizeGray(image: GrayImage, width: number, height: number, filter: ResampleFilter): GrayImage {
  return { width, height, data: resizeBytes(image, width, height, 1, filter) };
}

/**
 * Resizes a float map bilinearly with half-pixel centres and clamped borders (PyTorch's `interpolate` with
 * `align_corners=False`); where it shrinks, the weights widen as above (`antialias=True`).
 *
 * @param map `[fromHeight, fromWidth]`.
 * @returns `[toHeight, toWidth]`, a new array even when the size is unchanged.
 * @throws RangeError when a size is not a positive integer or the map has another length.
 */
export function resizeMap(
  map: Float32Array,
  fromWidth: number,
  fromHeight: number,
  toWidth: number,
  toHeight: number,
): Float32Array {
  requireSizes(map.length, 1, fromWidth, fromHeight, toWidth, toHeight);
  const across = computeWeights(fromWidth, toWidth, "bilinear");
  const wide = new Float32Array(toWidth * fromHeight);
  for (let y = 0; y < fromHeight; y++) {
    for (let x = 0; x < toWidth; x++) {
      let sum = 0;
      const from = y * fromWidth + across.starts[x]!;
      for (let t = 0; t < across.counts[x]!; t++) sum += map[from + t]! * across.values[x * across.taps + t]!;
      wide[y * toWidth + x] = sum;
    }
  }
  const down = computeWeights(fromHeight, toHeight, "bilinear");
  const resized = new Float32Array(toWidth * toHeight);
  // Row by row, so that memory is read in the order in which it lies.
  const sums = new Float64Array(toWidth);
  for (let y = 0; y < toHeight; y++) {
    sums.fill(0);
    for (let t = 0; t < down.counts[y]!; t++) {
      const weight = down.values[y * down.taps + t]!;
      const from = (down.starts[y]! + t) * toWidth;
      for (let x = 0; x < toWidth; x++) sums[x] = sums[x]! + wide[from + x]! * weight;
    }
    resized.set(sums, y * toWidth);
  }
  return resized;
}

function resizeBytes(
  image: RgbImage | GrayImage,
  width: number,
  height: number,
  channels: number,
  filter: ResampleFilter,
): Uint8Array {
  requireSizes(image.data.length, channels, image.width, image.height, width, height);
  let data = image.data;
  // Pillow skips a pass that keeps the size, and rounds to 8 bits between the two.
  if (width !== image.width) data = resizeAcross(data, image.width, image.height, width, channels, filter);
  if (height !== image.height) data = resizeDown(data, image.height, height, width * channels, filter);
  return data === image.data ? Uint8Array.from(data) : data;
}

function resizeAcross(
  data: Uint8Array,
  width: number,
  height: number,
  toWidth: number,
  channels: number,
  filter: ResampleFilter,
): Uint8Array {
  const { starts, counts, values, taps } = computeWeights(width, toWidth, filter);
  const fixed = toFixedPoint(values);
  const resized = new Uint8ClampedArray(toWidth * height * channels);
  for (let y = 0, out = 0; y < height; y++) {
    for (let x = 0; x < toWidth; x++) {
      const from = (y * width + starts[x]!) * channels;
      const weightsFrom = x * taps;
      const weightsTo = weightsFrom + counts[x]!;
      if (channels === 3) {
        // The common case, with its channels side by side: twice as fast.
        let red = HALF;
        let green = HALF;
        let blue = HALF;
        for (let w = weightsFrom, p = from; w < weightsTo; w++, p += 3) {
          const weight = fixed[w]!;
          red = (red + Math.imul(data[p]!, weight)) | 0;
          green = (green + Math.imul(data[p + 1]!, weight)) | 0;
          blue = (blue + Math.imul(data[p + 2]!, weight)) | 0;
        }
        resized[out++] = red >> PRECISION_BITS;
        resized[out++] = green >> PRECISION_BITS;
        resized[out++] = blue >> PRECISION_BITS;
        continue;
      }
      for (let c = 0; c < channels; c++) {
        let sum = HALF;
        for (let w = weightsFrom, p = from + c; w < weightsTo; w++, p += channels) {
          sum = (sum + Math.imul(data[p]!, fixed[w]!)) | 0;
        }
        resized[out++] = sum >> PRECISION_BITS;
      }
    }
  }
  return new Uint8Array(resized.buffer);
}

/** Row by row, so that memory is read in the order in which it lies. */
function resizeDown(
  data: Uint8Array,
  height: number,
  toHeight: number,
  rowBytes: number,
  filter: ResampleFilter,
): Uint8Array {
  const { starts, counts, values, taps } = computeWeights(height, toHeight, filter);
  const fixed = toFixedPoint(values);
  const resized = new Uint8ClampedArray(rowBytes * toHeight);
  const sums = new Int32Array(rowBytes);
  for (let y = 0; y < toHeight; y++) {
    sums.fill(HALF);
    for (let t = 0; t < counts[y]!; t++) {
      const weight = fixed[y * taps + t]!;
      const from = (starts[y]! + t) * rowBytes;
      for (let i = 0; i < rowBytes; i++) sums[i] = sums[i]! + Math.imul(data[from + i]!, weight);
    }
    for (let i = 0; i < rowBytes; i++) resized[y * rowBytes + i] = sums[i]! >> PRECISION_BITS;
  }
  return new Uint8Array(resized.buffer);
}

/** The inputs that each output position is made of, and their weights; their sum is 1. */
export function computeWeights(from: number, to: number, filter: ResampleFilter): Weights {
  const kernel = KERNELS[filter];
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = kernel.support * stretch;
  const taps = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(to);
  const counts = new Int32Array(to);
  const values = new Float64Array(to * taps);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(from, Math.trunc(centre + support + 0.5)) - start;
    let total = 0;
    for (let t = 0; t < count; t++) {
      const weight = kernel.weight((t + start - centre + 0.5) * (1 / stretch));
      values[i * taps + t] = weight;
      total += weight;
    }
    for (let t = 0; t < count; t++) values[i * taps + t]! /= total;
    starts[i] = start;
    counts[i] = count;
  }
  return { starts, counts, values, taps };
}

/** Weights in Pillow's fixed point of `PRECISION_BITS`. */
export function toFixedPoint(weights: Float64Array): Int32Array {
  return Int32Array.from(weights, (weight) => Math.trunc(weight * 2 ** PRECISION_BITS + (weight < 0 ? -0.5 : 0.5)));
}

function requireSizes(length: number, channels: number, ...sizes: [number, number, number, number]): void {
  if (!sizes.every((size) => Number.isInteger(size) && size > 0)) {
    throw new RangeError(`sizes must be positive integers, got ${sizes.join(", ")}`);
  }
  const expected = sizes[0] * sizes[1] * channels;
  if (length !== expected) throw new RangeError(`expected ${expected} values, got ${length}`);
}
