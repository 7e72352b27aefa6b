/** What detection in windows is compared with: a cheap model, and the plainest definition of the result. */

import type { RgbImage } from "../image/image.ts";
import { resizeMap, resizeRgb } from "../image/resample.ts";
import { Random } from "../random.ts";
import type { WindowResult } from "./detect-tiles.ts";

/** Side of what the model sees. */
export const S = 16;

export function makeNoise(width: number, height: number, seed = 1): RgbImage {
  const random = new Random(seed);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.int(0, 255)) };
}

/** Sees the red of a window, as it looks at the model's size; scores its mean. */
export async function lookAtRed(window: RgbImage): Promise<WindowResult> {
  const { data } = resizeRgb(window, S, S, "bicubic");
  const map = Float32Array.from({ length: S * S }, (_, i) => data[i * 3]! / 255);
  return { score: map.reduce((sum, v) => sum + v, 0) / map.length, map };
}

/** The plainest definition: all windows, summed pixel by pixel over the whole map, and divided by the sum of weights. */
export async function detectInOnePiece(image: RgbImage, tile: number, overlap: number) {
  const { width, height } = image;
  const place = (side: number) => {
    const starts: number[] = [];
    if (side <= tile) return { length: side, starts: [0] };
    for (let start = 0; start < side - tile; start += Math.round(tile * (1 - overlap))) starts.push(start);
    return { length: tile, starts: [...starts, side - tile] };
  };
  const weigh = ({ length, starts }: ReturnType<typeof place>, window: number, i: number) => {
    const start = starts[window]!;
    const toLeft = window === 0 ? 0 : starts[window - 1]! + length - start;
    const toRight = window === starts.length - 1 ? 0 : start + length - starts[window + 1]!;
    const slope = (distance: number, shared: number) => {
      const over = Math.min(shared, length / 2);
      return distance >= over ? 1 : (1 - Math.cos((Math.PI * distance) / over)) / 2;
    };
    return slope(i + 0.5, toLeft) * slope(length - i - 0.5, toRight);
  };
  const [across, down] = [place(width), place(height)];
  const sums = new Float64Array(width * height);
  const weights = new Float64Array(width * height);
  const scores: number[] = [];
  for (const [row, top] of down.starts.entries()) {
    for (const [column, left] of across.starts.entries()) {
      const window = crop(image, left, top, across.length, down.length);
      const { score, map } = await lookAtRed(window);
      scores.push(score);
      const enlarged = resizeMap(map, S, S, across.length, down.length);
      for (const [i, value] of enlarged.entries()) {
        const [x, y] = [i % across.length, Math.floor(i / across.length)];
        const weight = weigh(across, column, x) * weigh(down, row, y);
        sums[(top + y) * width + left + x]! += weight * value;
        weights[(top + y) * width + left + x]! += weight;
      }
    }
  }
  const whole = await lookAtRed(resizeRgb(image, S, S, "bicubic"));
  const context = resizeMap(whole.map, S, S, width, height);
  const alone = scores.length === 1;
  return {
    score: alone ? whole.score : (whole.score + Math.max(...scores)) / 2,
    map: context.map((value, i) => (alone ? value : 0.75 * (sums[i]! / weights[i]!) + 0.25 * value)),
    windows: alone ? 1 : scores.length + 1,
  };
}

function crop(image: RgbImage, left: number, top: number, width: number, height: number): RgbImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return image.data[((top + y) * image.width + left + x) * 3 + (i % 3)]!;
  });
  return { width, height, data };
}
