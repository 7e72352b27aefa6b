/** Reads learned prompts, from the released `.pth` files and our own safetensors, and writes the latter. */
import { AnomalyClipError } from "../errors.ts";
import type { Checkpoint, StoredTensor } from "./checkpoint.ts";
import { openCheckpoint } from "./open-checkpoint.ts";
import { quoteName, showShape } from "./quote-name.ts";
import { countElements, readTensor } from "./read-tensor.ts";
import { type TensorToWrite, writeSafetensors } from "./write-safetensors.ts";

/** A pair of prompts; E context tokens of width W, L deep tokens (section 3.2 of the paper). */
export interface PromptSet {
  /** The learned words before "object", [E, W]. */
  contextNormal: Float32Array;
  /** The learned words before "damaged object", [E, W]. */
  contextAbnormal: Float32Array;
  /** Tokens that replace positions 1..L before text blocks 1, 2, ...; each [L, W]. */
  deepPrompts: Float32Array[];
  /** The two texts as the text tower encodes them, unit vectors [embedDim]: with them detection needs no text tower. */
  textFeatures?: { normal: Float32Array; abnormal: Float32Array };
}

/** What training AnomalyCLIP leaves behind. */
export interface PromptCheckpoint extends PromptSet {
  /** E. */
  contextLength: number;
  /** W, the width of the text tower. */
  width: number;
  /** L; 0 where there are no deep prompts. */
  deepLength: number;
  /** A second pair for the pixel branch, of the same sizes; absent where one pair serves both branches. */
  pixel?: PromptSet;
  /** The header's strings; empty for the released format. */
  metadata: Record<string, string>;
}

interface PromptNames {
  normal: string;
  abnormal: string;
  deep(index: number): string;
}

const RELEASED: PromptNames = {
  normal: "ctx_pos",
  abnormal: "ctx_neg",
  deep: (index) => `compound_prompts_text.${index}`,
};

const OWN: PromptNames = { normal: "context.normal", abnormal: "context.abnormal", deep: (index) => `deep.${index}` };

/** What the names of the second pair begin with. */
const PIXEL = "pixel.";

/** No prompt is longer than CLIP's context, and none has more tensors than a text tower has blocks. */
const MAX_TOKENS = 1024;
const MAX_DEEP_PROMPTS = 1000;

/**
 * Reads learned prompts. The released format is told by `ctx_pos`; what it stores besides - token embeddings that can be
 * recomputed, and projections that its code never uses - is left alone.
 * @throws {AnomalyClipError} `E_PROMPTS` where a tensor is missing, mis-shaped or not finite; `E_WEIGHTS` where the file
 *   cannot be read at all.
 */
export async function readPromptCheckpoint(path: string): Promise<PromptCheckpoint> {
  const { checkpoint } = await openCheckpoint(path);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of checkpoint.tensors) tensors.set(name.replace(/^prompt_learner\./, ""), tensor);
  const names = tensors.has(RELEASED.normal) ? RELEASED : OWN;
  const { set, ...sizes } = await readSet(checkpoint, tensors, names);
  const second = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors) if (name.startsWith(PIXEL)) second.set(name.slice(PIXEL.length), tensor);
  const pixel = second.size > 0 ? (await readSet(checkpoint, second, OWN, sizes)).set : undefined;
  if (pixel && pixel.deepPrompts.length !== set.deepPrompts.length) {
    throw unusable(checkpoint, "its two pairs of prompts differ in depth");
  }
  return { ...set, ...sizes, ...(pixel && { pixel }), metadata: { ...checkpoint.metadata } };
}

/** @param sizes what the tensors must agree with. Default: whatever they are. */
async function readSet(
  checkpoint: Checkpoint,
  tensors: ReadonlyMap<string, StoredTensor>,
  names: PromptNames,
  sizes?: { contextLength: number; width: number; deepLength: number },
) {
  const normal = await readMatrix(checkpoint, tensors, names.normal, [sizes?.contextLength, sizes?.width]);
  const { rows: contextLength, columns: width } = normal;
  const abnormal = await readMatrix(checkpoint, tensors, names.abnormal, [contextLength, width]);
  const deepPrompts: Float32Array[] = [];
  let deepLength = sizes?.deepLength ?? 0;
  for (let i = 0; tensors.has(names.deep(i)) && i < MAX_DEEP_PROMPTS; i++) {
    const deep = await readMatrix(checkpoint, tensors, names.deep(i), [deepLength || undefined, width]);
    deepLength = deep.rows;
    deepPrompts.push(deep.values);
  }
  checkNoGap(checkpoint, tensors, names, deepPrompts.length);
  const set: PromptSet = {
    contextNormal: normal.values,
    contextAbnormal: abnormal.values,
    deepPrompts,
    textFeatures: await readTextFeatures(checkpoint, tensors),
  };
  return { set, contextLength, width, deepLength };
}

/**
 * Writes learned prompts as safetensors, float32: `context.normal`, `context.abnormal`, `deep.0`, ...,
 * `text_features.normal`, `text_features.abnormal`; those of a second pair begin with `pixel.`.
 * @param further tensors that a reader of prompts passes over, such as the state of an optimizer
 * @throws {RangeError} where an array does not have the length that its shape asks for.
 * @throws {AnomalyClipError} `E_WEIGHTS` where the file cannot be written.
 */
export async function writePromptCheckpoint(
  path: string,
  prompts: PromptCheckpoint,
  further: readonly TensorToWrite[] = [],
): Promise<void> {
  const second = prompts.pixel ? tensorsOf(prompts.pixel, prompts, PIXEL) : [];
  await writeSafetensors(path, [...tensorsOf(prompts, prompts), ...second, ...further], prompts.metadata);
}

function tensorsOf(
  set: PromptSet,
  { contextLength, width, deepLength }: PromptCheckpoint,
  prefix = "",
): TensorToWrite[] {
  const tensor = (name: string, shape: number[], data: Float32Array) => ({
    name: `${prefix}${name}`,
    dtype: "F32" as const,
    shape,
    data,
  });
  return [
    tensor(OWN.normal, [contextLength, width], set.contextNormal),
    tensor(OWN.abnormal, [contextLength, width], set.contextAbnormal),
    ...set.deepPrompts.map((data, i) => tensor(OWN.deep(i), [deepLength, width], data)),
    ...Object.entries(set.textFeatures ?? {}).map(([key, data]) => tensor(`text_features.${key}`, [data.length], data)),
  ];
}

async function readMatrix(
  checkpoint: Checkpoint,
  tensors: ReadonlyMap<string, StoredTensor>,
  name: string,
  [rows, columns]: [number?, number?] = [],
) {
  const tensor = findTensor(checkpoint, tensors, name);
  // The released code keeps two leading axes of size 1 for classes that it never has.
  const [foundColumns = 0, foundRows = 0, ...leading] = tensor.shape.toReversed();
  const fits =
    leading.every((size) => size === 1) &&
    foundRows >= 1 &&
    foundRows <= MAX_TOKENS &&
    foundColumns >= 1 &&
    foundRows === (rows ?? foundRows) &&
    foundColumns === (columns ?? foundColumns);
  if (!fits) {
    const expected = `[${rows ?? "tokens"}, ${columns ?? "width"}]`;
    throw unusable(checkpoint, `${quoteName(tensor.name)} is ${showShape(tensor.shape)}; expected ${expected}`);
  }
  return { values: await readFinite(checkpoint, tensor), rows: foundRows, columns: foundColumns };
}

async function readTextFeatures(checkpoint: Checkpoint, tensors: ReadonlyMap<string, StoredTensor>) {
  const names = ["text_features.normal", "text_features.abnormal"] as const;
  if (!names.some((name) => tensors.has(name))) return undefined;
  const [normal, abnormal] = await Promise.all(
    names.map(async (name) => {
      const tensor = findTensor(checkpoint, tensors, name);
      const values = await readFinite(checkpoint, tensor);
      const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
      if (tensor.shape.length !== 1 || Math.abs(norm - 1) > 1e-3) {
        throw unusable(checkpoint, `${quoteName(name)} is no unit vector (${showShape(tensor.shape)}, length ${norm})`);
      }
      return values;
    }),
  );
  if (normal!.length !== abnormal!.length) throw unusable(checkpoint, "its two text features differ in length");
  return { normal: normal!, abnormal: abnormal! };
}

async function readFinite(checkpoint: Checkpoint, tensor: StoredTensor): Promise<Float32Array> {
  // Far above any prompt: a tensor of gigabytes is refused before it is read.
  if (countElements(tensor.shape) > 2 ** 26) throw unusable(checkpoint, `${quoteName(tensor.name)} is too large`);
  const values = await readTensor(tensor);
  if (!values.every(Number.isFinite)) throw unusable(checkpoint, `${quoteName(tensor.name)} holds NaN or infinity`);
  return values;
}

function findTensor(checkpoint: Checkpoint, tensors: ReadonlyMap<string, StoredTensor>, name: string): StoredTensor {
  const tensor = tensors.get(name);
  if (tensor) return tensor;
  throw unusable(checkpoint, `has no ${name}; expected prompts of AnomalyCLIP`);
}

/** A deep prompt beyond the ones read means that one in between is missing. */
function checkNoGap(
  checkpoint: Checkpoint,
  tensors: ReadonlyMap<string, StoredTensor>,
  names: PromptNames,
  count: number,
): void {
  const stem = names.deep(0).slice(0, -1);
  const total = [...tensors.keys()].filter((name) => name.startsWith(stem)).length;
  if (total !== count) throw unusable(checkpoint, `has ${total} deep prompts, but not ${names.deep(count)}`);
}

function unusable(checkpoint: Checkpoint, what: string): AnomalyClipError {
  return new AnomalyClipError("E_PROMPTS", `${checkpoint.path}: ${what}`);
}
