/** Anomaly maps in the browser: read from `.npy`, coloured as the service colours them. */

import { buildColormap, type ColormapName } from "../image/colormap.ts";
import { decodeNpy } from "../image/npy.ts";

export interface AnomalyMap {
  /** [rows, columns] */
  values: Float32Array;
  rows: number;
  columns: number;
}

/** Reads a map as the service writes it. @throws AnomalyClipError as `decodeNpy`, and Error for other arrays */
export function readMap(file: ArrayBuffer): AnomalyMap {
  const { data, shape } = decodeNpy(new Uint8Array(file));
  if (!(data instanceof Float32Array) || shape.length !== 2) throw new Error("not a float32 map");
  return { values: data, rows: shape[0]!, columns: shape[1]! };
}

/**
 * The map as pixels `[rows, columns, RGBA]`.
 *
 * @param layers the largest possible value
 * @param opacity of the highest value, 0..1; it falls to 0 with the map, so that what looks normal stays as it was
 */
export function colourMap(
  map: AnomalyMap,
  layers: number,
  name: ColormapName,
  opacity: number,
): Uint8ClampedArray<ArrayBuffer> {
  const colours = buildColormap(name);
  const pixels = new Uint8ClampedArray(map.values.length * 4);
  for (let i = 0; i < map.values.length; i++) {
    const level = Math.min(Math.max(map.values[i]! / layers, 0), 1);
    const at = 3 * Math.round(255 * level);
    for (let c = 0; c < 3; c++) pixels[4 * i + c] = colours[at + c]!;
    pixels[4 * i + 3] = 255 * opacity * level;
  }
  return pixels;
}
