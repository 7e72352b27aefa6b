/** Bilinear resampling and Gaussian smoothing as constant matrices: R·X·Cᵀ, two small products with a derivative for free. */

import { matmul, swapLast } from "./linear.ts";
import { constant, type Tensor } from "./tensor.ts";

/**
 * [to, from]: bilinear resampling of a line of `from` samples to `to`, half-pixel centres, borders repeated, no
 * antialiasing (`align_corners=False` in PyTorch's `interpolate`).
 */
export function bilinearMatrix(from: number, to: number): Tensor {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const center = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const left = Math.min(Math.floor(center), from - 1);
    const right = Math.min(left + 1, from - 1);
    const fraction = center - left;
    matrix[i * from + left]! += 1 - fraction;
    matrix[i * from + right]! += fraction;
  }
  return constant(matrix, [to, from]);
}

/**
 * [size, size]: Gaussian smoothing of a line, cut off at 4 `sigma` (samples), the line mirrored about its ends with the
 * end samples repeated: `gaussian_filter1d` of SciPy with its defaults.
 */
export function gaussianMatrix(size: number, sigma: number): Tensor {
  const radius = Math.floor(4 * sigma + 0.5);
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2));
  const total = kernel.reduce((sum, value) => sum + value, 0);
  const matrix = new Float32Array(size * size);
  for (let i = 0; i < size; i++) {
    kernel.forEach((value, k) => {
      const position = (((i + k - radius) % (2 * size)) + 2 * size) % (2 * size);
      matrix[i * size + (position < size ? position : 2 * size - 1 - position)]! += value / total;
    });
  }
  return constant(matrix, [size, size]);
}

/** `along`·x·`along`ᵀ on the last two axes: x [..., from, from], `along` [to, from] -> [..., to, to]. */
export function resampleSquare(x: Tensor, along: Tensor): Tensor {
  return matmul(matmul(along, x), swapLast(along));
}
