/** What a category is made of: a function from a point to colour, height and coverage, and the pieces that such functions share. */
import type { Random } from "../../random.ts";

/** Red, green, blue in 0..1, as displayed. */
export type Color = readonly [number, number, number];

/** What a surface says about one point; surfaces write every field. */
export interface Texel {
  r: number;
  g: number;
  b: number;
  /** In the unit of the surface's own coordinates; its slope makes light and shade. */
  height: number;
  /** 0 where only the background shows, 1 where only the surface does. */
  coverage: number;
}

/** How the surface is being looked at. */
export interface View {
  /** Side of one pixel in the surface's coordinates: edges are softened over it and no line is thinner. */
  pixel: number;
  /** Number of the part that is left out, or -1. */
  omitted: number;
}

/** Writes the texel at (x, y). The picture spans about -0.5..0.5 both ways, y downwards. */
export type Surface = (x: number, y: number, out: Texel, view: View) => void;

/** One specimen of a category, drawn with one random stream. */
export interface Material {
  surface: Surface;
  /** Strength of mirror-like highlights, 0..1. */
  gloss: number;
  /** Number of parts that can go missing (teeth, pins, dots); 0 when the category has none. */
  parts: number;
}

/** The public face of a category. */
export interface CategoryInfo {
  /** Folder name, such as `hex-nut`. */
  name: string;
  /** Countable words for captions: "a [noun]". */
  noun: string;
  kind: "texture" | "object";
  split: "train" | "held-out";
  /** True for a texture with openings that show what lies behind it. */
  openwork?: boolean;
  /** What it is made of, where a defect asks for it (rust wants metal, a pulled thread wants fabric). */
  material: "metal" | "fabric" | "wood" | "stone" | "plastic" | "paper" | "food" | "glass" | "plant" | "tissue";
  /** True for pictures of the inside, without light, colour or ground: slices and radiographs. */
  scan?: boolean;
}

/** A category with the means to draw it. */
export interface Category extends CategoryInfo {
  /** Rotations are drawn from -turn..turn, in radians. */
  turn: number;
  build: (random: Random) => Material;
}

/** Cubic step: 0 below `low`, 1 above `high`. */
export function smoothStep(low: number, high: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

/** How much of a pixel lies inside an outline, from the signed distance to it (negative inside). */
export function insideOf(distance: number, pixel: number): number {
  return Math.min(1, Math.max(0, 0.5 - distance / pixel));
}

/** How much of a pixel a line covers, from the distance to its middle; drawn at least 1.2 pixels wide. */
export function onLine(distance: number, halfWidth: number, pixel: number): number {
  return insideOf(Math.abs(distance) - Math.max(halfWidth, 0.6 * pixel), pixel);
}

/** Sets the colour, scaled by `gain`. */
export function setColor(out: Texel, color: Color, gain: number): void {
  out.r = color[0] * gain;
  out.g = color[1] * gain;
  out.b = color[2] * gain;
}

/** Sets a grey, kept within 0..1, and no relief: the texel of a scan. */
export function setGrey(out: Texel, level: number, coverage: number): void {
  setColor(out, [1, 1, 1], Math.min(1, Math.max(0, level)));
  out.height = 0;
  out.coverage = coverage;
}

/** Mixes the colour towards `color` scaled by `gain`. */
export function blendColor(out: Texel, color: Color, gain: number, amount: number): void {
  out.r += (color[0] * gain - out.r) * amount;
  out.g += (color[1] * gain - out.g) * amount;
  out.b += (color[2] * gain - out.b) * amount;
}

/** Octaves of a fractal noise that a pixel can still show, when the first has `frequency` cycles per unit. */
export function visibleOctaves(frequency: number, pixel: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(Math.log2(0.7 / (frequency * pixel))) + 1));
}

/** `x` modulo `period`, in 0..period for negative numbers too. */
export function wrap(x: number, period: number): number {
  return x - Math.floor(x / period) * period;
}

/** Visits the pixels of a square picture, rows from the top, with their middles in picture widths. */
export function forEachPixel(size: number, visit: (pixel: number, x: number, y: number) => void): void {
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i++) visit(i, (column + 0.5) / size, (row + 0.5) / size);
  }
}
