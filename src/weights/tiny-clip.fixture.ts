/** A CLIP small enough to be made on the spot, in the names of every origin. */

import { countElements } from "./read-tensor.ts";
import { type StemConvolution, stemStride } from "./stem.ts";
import { type ArchivedTensor, float32Tensor } from "./torch-archive.fixture.ts";
import type { TensorToWrite } from "./write-safetensors.ts";

export interface TinyTensor {
  shape: number[];
  values: Float32Array;
}

export type TinyTensors = Map<string, TinyTensor>;

/** Embedding 16, pictures 8x8, patches 4x4, towers 64 wide with one head, 2 and 1 blocks, 10 tokens, context 8. */
export const TINY_CONFIG = {
  embedDim: 16,
  imageSize: 8,
  patchSize: 4,
  vision: { width: 64, layers: 2, heads: 1, mlpWidth: 96 },
  text: { width: 64, layers: 1, heads: 1, mlpWidth: 128, contextLength: 8, vocabSize: 10 },
};

/** Its tensors by our own names; every value differs from every other. */
export function tinyClip(): TinyTensors {
  let next = 1;
  const make = (...shape: number[]): TinyTensor => {
    const values = new Float32Array(countElements(shape));
    for (let i = 0; i < values.length; i++) values[i] = next++ / 2 ** 12;
    return { shape, values };
  };
  const tensors: TinyTensors = new Map([
    ["vision.patch.weight", make(64, 3, 4, 4)],
    ["vision.class_token", make(64)],
    ["vision.position", make(5, 64)],
    ["vision.projection", make(16, 64)],
    ["text.token", make(10, 64)],
    ["text.position", make(8, 64)],
    ["text.projection", make(16, 64)],
    ["logit_scale", make()],
  ]);
  const addLayer = (name: string, ...shape: number[]) => {
    tensors.set(`${name}.weight`, make(...shape));
    tensors.set(`${name}.bias`, make(shape[0]!));
  };
  for (const norm of ["vision.pre_norm", "vision.post_norm", "text.final_norm"]) addLayer(norm, 64);
  for (const tower of ["vision", "text"] as const) {
    const { width, layers, mlpWidth } = TINY_CONFIG[tower];
    for (let i = 0; i < layers; i++) {
      const block = `${tower}.blocks.${i}`;
      for (const part of ["query", "key", "value", "out"]) addLayer(`${block}.${part}`, width, width);
      for (const norm of ["norm1", "norm2"]) addLayer(`${block}.${norm}`, width);
      addLayer(`${block}.fc1`, mlpWidth, width);
      addLayer(`${block}.fc2`, width, mlpWidth);
    }
  }
  return tensors;
}

/** Convolutions of such channels and strides. */
export function stemOf(...convolutions: [channels: number, stride: 1 | 2][]): StemConvolution[] {
  return convolutions.map(([channels, stride]) => ({ channels, stride }));
}

/** The same with such a stem; the values of its tensors lie between -1 and 1. */
export function withStem(tensors: TinyTensors, stem: readonly StemConvolution[]): TinyTensors {
  const make = (...shape: number[]): TinyTensor => {
    const values = Float32Array.from({ length: countElements(shape) }, (_, i) => Math.sin(1 + 7 * i));
    return { shape, values };
  };
  const added: TinyTensors = new Map(tensors);
  for (const [i, { channels }] of stem.entries()) {
    added.set(`vision.stem.${i}.weight`, make(channels, stem[i - 1]?.channels ?? 3, 3, 3));
    added.set(`vision.stem.${i}.bias`, make(channels));
  }
  const side = TINY_CONFIG.patchSize / stemStride(stem);
  return added.set("vision.patch.weight", make(64, stem.at(-1)?.channels ?? 3, side, side));
}

const OPENAI_WORDS: [RegExp, string][] = [
  [/^vision\.class_token$/, "visual.class_embedding"],
  [/^vision\.position$/, "visual.positional_embedding"],
  [/^vision\.patch/, "visual.conv1"],
  [/^vision\.projection$/, "visual.proj"],
  [/^vision\.pre_norm/, "visual.ln_pre"],
  [/^vision\.post_norm/, "visual.ln_post"],
  [/^vision\.blocks/, "visual.transformer.resblocks"],
  [/^text\.token$/, "token_embedding.weight"],
  [/^text\.position$/, "positional_embedding"],
  [/^text\.final_norm/, "ln_final"],
  [/^text\.projection$/, "text_projection"],
  [/^text\.blocks/, "transformer.resblocks"],
  [/\.norm(\d)/, ".ln_$1"],
  [/\.out/, ".attn.out_proj"],
  [/\.fc1/, ".mlp.c_fc"],
  [/\.fc2/, ".mlp.c_proj"],
];

/** As OpenAI and open_clip name and lay them: fused query, key and value; projections as [in, out]. */
export function toOpenAiNames(tensors: TinyTensors): TinyTensors {
  const renamed: TinyTensors = new Map();
  for (const [name, tensor] of tensors) {
    const fused = /^(.*)\.query\.(weight|bias)$/.exec(name);
    if (fused) {
      const parts = ["query", "key", "value"].map((part) => tensors.get(`${fused[1]}.${part}.${fused[2]}`)!);
      const values = Float32Array.from(parts.flatMap((part) => [...part.values]));
      const stem = rename(fused[1]!, OPENAI_WORDS);
      renamed.set(`${stem}.attn.in_proj_${fused[2]}`, { shape: [192, ...tensor.shape.slice(1)], values });
    } else if (!/\.(key|value)\./.test(name)) {
      const isProjection = name.endsWith(".projection");
      renamed.set(rename(name, OPENAI_WORDS), isProjection ? transposeTiny(tensor) : tensor);
    }
  }
  return renamed;
}

const HUGGING_FACE_WORDS: [RegExp, string][] = [
  [/^vision\.class_token$/, "vision_model.embeddings.class_embedding"],
  [/^vision\.patch/, "vision_model.embeddings.patch_embedding"],
  [/^vision\.projection$/, "visual_projection.weight"],
  [/^vision\.pre_norm/, "vision_model.pre_layrnorm"],
  [/^vision\.post_norm/, "vision_model.post_layernorm"],
  [/^text\.token$/, "text_model.embeddings.token_embedding.weight"],
  [/^(\w+)\.position$/, "$1_model.embeddings.position_embedding.weight"],
  [/^text\.final_norm/, "text_model.final_layer_norm"],
  [/^text\.projection$/, "text_projection.weight"],
  [/^(\w+)\.blocks/, "$1_model.encoder.layers"],
  [/\.norm(\d)/, ".layer_norm$1"],
  [/\.(q)uery|\.(k)ey|\.(v)alue/, ".self_attn.$1$2$3_proj"],
  [/\.out/, ".self_attn.out_proj"],
  [/\.fc(\d)/, ".mlp.fc$1"],
];

export function toHuggingFaceNames(tensors: TinyTensors): TinyTensors {
  return new Map([...tensors].map(([name, tensor]) => [rename(name, HUGGING_FACE_WORDS), tensor]));
}

export function asArchived(tensors: TinyTensors): Map<string, ArchivedTensor> {
  return new Map([...tensors].map(([name, { shape, values }]) => [name, float32Tensor(shape, values)]));
}

export function asSafetensors(tensors: TinyTensors): TensorToWrite[] {
  return [...tensors].map(([name, { shape, values }]) => ({ name, dtype: "F32", shape, data: values }));
}

function rename(name: string, words: [RegExp, string][]): string {
  return words.reduce((renamed, [from, to]) => renamed.replace(from, to), name);
}

function transposeTiny({ shape, values }: TinyTensor): TinyTensor {
  const [rows, columns] = shape as [number, number];
  const turned = values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
  return { shape: [columns, rows], values: turned };
}
