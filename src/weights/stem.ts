/** The convolutions that a vision tower may begin with. */

/** A convolution of a stem, 3x3 with padding 1 and bias, followed by the config's activation. */
export interface StemConvolution {
  channels: number;
  /** 2: x ← activation(conv(x)). 1: x ← x + activation(conv(x)), whose channels are those before it; never the first. */
  stride: 1 | 2;
}

/** Pixels between neighbouring places of a stem's maps: the product of its strides, 1 without a stem. */
export function stemStride(stem: readonly StemConvolution[] = []): number {
  return stem.reduce((product, { stride }) => product * stride, 1);
}
