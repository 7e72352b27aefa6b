/** Measures a CLIP from its tensors, and holds every tensor against the measure. */
import { AnomalyClipError } from "../errors.ts";
import type { ClipTensor, NamedClip } from "./clip-names.ts";
import { quoteName, showShape } from "./quote-name.ts";
import { isFloat } from "./read-tensor.ts";
import { type StemConvolution, stemStride } from "./stem.ts";

/** What the shapes of a transformer's tensors tell. */
export interface TowerDimensions {
  width: number;
  layers: number;
  mlpWidth: number;
}

/** What the shapes of a CLIP's tensors tell. */
export interface ClipDimensions {
  embedDim: number;
  /** Side of a patch, pixels. */
  patchSize: number;
  /** Side of the picture, patches. */
  grid: number;
  vision: TowerDimensions;
  /** Absent for a vision tower alone. `tokens` is the number of rows of the token embedding. */
  text?: TowerDimensions & { contextLength: number; tokens: number };
}

/** A size that a shape must have, or a name for one that it may choose. */
type Size = number | string;

/**
 * The dimensions of a CLIP, every tensor checked: it is there, holds floating-point numbers and has the one shape that
 * fits the others.
 * @param stem its convolutions by the configuration: no tensor shows a stride
 * @throws {AnomalyClipError} `E_WEIGHTS`, naming the file, the tensor, the expected and the found shape.
 */
export function measureClip(clip: NamedClip, stem: readonly StemConvolution[] = []): ClipDimensions {
  const [width] = expectShape(clip, "vision.class_token", ["W"]);
  const channels = checkStem(clip, stem);
  const [, , patchOfStem] = expectShape(clip, "vision.patch.weight", [width, channels, "P", "P"]);
  const patchSize = patchOfStem * stemStride(stem);
  const [positions] = expectShape(clip, "vision.position", ["1+G*G", width]);
  const grid = Math.round(Math.sqrt(positions - 1));
  if (grid * grid !== positions - 1 || grid < 1) {
    throw wrongShape(clip, "vision.position", ["1+G*G", width]);
  }
  const [embedDim] = expectShape(clip, "vision.projection", ["E", width]);
  expectNorm(clip, "vision.pre_norm", width);
  expectNorm(clip, "vision.post_norm", width);
  const vision = measureTower(clip, "vision", width);
  if (clip.tensors.has("logit_scale") && findTensor(clip, "logit_scale").shape.some((size) => size !== 1)) {
    throw wrongShape(clip, "logit_scale", []);
  }
  return { embedDim, patchSize, grid, vision, text: clip.hasText ? measureText(clip, embedDim) : undefined };
}

/** Holds the stem's tensors against its convolutions; the channels that patches are cut from. */
function checkStem(clip: NamedClip, stem: readonly StemConvolution[]): number {
  const found = countParts(clip, "vision.stem");
  if (found !== stem.length) {
    const what = `its stem has ${stem.length} convolutions by clip_config in its header, ${found} by its tensors`;
    throw new AnomalyClipError("E_WEIGHTS", `${clip.path}: ${what}`);
  }
  let before = 3;
  for (const [i, { channels }] of stem.entries()) {
    expectShape(clip, `vision.stem.${i}.weight`, [channels, before, 3, 3]);
    expectShape(clip, `vision.stem.${i}.bias`, [channels]);
    before = channels;
  }
  return before;
}

function measureText(clip: NamedClip, embedDim: number): ClipDimensions["text"] {
  const [width] = expectShape(clip, "text.final_norm.weight", ["W"]);
  expectNorm(clip, "text.final_norm", width);
  const [tokens] = expectShape(clip, "text.token", ["vocabulary", width]);
  const [contextLength] = expectShape(clip, "text.position", ["context", width]);
  expectShape(clip, "text.projection", [embedDim, width]);
  const ids = clip.tensors.get("token_ids");
  if (ids && (ids.shape.length !== 1 || ids.shape[0] !== tokens)) throw wrongShape(clip, "token_ids", [tokens]);
  if (ids && ids.dtype !== "I32" && ids.dtype !== "I64") throw wrongType(clip, ids, "I32 or I64");
  return { ...measureTower(clip, "text", width), contextLength, tokens };
}

function measureTower(clip: NamedClip, tower: "vision" | "text", width: number): TowerDimensions {
  const layers = Math.max(1, countParts(clip, `${tower}.blocks`));
  const [mlpWidth] = expectShape(clip, `${tower}.blocks.0.fc1.weight`, ["M", width]);
  for (let i = 0; i < layers; i++) {
    const block = `${tower}.blocks.${i}`;
    expectNorm(clip, `${block}.norm1`, width);
    expectNorm(clip, `${block}.norm2`, width);
    for (const part of ["query", "key", "value", "out"]) expectLinear(clip, `${block}.${part}`, width, width);
    expectLinear(clip, `${block}.fc1`, mlpWidth, width);
    expectLinear(clip, `${block}.fc2`, width, mlpWidth);
  }
  return { width, layers, mlpWidth };
}

/** One more than the highest number after `prefix`: a part left out is then missed by name. */
function countParts(clip: NamedClip, prefix: string): number {
  let count = 0;
  for (const name of clip.tensors.keys()) {
    if (name.startsWith(`${prefix}.`)) count = Math.max(count, Number(name.split(".")[2]) + 1);
  }
  return count;
}

function expectNorm(clip: NamedClip, name: string, width: number): void {
  expectShape(clip, `${name}.weight`, [width]);
  expectShape(clip, `${name}.bias`, [width]);
}

function expectLinear(clip: NamedClip, name: string, rows: number, columns: number): void {
  expectShape(clip, `${name}.weight`, [rows, columns]);
  expectShape(clip, `${name}.bias`, [rows]);
}

/** The sizes of a tensor in the layout that its name promises; equal letters must be equal sizes. */
function expectShape<const T extends readonly Size[]>(
  clip: NamedClip,
  name: string,
  expected: T,
): { [I in keyof T]: number } {
  const tensor = findTensor(clip, name);
  if (!isFloat(tensor.dtype)) throw wrongType(clip, tensor, "floating-point numbers");
  const shape = tensor.transposed ? tensor.shape.toReversed() : tensor.shape;
  const chosen = new Map<string, number>();
  const fits = expected.every((size, axis) => {
    const found = shape[axis] ?? 0;
    if (typeof size === "number") return found === size;
    const sameLetter = chosen.get(size) ?? found;
    chosen.set(size, found);
    return found > 0 && found === sameLetter;
  });
  if (!fits || shape.length !== expected.length) throw wrongShape(clip, name, expected);
  return shape as { [I in keyof T]: number };
}

function findTensor(clip: NamedClip, name: string): ClipTensor {
  const tensor = clip.tensors.get(name);
  if (tensor) return tensor;
  throw new AnomalyClipError("E_WEIGHTS", `${clip.path}: the CLIP is incomplete: it has no ${name}`);
}

function wrongShape(clip: NamedClip, name: string, expected: readonly Size[]): AnomalyClipError {
  const tensor = findTensor(clip, name);
  const wanted = `[${(tensor.transposed ? expected.toReversed() : expected).join(", ")}]`;
  const what = `tensor ${quoteName(tensor.name)} is ${showShape(tensor.shape)}`;
  const role = tensor.name === name ? "" : ` as ${name}`;
  return new AnomalyClipError("E_WEIGHTS", `${clip.path}: ${what}; expected ${wanted}${role}`);
}

function wrongType(clip: NamedClip, tensor: ClipTensor, expected: string): AnomalyClipError {
  const what = `tensor ${quoteName(tensor.name)} is ${tensor.dtype}; expected ${expected}`;
  return new AnomalyClipError("E_WEIGHTS", `${clip.path}: ${what}`);
}
