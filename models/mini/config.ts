/** The embedded model: its shape, and how its parameters start. */

import type { Shape } from "../../src/graph/tensor.ts";
import { sizeOf } from "../../src/graph/tensor.ts";
import type { Learnable } from "../../src/training/optimizer.ts";
import type { ClipConfig } from "../../src/weights/clip-config.ts";

/** A ViT of 8-pixel patches, a tenth of the width of ViT-L/14's layers squared, and a text encoder to match. */
export const CONFIG: ClipConfig = {
  embedDim: 192,
  imageSize: 128,
  patchSize: 8,
  vision: { width: 192, layers: 8, heads: 3, mlpWidth: 768 },
  text: { width: 192, layers: 4, heads: 3, mlpWidth: 768, contextLength: 77, vocabSize: 49408 },
  activation: "quick_gelu",
  layerNormEps: 1e-5,
};

/** First block of the V-V path: late, so that its patches know what surrounds them. */
export const DPAM_FROM = 6;

/** Of the token embeddings of a new model. */
export const TOKEN_DEVIATION = 0.02;

/** The parameters of a new model, by canonical name, drawn as CLIP draws its own. */
export function initialParameters(rows: number, normal: () => number): Map<string, Learnable> {
  const parameters = new Map<string, Learnable>();
  const draw = (name: string, shape: Shape, deviation: number) =>
    parameters.set(name, { shape, values: Float32Array.from({ length: sizeOf(shape) }, () => deviation * normal()) });
  const fill = (name: string, shape: Shape, value: number) =>
    parameters.set(name, { shape, values: new Float32Array(sizeOf(shape)).fill(value) });
  const norm = (name: string, width: number) => {
    fill(`${name}.weight`, [width], 1);
    fill(`${name}.bias`, [width], 0);
  };

  for (const tower of ["vision", "text"] as const) {
    const { width, layers, mlpWidth } = CONFIG[tower];
    const intoResidual = width ** -0.5 * (2 * layers) ** -0.5;
    for (let i = 0; i < layers; i++) {
      const prefix = `${tower}.blocks.${i}`;
      for (const name of ["query", "key", "value"]) {
        draw(`${prefix}.${name}.weight`, [width, width], width ** -0.5);
        fill(`${prefix}.${name}.bias`, [width], 0);
      }
      draw(`${prefix}.out.weight`, [width, width], intoResidual);
      fill(`${prefix}.out.bias`, [width], 0);
      draw(`${prefix}.fc1.weight`, [mlpWidth, width], (2 * width) ** -0.5);
      fill(`${prefix}.fc1.bias`, [mlpWidth], 0);
      draw(`${prefix}.fc2.weight`, [width, mlpWidth], intoResidual);
      fill(`${prefix}.fc2.bias`, [width], 0);
      norm(`${prefix}.norm1`, width);
      norm(`${prefix}.norm2`, width);
    }
    draw(`${tower}.projection`, [CONFIG.embedDim, width], width ** -0.5);
  }
  const { width } = CONFIG.vision;
  const grid = CONFIG.imageSize / CONFIG.patchSize;
  draw("vision.patch.weight", [width, 3, CONFIG.patchSize, CONFIG.patchSize], (3 * CONFIG.patchSize ** 2) ** -0.5);
  draw("vision.class_token", [width], 0.02);
  draw("vision.position", [1 + grid * grid, width], 0.02);
  norm("vision.pre_norm", width);
  norm("vision.post_norm", width);
  draw("text.token", [rows, CONFIG.text.width], TOKEN_DEVIATION);
  draw("text.position", [CONFIG.text.contextLength, CONFIG.text.width], 0.01);
  norm("text.final_norm", CONFIG.text.width);
  fill("logit_scale", [], Math.log(1 / 0.07));
  return parameters;
}
