/** Convolution by its definition, one product after another; tensors as [values, shape]. */
export function bruteForceConvolution(
  [x, [batch, channels, rows, columns]]: [Float32Array, readonly number[]],
  [weight, [out, , k]]: [Float32Array, readonly number[]],
  bias: Float32Array,
  { stride, padding }: { stride: number; padding: number },
): Float32Array {
  const y: number[] = [];
  for (let n = 0; n < batch!; n++) {
    for (let o = 0; o < out!; o++) {
      for (let r = -padding; r + k! <= rows! + padding; r += stride) {
        for (let c = -padding; c + k! <= columns! + padding; c += stride) {
          let total = bias[o]!;
          for (let i = 0; i < channels!; i++) {
            for (let a = 0; a < k!; a++) {
              for (let b = 0; b < k!; b++) {
                const inside = r + a >= 0 && r + a < rows! && c + b >= 0 && c + b < columns!;
                const at = ((n * channels! + i) * rows! + r + a) * columns! + c + b;
                if (inside) total += weight[((o * channels! + i) * k! + a) * k! + b]! * x[at]!;
              }
            }
          }
          y.push(total);
        }
      }
    }
  }
  return Float32Array.from(y);
}
