/** A CLIP of any size with random weights, for measuring time and memory; the values do not matter there. */

import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { promptFeatures } from "../src/anomalyclip/text-features.ts";
import { drawPrompts } from "../src/training/initial-prompts.ts";
import type { ClipConfig } from "../src/weights/clip-config.ts";
import { openClip } from "../src/weights/clip-weights.ts";
import { writePromptCheckpoint } from "../src/weights/prompt-checkpoint.ts";
import { countElements } from "../src/weights/read-tensor.ts";
import { stemStride } from "../src/weights/stem.ts";
import { writeSafetensors } from "../src/weights/write-safetensors.ts";

/** Where the benches keep a ViT-L/14@336px of random weights. */
export const RANDOM_VIT_L = fileURLToPath(new URL("../.cache/random-vit-l-14-336.safetensors", import.meta.url));

/** ViT-L/14@336px. */
export const VIT_L_14_336: ClipConfig = {
  embedDim: 768,
  imageSize: 336,
  patchSize: 14,
  vision: { width: 1024, layers: 24, heads: 16, mlpWidth: 4096 },
  text: { width: 768, layers: 12, heads: 12, mlpWidth: 3072, contextLength: 77, vocabSize: 49408 },
  activation: "quick_gelu",
  layerNormEps: 1e-5,
};

/** Writes the model as float32 safetensors, unless the file is there. */
export async function writeRandomClip(path: string, config: ClipConfig): Promise<void> {
  if (existsSync(path)) {
    return;
  }
  const { vision, text } = config;
  const grid = config.imageSize / config.patchSize;
  const { stem = [] } = vision;
  const patch = config.patchSize / stemStride(vision.stem);
  const shapes: [string, number[]][] = [
    ...stem.flatMap(({ channels }, i): [string, number[]][] => [
      [`vision.stem.${i}.weight`, [channels, stem[i - 1]?.channels ?? 3, 3, 3]],
      [`vision.stem.${i}.bias`, [channels]],
    ]),
    ["vision.patch.weight", [vision.width, stem.at(-1)?.channels ?? 3, patch, patch]],
    ["vision.class_token", [vision.width]],
    ["vision.position", [1 + grid * grid, vision.width]],
    ["vision.pre_norm.weight", [vision.width]],
    ["vision.pre_norm.bias", [vision.width]],
    ["vision.post_norm.weight", [vision.width]],
    ["vision.post_norm.bias", [vision.width]],
    ["vision.projection", [config.embedDim, vision.width]],
    ["text.token", [text.vocabSize, text.width]],
    ["text.position", [text.contextLength, text.width]],
    ["text.final_norm.weight", [text.width]],
    ["text.final_norm.bias", [text.width]],
    ["text.projection", [config.embedDim, text.width]],
  ];
  for (const tower of ["vision", "text"] as const) {
    const { width, layers, mlpWidth } = config[tower];
    for (let i = 0; i < layers; i++) {
      const block = `${tower}.blocks.${i}`;
      const linear = (name: string, out: number, into: number) =>
        shapes.push([`${block}.${name}.weight`, [out, into]], [`${block}.${name}.bias`, [out]]);
      for (const name of ["query", "key", "value", "out"]) {
        linear(name, width, width);
      }
      linear("fc1", mlpWidth, width);
      linear("fc2", width, mlpWidth);
      for (const name of ["norm1", "norm2"]) {
        shapes.push([`${block}.${name}.weight`, [width]], [`${block}.${name}.bias`, [width]]);
      }
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

/** Writes prompts drawn at random for the model at `clipPath`, with the text features that they come to. */
export async function writeRandomPrompts(path: string, clipPath: string): Promise<void> {
  if (existsSync(path)) {
    return;
  }
  const clip = await openClip(clipPath);
  const prompts = drawPrompts(clip, { seed: 1 });
  await writePromptCheckpoint(path, { ...prompts, textFeatures: await promptFeatures(clip, prompts) });
}
