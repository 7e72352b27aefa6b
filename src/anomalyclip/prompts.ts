/**
 * The two learned prompts (section 3.2 of the paper): "[V1]..[VE][object]" and "[W1]..[WE][damaged][object]", with deep
 * tokens inside the text encoder's layers.
 */

import type { Parameters } from "../clip/parameters.ts";
import { encodeTokens } from "../clip/text.ts";
import { readTokenEmbeddings, type TokenEmbeddings } from "../clip/token-embeddings.ts";
import { END_TOKEN, loadTokenizer, START_TOKEN } from "../clip/tokenizer.ts";
import { concat, reshape } from "../graph/layout.ts";
import { constant, integers, type Tensor } from "../graph/tensor.ts";
import type { ClipConfig } from "../weights/clip-config.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";

/** The words after the context tokens; `{}` is the object's name. */
export interface PromptTemplates {
  /** Default: `{}`. */
  normal: string;
  /** Default: `damaged {}`. */
  abnormal: string;
  /** What fills `{}`. Default: `object`, which makes the prompts object-agnostic. */
  object: string;
}

export const OBJECT_AGNOSTIC: PromptTemplates = { normal: "{}", abnormal: "damaged {}", object: "object" };

/** What is learned. Nothing else in the model has a gradient. */
export interface PromptParameters {
  /** [E, width] */
  contextNormal: Tensor;
  /** [E, width] */
  contextAbnormal: Tensor;
  /** Each [L, width], shared by both prompts; the i-th enters before block i + 1 (0-based). */
  deepPrompts: readonly Tensor[];
}

/**
 * Embeddings of the tokens of both prompts but for the context tokens: the start of text, the words that follow the
 * context with the full stop that the released code writes, and the end of text.
 */
export async function promptTokens(
  clip: ClipWeights,
  { normal, abnormal, object }: PromptTemplates,
): Promise<[TokenEmbeddings, TokenEmbeddings]> {
  const tokenizer = await loadTokenizer();
  const read = (template: string) => {
    const words = tokenizer.encodeText(`${template.replaceAll("{}", object)}.`);
    return readTokenEmbeddings(clip, [START_TOKEN, ...words, END_TOKEN]);
  };
  return [await read(normal), await read(abnormal)];
}

/**
 * Text features [2, embed] of the two prompts, normal first, not normalised.
 *
 * @param endings the tokens around the contexts, from {@link promptTokens}
 */
export function encodePrompts(
  parameters: Parameters,
  config: ClipConfig,
  prompts: PromptParameters,
  endings: readonly [TokenEmbeddings, TokenEmbeddings],
): Tensor {
  const { width } = config.text;
  const contexts = [prompts.contextNormal, prompts.contextAbnormal];
  const lengths = endings.map(({ ids }, i) => contexts[i]!.shape[0]! + ids.length);
  const longest = Math.max(...lengths);
  const rows = endings.map(({ ids, values }, i) => {
    // [start][context][ending][end of text], and nothing after it matters
    const [start, rest] = [values.subarray(0, width), values.subarray(width)];
    const parts = [constant(start, [1, width]), contexts[i]!, constant(rest, [ids.length - 1, width])];
    const missing = longest - lengths[i]!;
    if (missing > 0) {
      parts.push(constant(new Float32Array(missing * width), [missing, width]));
    }
    return reshape(concat(parts, 0), [1, longest, width]);
  });
  const ends = integers(lengths.map((length, i) => i * longest + length - 1));
  return encodeTokens(parameters, config, concat(rows, 0), ends, prompts.deepPrompts);
}
