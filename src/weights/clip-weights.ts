/** Opens a CLIP of any origin: its configuration, and its tensors by our names. */
import { AnomalyClipError } from "../errors.ts";
import { type ClipConfig, inferClipConfig } from "./clip-config.ts";
import { type ClipTensor, nameClipTensors } from "./clip-names.ts";
import type { Activation } from "./declared-config.ts";
import { openCheckpoint } from "./open-checkpoint.ts";
import { readTensor } from "./read-tensor.ts";
import { hashFiles } from "./verified-file.ts";

/** A CLIP whose weights still lie in their files. */
export interface ClipWeights {
  config: ClipConfig;
  /** By the names that `clip-names.ts` lists. */
  tensors: ReadonlyMap<string, ClipTensor>;
  /** False for a vision tower alone; `config.text` is then all zero. */
  hasText: boolean;
  /** The file that was opened, for messages. */
  path: string;
  /** The header's strings; empty where the format has none. */
  metadata: Readonly<Record<string, string>>;
  /**
   * The values of a tensor as float32, in the layout that its name promises.
   * @throws {AnomalyClipError} `E_WEIGHTS` where there is no such tensor or it cannot be read.
   */
  read(name: string): Promise<Float32Array>;
  /** SHA-256 of each file that holds tensors, separated by commas; the files are read at the first call alone. */
  sha256(): Promise<string>;
}

/**
 * Opens a CLIP: OpenAI's archives, torch state dicts, safetensors, Hugging Face and open_clip folders.
 *
 * Only headers are read; every tensor's presence, type and shape is checked.
 * @param options.activation overrides the activation that is found or guessed (see `inferClipConfig`).
 * @throws {AnomalyClipError} `E_WEIGHTS`
 */
export async function openClip(path: string, options: { activation?: Activation } = {}): Promise<ClipWeights> {
  const { checkpoint, configJson } = await openCheckpoint(path);
  const clip = nameClipTensors(checkpoint);
  const { metadata } = checkpoint;
  const config = inferClipConfig(clip, { configJson, metadata, ...options });
  const read = async (name: string) => {
    const tensor = clip.tensors.get(name);
    if (!tensor) throw new AnomalyClipError("E_WEIGHTS", `${clip.path}: has no ${name}`);
    const values = await readTensor(tensor);
    return tensor.transposed ? transpose(values, tensor.shape as [number, number]) : values;
  };
  let hash: Promise<string> | null = null;
  const sha256 = () => {
    hash ??= hashFiles(new Set([...clip.tensors.values()].map(({ file }) => file)));
    return hash;
  };
  return { config, tensors: clip.tensors, hasText: clip.hasText, path: clip.path, metadata, read, sha256 };
}

function transpose(values: Float32Array, [rows, columns]: readonly [number, number]): Float32Array {
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column]!;
  }
  return turned;
}
