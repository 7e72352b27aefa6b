/** A CLIP vision tower of any size with random weights, for measuring time and memory; the values do not matter there. */

import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { ClipConfig } from "../src/weights/clip-config.ts";
import { countElements } from "../src/weights/read-tensor.ts";
import { writeSafetensors } from "../src/weights/write-safetensors.ts";

/** ViT-L/14@336px. */
export const VIT_L_14_336: ClipConfig = {
  embedDim: 768,
  imageSize: 336,
  patchSize: 14,
  vision: { width: 1024, layers: 24, heads: 16, mlpWidth: 4096 },
  text: { width: 0, layers: 0, heads: 0, mlpWidth: 0, contextLength: 0, vocabSize: 0 },
  activation: "quick_gelu",
  layerNormEps: 1e-5,
};

/** Writes the tower as float32 safetensors, unless the file is there. */
export async function writeRandomVisionTower(path: string, config: ClipConfig): Promise<void> {
  if (existsSync(path)) {
    return;
  }
  const { width, layers, mlpWidth } = config.vision;
  const grid = config.imageSize / config.patchSize;
  const shapes: [string, number[]][] = [
    ["vision.patch.weight", [width, 3, config.patchSize, config.patchSize]],
    ["vision.class_token", [width]],
    ["vision.position", [1 + grid * grid, width]],
    ["vision.pre_norm.weight", [width]],
    ["vision.pre_norm.bias", [width]],
    ["vision.post_norm.weight", [width]],
    ["vision.post_norm.bias", [width]],
    ["vision.projection", [config.embedDim, width]],
  ];
  for (let i = 0; i < layers; i++) {
    const linear = (name: string, out: number, into: number) =>
      shapes.push([`vision.blocks.${i}.${name}.weight`, [out, into]], [`vision.blocks.${i}.${name}.bias`, [out]]);
    for (const name of ["query", "key", "value", "out"]) {
      linear(name, width, width);
    }
    linear("fc1", mlpWidth, width);
    linear("fc2", width, mlpWidth);
    for (const name of ["norm1", "norm2"]) {
      shapes.push([`vision.blocks.${i}.${name}.weight`, [width]], [`vision.blocks.${i}.${name}.bias`, [width]]);
    }
  }

  const tensors = shapes.map(([name, shape]) => {
    const size = countElements(shape);
    const scale = name.includes("norm") ? 0 : (size / shape[0]!) ** -0.5;
    const offset = /norm\d?\.weight/.test(name) ? 1 : 0;
    const data = Float32Array.from({ length: size }, () => offset + scale * (2 * Math.random() - 1));
    return { name, dtype: "F32" as const, shape, data };
  });
  await mkdir(dirname(path), { recursive: true });
  await writeSafetensors(path, tensors, { clip_config: JSON.stringify(config) });
}
