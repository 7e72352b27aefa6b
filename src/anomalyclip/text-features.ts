/** Features of written texts and of learned prompts, computed once: detection keeps two vectors of them. */

import { frozenParameters } from "../clip/parameters.ts";
import { encodeTokens } from "../clip/text.ts";
import { readTokenEmbeddings } from "../clip/token-embeddings.ts";
import { END_TOKEN, loadTokenizer, START_TOKEN } from "../clip/tokenizer.ts";
import { AnomalyClipError } from "../errors.ts";
import { unitLength } from "../graph/normalize.ts";
import { constant, integers } from "../graph/tensor.ts";
import { evaluate } from "../runtime/session.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";
import type { PromptCheckpoint, PromptSet } from "../weights/prompt-checkpoint.ts";
import { type HandWritten, handWrittenTexts } from "./hand-written-prompts.ts";
import { readTemplates } from "./prompt-templates.ts";
import { constantSequences, encodePrompts, promptWords } from "./prompts.ts";

/** The two unit vectors, each [embed], that all of a prompt checkpoint comes down to at detection. */
export interface TextFeatures {
  normal: Float32Array;
  abnormal: Float32Array;
}

/** Texts encoded at once; bounds memory where an ensemble has hundreds. */
const BATCH = 64;

/**
 * Features of texts as CLIP computes them, not normalised, one [embed] for each text.
 *
 * @throws AnomalyClipError E_PROMPTS when a text does not fit the model's context
 */
export async function encodeTexts(clip: ClipWeights, texts: readonly string[]): Promise<Float32Array[]> {
  const tokenizer = await loadTokenizer();
  const { width, contextLength } = clip.config.text;
  const parameters = await frozenParameters(clip);
  const sequences = texts.map((text) => {
    const ids = [START_TOKEN, ...tokenizer.encodeText(text), END_TOKEN];
    if (ids.length > contextLength) {
      throw new AnomalyClipError(
        "E_PROMPTS",
        `text of ${ids.length} tokens, the model takes ${contextLength}: "${text.slice(0, 60)}..."`,
      );
    }
    return ids;
  });
  const distinct = [...new Set(sequences.flat())];
  const { values } = await readTokenEmbeddings(clip, distinct);
  const rowOf = new Map(distinct.map((id, row) => [id, row]));

  const features: Float32Array[] = [];
  for (let start = 0; start < sequences.length; start += BATCH) {
    const batch = sequences.slice(start, start + BATCH);
    const longest = Math.max(...batch.map((ids) => ids.length));
    const embeddings = new Float32Array(batch.length * longest * width);
    batch.forEach((ids, i) => {
      ids.forEach((id, position) => {
        const row = rowOf.get(id)! * width;
        embeddings.set(values.subarray(row, row + width), (i * longest + position) * width);
      });
    });
    const ends = integers(batch.map((ids, i) => i * longest + ids.length - 1));
    const input = constant(embeddings, [batch.length, longest, width]);
    const { y } = await evaluate({ y: encodeTokens(parameters, clip.config, input, ends) });
    const { embedDim } = clip.config;
    batch.forEach((_, i) => {
      features.push(y!.slice(i * embedDim, (i + 1) * embedDim));
    });
  }
  return features;
}

/** The unit mean of the unit features of several texts about one state: how the released code averages an ensemble. */
export function averageDirection(features: readonly Float32Array[]): Float32Array {
  const mean = new Float64Array(features[0]!.length);
  for (const feature of features) {
    const norm = Math.hypot(...feature);
    feature.forEach((value, i) => {
      mean[i]! += value / norm;
    });
  }
  const norm = Math.hypot(...mean);
  return Float32Array.from(mean, (value) => value / norm);
}

/**
 * The text features of hand-written prompts about `object`.
 *
 * @throws AnomalyClipError E_PROMPTS when the object's name does not fit the model's context or vocabulary
 */
export async function handWrittenFeatures(clip: ClipWeights, kind: HandWritten, object: string): Promise<TextFeatures> {
  const { normal, abnormal } = handWrittenTexts(kind, object);
  const features = await encodeTexts(clip, [...normal, ...abnormal]);
  return {
    normal: averageDirection(features.slice(0, normal.length)),
    abnormal: averageDirection(features.slice(normal.length)),
  };
}

/**
 * The text features of learned prompts: those in their file, else computed by the text encoder.
 *
 * @param set the prompts for pictures' scores, or those for maps where a file has a second set
 * @param object what object-aware prompts are to look at; prompts that name their object (`object`) take none
 * @throws AnomalyClipError E_PROMPTS when the prompts were not learned for this text encoder, with both sizes; E_CONFIG
 *   when an object is missing or not wanted
 */
export async function promptFeatures(
  clip: ClipWeights,
  prompts: PromptCheckpoint,
  object?: string,
  set: PromptSet = prompts,
): Promise<TextFeatures> {
  const templates = readTemplates(prompts.metadata);
  if (templates.object === null && object === undefined) {
    throw new AnomalyClipError("E_CONFIG", "these prompts name what they look at: say what it is (--object bottle)");
  }
  if (templates.object !== null && object !== undefined) {
    throw new AnomalyClipError(
      "E_CONFIG",
      `these prompts were learned for any "${templates.object}" and take no other name (${object})`,
    );
  }
  if (set.textFeatures !== undefined) {
    return set.textFeatures;
  }
  checkFit(clip, prompts);
  const { contextLength, deepLength, width } = prompts;
  const learned = {
    contextNormal: constant(set.contextNormal, [contextLength, width]),
    contextAbnormal: constant(set.contextAbnormal, [contextLength, width]),
    deepPrompts: set.deepPrompts.map((deep) => constant(deep, [deepLength, width])),
  };
  const words = await promptWords(clip, templates, [templates.object ?? object!], contextLength);
  const sequences = constantSequences(words, contextLength);
  const features = unitLength(encodePrompts(await frozenParameters(clip), clip.config, learned, sequences));
  const { embedDim } = clip.config;
  const { y } = await evaluate({ y: features });
  return { normal: y!.slice(0, embedDim), abnormal: y!.slice(embedDim) };
}

/** @throws AnomalyClipError E_PROMPTS when prompts cannot belong to a text encoder */
export function checkFit({ config, path, hasText }: ClipWeights, { width, deepPrompts }: PromptCheckpoint): void {
  const { text } = config;
  if (!hasText) {
    throw new AnomalyClipError("E_PROMPTS", `${path} has no text encoder, which these prompts need`);
  }
  if (width !== text.width) {
    throw new AnomalyClipError(
      "E_PROMPTS",
      `the prompts are ${width} wide, the text encoder of ${path} is ${text.width}: they belong to another backbone`,
    );
  }
  if (deepPrompts.length >= text.layers) {
    throw new AnomalyClipError(
      "E_PROMPTS",
      `the prompts reach ${deepPrompts.length + 1} blocks deep, the text encoder of ${path} has ${text.layers}`,
    );
  }
}
