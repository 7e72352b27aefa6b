/** Writes learned prompts as the released code saves and loads them: the state dict of its `AnomalyCLIP_PromptLearner`. */

import { readTokenEmbeddings, tokenRows } from "../clip/token-embeddings.ts";
import { CONTEXT_LENGTH, loadTokenizer } from "../clip/tokenizer.ts";
import { AnomalyClipError } from "../errors.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";
import type { PromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import type { TensorToWrite } from "../weights/write-safetensors.ts";
import { writeTorchArchive } from "../weights/write-torch-archive.ts";
import type { PromptTemplates } from "./prompt-templates.ts";

/**
 * Writes a `.pth` that the released code's `load_state_dict` accepts as it stands, given the same sizes: `--n_ctx` E,
 * `--t_n_ctx` L, `--depth` one more than there are deep prompts. Everything is float32 but the token ids, which are int32.
 *
 * The format has no place for text features and settings: picture size, layers and sigma are arguments there.
 * @param clip the model that the prompts were learned for, with its text encoder.
 * @param templates what the prompts were learned with: one template a state and one name for every object, for the
 *   released code knows no more.
 * @throws {AnomalyClipError} `E_PROMPTS` where the prompts are of another width than the text encoder, do not fit into 77
 *   tokens or the format (decoupled pairs do not), or use words that the model, a small one, does not know; `E_WEIGHTS` where the model has no text
 *   encoder or the file cannot be written.
 * @throws {RangeError} where an array does not have the length that the prompts' sizes ask for.
 */
export async function writeReleasedPrompts(
  path: string,
  clip: ClipWeights,
  prompts: PromptCheckpoint,
  templates: PromptTemplates,
): Promise<void> {
  const words = releasedWords(path, templates);
  if (prompts.pixel) {
    const what = "the released format holds one pair of prompts, these are decoupled; keep them as safetensors";
    throw new AnomalyClipError("E_PROMPTS", `${path}: ${what}`);
  }
  const normal = await readSequence(clip, words.normal, prompts.contextLength);
  const abnormal = await readSequence(clip, words.abnormal, prompts.contextLength);
  const { width } = clip.config.text;
  if (prompts.width !== width) {
    const what = `the prompts are ${prompts.width} wide, the text encoder of ${clip.path} is ${width}`;
    throw new AnomalyClipError("E_PROMPTS", `${path}: ${what}; give the model that they were learned for`);
  }
  await writeTorchArchive(path, {
    prompt_learner: [
      float32("ctx_pos", [1, 1, prompts.contextLength, width], prompts.contextNormal),
      float32("ctx_neg", [1, 1, prompts.contextLength, width], prompts.contextAbnormal),
      ...buffers("pos", normal, width),
      ...buffers("neg", abnormal, width),
      ...deepPrompts(prompts),
    ],
  });
}

// --- internal ---

/** Stands in the released code's texts for a context token. */
const PLACEHOLDER = "X";

/** Fills a sequence after its end token. */
const PADDING_TOKEN = 0;

/** A text as the released code holds it. */
interface Sequence {
  /** [77]: start, placeholders, words, end, padding. The end token is looked up in them. */
  ids: Int32Array;
  /** [1, width]: the embedding of the start token. */
  prefix: Float32Array;
  /** [76 - E, width]: the embeddings of all that follows the context. */
  suffix: Float32Array;
}

function releasedWords(path: string, { normal, abnormal, object }: PromptTemplates) {
  if (normal.length !== 1 || abnormal.length !== 1 || object === null) {
    const found = `${normal.length} normal and ${abnormal.length} abnormal ones${object === null ? ", and each object's own name" : ""}`;
    const what = `the released format holds one template a state and one name for all objects, the prompts have ${found}`;
    throw new AnomalyClipError("E_PROMPTS", `${path}: ${what}; keep them as safetensors`);
  }
  return { normal: normal[0]!.replaceAll("{}", object), abnormal: abnormal[0]!.replaceAll("{}", object) };
}

async function readSequence(clip: ClipWeights, words: string, contextLength: number): Promise<Sequence> {
  const tokenizer = await loadTokenizer();
  const ids = tokenizer.tokenize(`${`${PLACEHOLDER} `.repeat(contextLength)}${words}.`);
  const prefix = await embed(clip, ids.subarray(0, 1));
  const suffix = await embed(clip, ids.subarray(1 + contextLength));
  return { ids, prefix, suffix };
}

/**
 * The embeddings of `ids`, [ids, width]. A small model need not know the padding; zeros do as well, for the text encoder is
 * causal and its output is read at the end token, which comes before all padding.
 */
async function embed(clip: ClipWeights, ids: Int32Array): Promise<Float32Array> {
  const { width } = clip.config.text;
  const knowsPadding = (await tokenRows(clip))(PADDING_TOKEN) !== undefined;
  const distinct = [...new Set(ids)].filter((id) => id !== PADDING_TOKEN || knowsPadding);
  const { values } = await readTokenEmbeddings(clip, distinct);
  const embeddings = new Float32Array(ids.length * width);
  for (const [position, id] of ids.entries()) {
    const row = distinct.indexOf(id);
    if (row >= 0) embeddings.set(values.subarray(row * width, (row + 1) * width), position * width);
  }
  return embeddings;
}

function buffers(state: "pos" | "neg", { ids, prefix, suffix }: Sequence, width: number): TensorToWrite[] {
  return [
    float32(`token_prefix_${state}`, [1, 1, 1, width], prefix),
    float32(`token_suffix_${state}`, [1, 1, suffix.length / width, width], suffix),
    { name: `tokenized_prompts_${state}`, dtype: "I32", shape: [1, 1, CONTEXT_LENGTH], data: ids },
  ];
}

/** Outputs of the projections below, a constant of the released code. */
const PROJECTION_OUTPUTS = 896;

/**
 * The deep prompts, and for each a projection that the released code creates, saves and never calls. Zeros satisfy its
 * `load_state_dict`, and one array of them serves all.
 */
function deepPrompts({ deepPrompts, deepLength, width }: PromptCheckpoint): TensorToWrite[] {
  const weight = new Float32Array(PROJECTION_OUTPUTS * width);
  const bias = new Float32Array(PROJECTION_OUTPUTS);
  return deepPrompts.flatMap((data, i) => [
    float32(`compound_prompts_text.${i}`, [deepLength, width], data),
    float32(`compound_prompt_projections.${i}.weight`, [PROJECTION_OUTPUTS, width], weight),
    float32(`compound_prompt_projections.${i}.bias`, [PROJECTION_OUTPUTS], bias),
  ]);
}

function float32(name: string, shape: readonly number[], data: Float32Array): TensorToWrite {
  return { name, dtype: "F32", shape, data };
}
