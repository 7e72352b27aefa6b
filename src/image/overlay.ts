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
  const { opacity = 0.7, regions = [] } = options;
  if (!(opacity >= 0 && opacity <= 1)) throw new RangeError(`opacity must be in 0..1, got ${opacity}`);
  const toLevel = levelScale(map, image.width, image.height, options);
  const mixed = mixtures(buildColormap(options.colormap ?? "turbo"), opacity);
  // Not slice(): a Buffer's slice is the same memory.
  const data = new Uint8Array(image.data);
  for (let i = 0, p = 0; i < map.length; i++, p += 3) {
    const level = toLevel(map[i]!);
    if (level === 0) continue;
    const row = 3 * 256 * level;
    data[p] = mixed[row + data[p]!]!;
    data[p + 1] = mixed[row + 256 + data[p + 1]!]!;
    data[p + 2] = mixed[row + 512 + data[p + 2]!]!;
  }
  const drawn = { width: image.width, height: image.height, data };
  for (const region of regions) drawFrame(drawn, region);
  return drawn;
}

/**
 * Draws a map by itself.
 *
 * @param map `[height, width]`; NaN is drawn as `min`.
 * @throws RangeError when the map has another length or `max` is not above `min`.
 */
export function renderMap(map: Float32Array, width: number, height: number, scale: MapScale): RgbImage {
  const toLevel = levelScale(map, width, height, scale);
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

/** A function from a map value to the index of its colour, 0..255. */
function levelScale(map: Float32Array, width: number, height: number, scale: MapScale): (value: number) => number {
  const { min, max } = scale;
  if (map.length !== width * height) throw new RangeError(`expected ${width * height} values, got ${map.length}`);
  if (!(max > min && Number.isFinite(max - min))) throw new RangeError(`max must be above min, got ${min} and ${max}`);
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
