/** Families of colours: what metal, wood or paint may look like. */
import type { Random } from "../../random.ts";
import type { Color } from "./surface.ts";

const metals: readonly Color[] = [
  [0.72, 0.73, 0.75],
  [0.6, 0.62, 0.66],
  [0.5, 0.5, 0.52],
  [0.8, 0.79, 0.76],
  [0.76, 0.65, 0.4],
  [0.74, 0.52, 0.4],
  [0.42, 0.44, 0.47],
];
const woods: readonly Color[] = [
  [0.72, 0.54, 0.36],
  [0.58, 0.4, 0.24],
  [0.8, 0.67, 0.48],
  [0.45, 0.29, 0.18],
  [0.66, 0.44, 0.3],
];
const stones: readonly Color[] = [
  [0.62, 0.61, 0.59],
  [0.5, 0.51, 0.52],
  [0.74, 0.72, 0.68],
  [0.42, 0.4, 0.39],
  [0.66, 0.6, 0.52],
];

/** A metal: steel, aluminium, brass, copper, gunmetal. */
export function pickMetal(random: Random): Color {
  return vary(random.pick(metals), 0.05, random);
}

/** A wood or cardboard brown. */
export function pickWood(random: Random): Color {
  return vary(random.pick(woods), 0.05, random);
}

/** A stone or cement grey. */
export function pickStone(random: Random): Color {
  return vary(random.pick(stones), 0.05, random);
}

/** Any paint or dye: hue free, saturation and value in the given ranges. */
export function pickPaint(
  random: Random,
  saturation: readonly [number, number] = [0.25, 0.8],
  value: readonly [number, number] = [0.3, 0.85],
): Color {
  return fromHsv(random.next(), random.range(saturation[0], saturation[1]), random.range(value[0], value[1]));
}

/** A near-neutral grey of the given brightness range. */
export function pickGrey(random: Random, low: number, high: number): Color {
  return vary([1, 1, 1], 0, random, random.range(low, high));
}

/** Anything: mostly a grey of any brightness, else any paint from pale to strong. */
export function pickAny(random: Random): Color {
  return random.chance(0.6) ? pickGrey(random, 0.12, 0.95) : pickPaint(random, [0.05, 0.85], [0.25, 0.95]);
}

/** The colour with each channel moved by up to `spread`, then scaled. */
export function vary(color: Color, spread: number, random: Random, gain = 1): Color {
  const move = () => random.range(-spread, spread);
  return [clamp((color[0] + move()) * gain), clamp((color[1] + move()) * gain), clamp((color[2] + move()) * gain)];
}

/** Perceived brightness (Rec. 601 weights), 0..1. */
export function brightnessOf(color: Color): number {
  return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2];
}

/** From hue (0..1, wraps), saturation and value (0..1). */
export function fromHsv(hue: number, saturation: number, value: number): Color {
  const channel = (offset: number) => {
    const k = (offset + hue * 6) % 6;
    return value * (1 - saturation * Math.max(0, Math.min(k, 4 - k, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}

function clamp(x: number): number {
  return Math.min(1, Math.max(0, x));
}
