/** Changes to a rendered picture that leave the defect a defect: they make the few training categories go further. */

import type { RgbImage } from "../../src/image/image.ts";
import type { Random } from "../../src/random.ts";

/** A square picture and its mask of 0 and 1. */
export interface Masked {
  image: RgbImage;
  mask: Uint8Array;
}

/** A square part of `size` pixels; where there is a defect, one that shows most of it if there is one. */
export function crop({ image, mask }: Masked, size: number, random: Random): Masked {
  const { width } = image;
  const total = mask.reduce((sum, value) => sum + value, 0);
  let [left, top] = [0, 0];
  for (let attempt = 0; attempt < 20; attempt++) {
    [left, top] = [random.int(0, width - size), random.int(0, width - size)];
    let inside = 0;
    for (let y = top; y < top + size; y++) {
      for (let x = left; x < left + size; x++) {
        inside += mask[y * width + x]!;
      }
    }
    if (inside >= 0.6 * total) {
      break;
    }
  }
  const data = new Uint8Array(3 * size * size);
  const part = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) {
    const from = (top + y) * width + left;
    data.set(image.data.subarray(3 * from, 3 * (from + size)), 3 * y * size);
    part.set(mask.subarray(from, from + size), y * size);
  }
  return { image: { width: size, height: size, data }, mask: part };
}

/** A picture turned, mirrored, and with its colours changed; the mask goes along. */
export function augment({ image, mask }: Masked, random: Random): Masked {
  const { width: size } = image;
  const [mirrored, flipped, turned] = [random.chance(0.5), random.chance(0.5), random.chance(0.5)];
  const channels = random.pick([
    [0, 1, 2],
    [0, 1, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]);
  const gray = random.chance(0.3);
  const invert = random.chance(0.1);
  const gamma = Math.exp(random.range(-0.4, 0.4));
  const [gain, offset] = [random.range(0.7, 1.15), random.range(-20, 20)];
  const tones = Uint8Array.from({ length: 256 }, (_, level) => {
    const x = 255 * ((invert ? 255 - level : level) / 255) ** gamma;
    return Math.max(0, Math.min(255, Math.round((x - 128) * gain + 128 + offset)));
  });

  const data = new Uint8Array(image.data.length);
  const moved = new Uint8Array(mask.length);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [u, v] = [mirrored ? size - 1 - x : x, flipped ? size - 1 - y : y];
      const from = turned ? u * size + v : v * size + u;
      const to = y * size + x;
      moved[to] = mask[from]!;
      const [r, g, b] = [image.data[3 * from]!, image.data[3 * from + 1]!, image.data[3 * from + 2]!];
      const luma = (299 * r + 587 * g + 114 * b) / 1000;
      for (let c = 0; c < 3; c++) {
        data[3 * to + c] = tones[Math.round(gray ? luma : image.data[3 * from + channels[c]!]!)]!;
      }
    }
  }
  return { image: { width: size, height: size, data }, mask: moved };
}
