/** Anomaly maps made visible: alone, or as heat over the picture with a frame around each region. */

import { buildColormap, type ColormapName } from "./colormap.ts";
import type { RgbImage } from "./image.ts";
import type { Region } from "./regions.ts";

/** The scale is given, not taken from the map: pictures can be compared only when they share one. */
export interface MapScale {
  /** Map value drawn as the lowest colour. */
  min: number;
  /** Map value drawn as the highest colour; above `min`. */
  max: number;
  /** Default `turbo`. */
  colormap?: ColormapName;
}

export interface OverlayOptions extends MapScale {
  /** Share of the heat where the map is at `max`, 0..1; it falls to 0 at `min`. Default 0.7. */
  opacity?: number;
  /** Areas to frame, in pixels of the picture. Default none. */
  regions?: readonly Region[];
}

/**
 * Lays a map over its picture. The heat is the more transparent the lower the map is, so that what looks normal
 * stays as it was.
 *
 * @param map `[height, width]` of the picture; NaN is transparent.
 * @returns a new picture.
 * @throws RangeError when the map has another size than the picture, `max` is not above `min`, or `opacity` is outside
 * 0..1.
 *
 * @example
 * overlay(image, map, { min: 0, max: 1, regions: findRegions(map, image.width, image.height, 0.5) });
 */
export function overlay(image: RgbImage, map: Float32Array, options: OverlayOptions): RgbImage {
  const { width, height } = image;
  if (map.length !== width * height) throw new RangeError(`expected ${width * height} values, got ${map.length}`);
  const drawing = new OverlayDrawing(image, options);
  for (let y = 0; y < height; y++) drawing.addRow(y, map.subarray(y * width, (y + 1) * width));
  return drawing.finish(options.regions);
}

/** An overlay whose map comes row by row. */
export class OverlayDrawing {
  readonly #drawn: RgbImage;
  readonly #mixed: Uint8Array;

  /** @throws RangeError as {@link overlay} */
  constructor(
    image: RgbImage,
    private readonly scale: Omit<OverlayOptions, "regions">,
  ) {
    const { opacity = 0.7, colormap = "turbo" } = scale;
    if (!(opacity >= 0 && opacity <= 1)) throw new RangeError(`opacity must be in 0..1, got ${opacity}`);
    requireScale(scale);
    this.#mixed = mixtures(buildColormap(colormap), opacity);
    // Not slice(): a Buffer's slice is the same memory.
    this.#drawn = { width: image.width, height: image.height, data: new Uint8Array(image.data) };
  }

  /** @param row `[width]`, row `y` of the map */
  addRow(y: number, row: Float32Array): void {
    const { width, data } = this.#drawn;
    const mixed = this.#mixed;
    const { min, max } = this.scale;
    const levels = 255 / (max - min);
    for (let x = 0, p = 3 * y * width; x < width; x++, p += 3) {
      const value = row[x]!;
      if (!(value > min)) continue;
      const level = (((value < max ? value : max) - min) * levels + 0.5) | 0;
      const from = 3 * 256 * level;
      data[p] = mixed[from + data[p]!]!;
      data[p + 1] = mixed[from + 256 + data[p + 1]!]!;
      data[p + 2] = mixed[from + 512 + data[p + 2]!]!;
    }
  }

  /** The picture, with a frame around each region. */
  finish(regions: readonly Region[] = []): RgbImage {
    for (const region of regions) drawFrame(this.#drawn, region);
    return this.#drawn;
  }
}

/**
 * Draws a map by itself.
 *
 * @param map `[height, width]`; NaN is drawn as `min`.
 * @throws RangeError when the map has another length or `max` is not above `min`.
 */
export function renderMap(map: Float32Array, width: number, height: number, scale: MapScale): RgbImage {
  if (map.length !== width * height) throw new RangeError(`expected ${width * height} values, got ${map.length}`);
  requireScale(scale);
  const toLevel = levelScale(scale);
  const colours = buildColormap(scale.colormap ?? "turbo");
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < map.length; i++) {
    const level = toLevel(map[i]!);
    data.set(colours.subarray(level * 3, level * 3 + 3), i * 3);
  }
  return { width, height, data };
}

/** What becomes of each value 0..255 of each channel under each colour: [256, 3, 256]. */
function mixtures(colours: Uint8Array, opacity: number): Uint8Array {
  const mixed = new Uint8Array(256 * 3 * 256);
  for (let i = 0; i < mixed.length; i++) {
    const below = i & 255;
    const colour = i >> 8;
    mixed[i] = Math.round(below + ((opacity * Math.floor(colour / 3)) / 255) * (colours[colour]! - below));
  }
  return mixed;
}

function requireScale({ min, max }: MapScale): void {
  if (!(max > min && Number.isFinite(max - min))) throw new RangeError(`max must be above min, got ${min} and ${max}`);
}

/** A function from a map value to the index of its colour, 0..255. */
function levelScale({ min, max }: MapScale): (value: number) => number {
  return (value) => (value > min ? Math.round((255 * (Math.min(value, max) - min)) / (max - min)) : 0);
}

/** A white frame between two dark lines, just outside of the region: visible on any picture and any heat. */
function drawFrame(image: RgbImage, region: Region): void {
  const white = Math.max(1, Math.round(Math.max(image.width, image.height) / 300));
  const dark = Math.ceil(white / 2);
  const thickness = dark + white + dark;
  // Moved inwards at the picture's border, so that a region there keeps all four sides.
  const left = Math.max(0, region.x - thickness);
  const top = Math.max(0, region.y - thickness);
  const right = Math.min(image.width, region.x + region.width + thickness);
  const bottom = Math.min(image.height, region.y + region.height + thickness);
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const depth = Math.min(x - left, right - 1 - x, y - top, bottom - 1 - y);
      if (depth >= thickness) {
        x = right - 1 - thickness;
        continue;
      }
      const level = depth >= dark && depth < dark + white ? 255 : 0;
      image.data.fill(level, (y * image.width + x) * 3, (y * image.width + x) * 3 + 3);
    }
  }
}
