/** Pictures that are nothing but random features, for the reference CLIP. */

import { toHalf } from "../half.ts";
import { Random } from "../random.ts";
import type { SampleReader, TrainingSample } from "./batches.ts";
import { gaussian } from "./gaussian.ts";

export interface MadePicture extends TrainingSample {
  /** Pictures of one id look alike. */
  id: number;
}

/** A picture; those with even ids are abnormal, and of another class. */
export function madePicture(id: number, changes: Partial<MadePicture> = {}): MadePicture {
  const even = id % 2 === 0;
  return { id, className: even ? "pcb" : "metal_nut", abnormal: even, local: true, ...changes };
}

const ROWS = 5;
const SIZE = 4;
/** Of the reference CLIP. */
const EMBED = 64;

/** Unit features [1 + G², embed] of a picture. */
export function featuresOf(id: number, layer: number): Float32Array {
  const random = new Random(1000 * id + layer);
  const normal = gaussian(() => random.next());
  const rows = Array.from({ length: ROWS }, () => Float32Array.from({ length: EMBED }, normal));
  return Float32Array.from(rows.flatMap((row) => [...row.map((x) => x / Math.hypot(...row))]));
}

/** Abnormal pictures are anomalous in the first row of their masks. */
export const madeReader: SampleReader<MadePicture> = {
  layers: [4, 6],
  rows: ROWS,
  embedDim: EMBED,
  imageSize: SIZE,
  readFeatures: async ({ id }, into) => {
    for (const [i, layer] of into.entries()) layer.set(toHalf(featuresOf(id, madeReader.layers[i]!)));
  },
  readMask: async ({ abnormal }, into) => {
    into.fill(0).fill(abnormal ? 1 : 0, 0, SIZE);
  },
};
