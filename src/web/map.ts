/** Anomaly maps in the browser: read from `.npy`, coloured as the service colours them. */

import type { ColormapName } from "../image/colormap.ts";

export interface AnomalyMap {
  /** [rows, columns] */
  values: Float32Array;
  rows: number;
  columns: number;
}

/** Reads a `.npy` of little-endian float32 with two axes, as the service writes it. @throws Error for others */
export function readMap(file: ArrayBuffer): AnomalyMap {
  const view = new DataView(file);
  const start = 10 + view.getUint16(8, true);
  const header = new TextDecoder("latin1").decode(new Uint8Array(file, 10, start - 10));
  const [, rows, columns] = /'shape': \((\d+), (\d+)\)/.exec(header) ?? [];
  if (!header.includes("'<f4'") || rows === undefined) throw new Error("not a float32 map");
  const values = new Float32Array(file.slice(start));
  return { values, rows: Number(rows), columns: Number(columns) };
}

/** RGB in hexadecimal, evenly spaced; those of `src/image/colormap.ts`, which a test compares. */
export const STOPS: Record<ColormapName, string> = {
  turbo:
    "30123b 4143a7 4771e9 3e9bfe 22c5e2 1ae4b6 46f884 88ff4e b9f635 e1dd37 faba39 fd8d27 f05b12 d63506 af1801 7a0403",
  inferno:
    "000004 0c0826 240c4f 420a68 5d126e 781c6d 932667 ae305c c73e4c dd513a ed6925 f8850f fca50a fac62d f2e661 fcffa4",
  gray: "000000 ffffff",
};

/**
 * The map as pixels `[rows, columns, RGBA]`.
 *
 * @param layers the largest possible value
 * @param opacity of the highest value, 0..1; it falls to 0 with the map, so that what looks normal stays as it was
 */
export function colourMap(map: AnomalyMap, layers: number, name: ColormapName, opacity: number): Uint8ClampedArray {
  const stops = STOPS[name].split(" ").map((stop) => Number.parseInt(stop, 16));
  const pixels = new Uint8ClampedArray(map.values.length * 4);
  for (let i = 0; i < map.values.length; i++) {
    const level = Math.min(Math.max(map.values[i]! / layers, 0), 1);
    const position = level * (stops.length - 1);
    const below = Math.min(Math.trunc(position), stops.length - 2);
    const part = position - below;
    for (let c = 0; c < 3; c++) {
      const [from, to] = [(stops[below]! >> (16 - 8 * c)) & 255, (stops[below + 1]! >> (16 - 8 * c)) & 255];
      pixels[4 * i + c] = from + part * (to - from);
    }
    pixels[4 * i + 3] = 255 * opacity * level;
  }
  return pixels;
}
