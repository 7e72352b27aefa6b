/** Access to the reference numbers, computed with the authors' released code on a small random CLIP. */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readIntegers, readTensor, readTensorBytes } from "../../src/weights/read-tensor.ts";
import { openSafetensors } from "../../src/weights/safetensors.ts";

export { default as reference } from "./reference.json" with { type: "json" };

/** A file of this folder. */
export const referencePath = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const full = fileURLToPath(new URL("../../../shared/reference/", import.meta.url));

/** The reference CLIP: the trimmed file of this folder, and its three full layouts where they are at hand. */
export const clipLayouts: readonly [layout: string, path: string][] = [
  ["trimmed safetensors", referencePath("clip.safetensors")],
  ...(
    [
      ["Hugging Face folder", `${full}clip-hf`],
      ["PyTorch state dict", `${full}clip-state-dict.pt`],
      ["TorchScript archive", `${full}clip-torchscript.pt`],
    ] as [string, string][]
  ).filter(([, path]) => existsSync(path)),
];

const expected = openSafetensors(referencePath("expected.safetensors"));

/** A tensor of the reference, and its shape. */
export async function expectedTensor(name: string): Promise<{ values: Float32Array; shape: readonly number[] }> {
  const stored = (await expected).tensors.get(name);
  if (stored === undefined) {
    throw new RangeError(`the reference has no tensor ${name}`);
  }
  const read = { F32: readTensor, U8: readTensorBytes }[stored.dtype as string] ?? readIntegers;
  return { values: Float32Array.from(await read(stored)), shape: stored.shape };
}

/** Largest absolute difference, and the largest magnitude expected. */
export function compare(actual: ArrayLike<number>, wanted: Float32Array): { difference: number; magnitude: number } {
  if (actual.length !== wanted.length) {
    throw new RangeError(`${actual.length} values do not compare with ${wanted.length}`);
  }
  let difference = 0;
  let magnitude = 0;
  wanted.forEach((value, i) => {
    // NaN must not pass: Math.max keeps it.
    difference = Math.max(difference, Math.abs(actual[i]! - value));
    magnitude = Math.max(magnitude, Math.abs(value));
  });
  return { difference, magnitude };
}

/** ‖actual - wanted‖ / ‖wanted‖ */
export function relativeL2(actual: ArrayLike<number>, wanted: Float32Array): number {
  let difference = 0;
  let norm = 0;
  wanted.forEach((value, i) => {
    difference += (actual[i]! - value) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(difference / norm);
}
