/** A CLIP vision tower of any size with random weights, for measuring time and memory; the values do not matter there. */

import { createWriteStream, existsSync, renameSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { ClipConfig } from "../src/weights/clip-config.ts";

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

/** Writes the tower as float32 safetensors, one tensor at a time, unless the file is there. */
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

  const header: Record<string, unknown> = { __metadata__: { clip_config: JSON.stringify(config) } };
  let end = 0;
  for (const [name, shape] of shapes) {
    const start = end;
    end += 4 * shape.reduce((product, length) => product * length, 1);
    header[name] = { dtype: "F32", shape, data_offsets: [start, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([json, Buffer.alloc((64 - ((json.length + 8) % 64)) % 64, " ")]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));

  await mkdir(dirname(path), { recursive: true });
  const file = createWriteStream(`${path}.part`);
  const write = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      file.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  await write(length);
  await write(padded);
  for (const [name, shape] of shapes) {
    const size = shape.reduce((product, n) => product * n, 1);
    const into = size / shape[0]!;
    const scale = name.includes("norm") ? 0 : into ** -0.5;
    const offset = /norm\d?\.weight/.test(name) ? 1 : 0;
    await write(
      new Uint8Array(Float32Array.from({ length: size }, () => offset + scale * (2 * Math.random() - 1)).buffer),
    );
  }
  await new Promise<void>((resolve) => file.end(resolve));
  renameSync(`${path}.part`, path);
}
