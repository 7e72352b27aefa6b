/**
 * The learned prompts (section 3.2 of the paper): "[V1]..[VE][object]" and "[W1]..[WE][damaged][object]", with deep
 * tokens inside the text encoder's layers.
 */

import type { Parameters } from "../clip/parameters.ts";
import { encodeTokens } from "../clip/text.ts";
import { readTokenEmbeddings, tokenRows } from "../clip/token-embeddings.ts";
import { END_TOKEN, loadTokenizer, START_TOKEN } from "../clip/tokenizer.ts";
import { AnomalyClipError } from "../errors.ts";
import { concat, expand, reshape } from "../graph/layout.ts";
import { matmul } from "../graph/linear.ts";
import { unitLength } from "../graph/normalize.ts";
import { constant, integers, type Tensor } from "../graph/tensor.ts";
import type { ClipConfig } from "../weights/clip-config.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";
import type { PromptTemplates } from "./prompt-templates.ts";

/** What is learned. Nothing else in the model has a gradient. */
export interface PromptParameters {
  /** [E, width] */
  contextNormal: Tensor;
  /** [E, width] */
  contextAbnormal: Tensor;
  /** Each [L, width], shared by both prompts; the i-th enters before block i + 1 (0-based). */
  deepPrompts: readonly Tensor[];
}

/** Embeddings of the words around the contexts, for each object's normal and then abnormal templates. */
export interface PromptWords {
  objects: number;
  /** Prompts of an object: the first `normal` say that it is normal, the rest that it is not. */
  prompts: number;
  normal: number;
  /** [width]: the start of text. */
  start: Float32Array;
  /** Tokens in the longest row of `words`. */
  longest: number;
  /** [objects, prompts, longest, width]: words, the full stop that the released code writes, end of text, zeros. */
  words: Float32Array;
  /** Tokens in each row of `words` up to its end of text, [objects · prompts]. */
  lengths: readonly number[];
}

/** {@link PromptWords} in a graph. */
export interface PromptSequences extends Pick<PromptWords, "objects" | "prompts" | "normal"> {
  /** [width] */
  start: Tensor;
  /** [objects · prompts, longest, width] */
  words: Tensor;
  /** int64 [objects · prompts]: row of each end of text among the rows of all sequences. */
  ends: Tensor;
}

/**
 * Reads the embeddings of the words that templates make of objects.
 *
 * @throws AnomalyClipError E_PROMPTS when a prompt does not fit the text encoder, or the model does not know a word
 */
export async function promptWords(
  clip: ClipWeights,
  { normal, abnormal }: PromptTemplates,
  objects: readonly string[],
  contextLength: number,
): Promise<PromptWords> {
  const { width, contextLength: limit } = clip.config.text;
  const tokenizer = await loadTokenizer();
  const rowOf = await tokenRows(clip);
  const sequences = objects.flatMap((object) =>
    [...normal, ...abnormal].map((template) => {
      const text = `${template.replaceAll("{}", object)}.`;
      const ids = [...tokenizer.encodeText(text), END_TOKEN];
      const total = 1 + contextLength + ids.length;
      if (total > limit) {
        throw new AnomalyClipError(
          "E_PROMPTS",
          `the prompt "${text.slice(0, 60)}" has ${total} tokens with its context, the text encoder of ${clip.path} takes ${limit}`,
        );
      }
      if (ids.some((id) => rowOf(id) === undefined)) {
        throw new AnomalyClipError(
          "E_PROMPTS",
          `${clip.path}: this small model knows few words, and not all of the prompt "${text.slice(0, 60)}": use other words or another model`,
        );
      }
      return ids;
    }),
  );
  const distinct = [...new Set([START_TOKEN, ...sequences.flat()])];
  const { values } = await readTokenEmbeddings(clip, distinct);
  const embedding = (id: number) => {
    const row = distinct.indexOf(id);
    return values.subarray(row * width, (row + 1) * width);
  };
  const longest = Math.max(...sequences.map((ids) => ids.length));
  const words = new Float32Array(sequences.length * longest * width);
  sequences.forEach((ids, i) => {
    ids.forEach((id, position) => {
      words.set(embedding(id), (i * longest + position) * width);
    });
  });
  return {
    objects: objects.length,
    prompts: normal.length + abnormal.length,
    normal: normal.length,
    start: embedding(START_TOKEN).slice(),
    longest,
    words,
    lengths: sequences.map((ids) => ids.length),
  };
}

/** Positions of the ends of text, for {@link PromptSequences}. */
export function promptEnds({ lengths, longest }: PromptWords, contextLength: number): number[] {
  const tokens = 1 + contextLength + longest;
  return lengths.map((length, i) => i * tokens + contextLength + length);
}

/** Words that are part of the graph. */
export function constantSequences(words: PromptWords, contextLength: number): PromptSequences {
  const width = words.start.length;
  return {
    ...words,
    start: constant(words.start),
    words: constant(words.words, [words.objects * words.prompts, words.longest, width]),
    ends: integers(promptEnds(words, contextLength)),
  };
}

/**
 * Text features [objects · 2, embed], for each object normal first. They are as CLIP computes them where there is one
 * template for each state; of several, each state's feature is the mean of their unit features.
 */
export function encodePrompts(
  parameters: Parameters,
  config: ClipConfig,
  learned: PromptParameters,
  { objects, prompts, normal, start, words, ends }: PromptSequences,
): Tensor {
  const { width } = config.text;
  const [count, longest] = words.shape as [number, number];
  const contextLength = learned.contextNormal.shape[0]!;
  // [objects, prompts, E, width]: the context of each prompt's state
  const contexts = concat(
    Array.from({ length: prompts }, (_, i) =>
      reshape(i < normal ? learned.contextNormal : learned.contextAbnormal, [1, contextLength, width]),
    ),
    0,
  );
  const repeated = expand(reshape(contexts, [1, prompts * contextLength * width]), [
    objects,
    prompts * contextLength * width,
  ]);
  // [start][context][words][end of text], and nothing after it matters
  const sequences = concat(
    [
      expand(reshape(start, [1, 1, width]), [count, 1, width]),
      reshape(repeated, [count, contextLength, width]),
      reshape(words, [count, longest, width]),
    ],
    1,
  );
  const features = encodeTokens(parameters, config, sequences, ends, learned.deepPrompts);
  if (prompts === 2) {
    return features;
  }
  const average = new Float32Array(2 * prompts);
  for (let i = 0; i < prompts; i++) {
    average[i < normal ? i : prompts + i] = 1 / (i < normal ? normal : prompts - normal);
  }
  const grouped = reshape(unitLength(features), [objects, prompts, config.embedDim]);
  return reshape(matmul(constant(average, [2, prompts]), grouped), [objects * 2, config.embedDim]);
}
