/** The same question in several wordings: hand-written prompts, learned ones that name the object, learned ones that do not. */

import { type HandWritten, handWrittenTexts } from "../anomalyclip/hand-written-prompts.ts";
import { quoteWords, requireKnownObject, unknownWords } from "../anomalyclip/known-words.ts";
import { readTemplates } from "../anomalyclip/prompt-templates.ts";
import { handWrittenFeatures, promptFeatures, type TextFeatures } from "../anomalyclip/text-features.ts";
import { AnomalyClipError } from "../errors.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";
import type { PromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import type { OpenedModel } from "./open-model.ts";

/** The pair of texts that pictures are scored with, and the one that maps are made with. */
export interface VariantTexts {
  image: TextFeatures;
  pixel: TextFeatures;
}

/** One wording. */
export interface PromptVariant {
  /** Short, for a heading. */
  name: string;
  /** One sentence for those who do not know the name. */
  description: string;
  texts: VariantTexts;
}

/** A wording that this model cannot be asked in. */
export interface MissingVariant {
  name: string;
  /** Why, and what to do. */
  reason: string;
}

export interface PromptVariants {
  /** The prompts that are explained. */
  learned: PromptVariant;
  /** Those to compare them with, in the order in which they are shown before them. */
  others: PromptVariant[];
  missing: MissingVariant[];
}

/**
 * @param given what the picture shows. Default: `object`
 * @throws AnomalyClipError E_PROMPTS when prompts belong to another backbone, or the model does not know a word of `given`
 */
export async function promptVariants(model: OpenedModel, given?: string): Promise<PromptVariants> {
  const { clip } = model;
  if (given !== undefined && clip.hasText) await requireKnownObject(clip, given);
  const object = given ?? "object";
  const missing: MissingVariant[] = [];
  const learned = await learnedVariant(clip, model.learned, object);
  const others: PromptVariant[] = [];
  for (const kind of ["clip", "clip-ac"] as const) {
    const reason = await whyNotWritten(clip, kind, object);
    if (reason !== null) missing.push({ name: NAMES[kind], reason });
    else others.push(await handWrittenVariant(clip, kind, object));
  }
  if (model.objectAware !== null) others.push(await learnedVariant(clip, model.objectAware, object));
  else if (readTemplates(model.learned.metadata).object !== null) {
    missing.push({
      name: "Learned prompts that name the object",
      reason:
        "none were given; anomalyclip train --object-aware learns some, and --object-aware-prompts shows them here",
    });
  }
  return { learned, others, missing };
}

/**
 * Learned prompts.
 *
 * @param object what prompts that name the object name; others pass it over
 * @throws AnomalyClipError E_PROMPTS when the prompts belong to another backbone, or the model does not know a word
 */
export async function learnedVariant(
  clip: ClipWeights,
  prompts: PromptCheckpoint,
  object: string,
): Promise<PromptVariant> {
  const aware = readTemplates(prompts.metadata).object === null;
  const name = aware ? object : undefined;
  if (aware && clip.hasText) await requireKnownObject(clip, object);
  const image = await promptFeatures(clip, prompts, name);
  const pixel = prompts.pixel ? await promptFeatures(clip, prompts, name, prompts.pixel) : image;
  for (const { length } of [image.normal, pixel.normal]) requireFit(clip, length);
  return {
    name: aware ? "Learned, object-aware" : "Learned, object-agnostic",
    description: aware ? `learned words that are followed by “${object}”` : "learned words that fit any object",
    texts: { image, pixel },
  };
}

// --- internal ---

const NAMES: Record<HandWritten, string> = { clip: "CLIP", "clip-ac": "CLIP-AC" };

async function handWrittenVariant(clip: ClipWeights, kind: HandWritten, object: string): Promise<PromptVariant> {
  const { normal, abnormal } = handWrittenTexts(kind, object);
  const texts = await handWrittenFeatures(clip, kind, object);
  const description =
    kind === "clip"
      ? `one hand-written sentence a state, “${normal[0]}” and “${abnormal[0]}”`
      : `the mean of ${normal.length} hand-written sentences about a normal ${object} and of ${abnormal.length} about a damaged one`;
  return { name: NAMES[kind], description, texts: { image: texts, pixel: texts } };
}

/** @returns null where the model can be asked */
async function whyNotWritten(clip: ClipWeights, kind: HandWritten, object: string): Promise<string | null> {
  if (!clip.hasText) return "the model has no text encoder";
  const { normal, abnormal } = handWrittenTexts(kind, object);
  const unknown = await unknownWords(clip, [...normal, ...abnormal]);
  return unknown.length === 0 ? null : `this small model does not know ${quoteWords(unknown)}`;
}

/** Prompts may carry their text features, of any length. */
function requireFit({ config, path }: ClipWeights, length: number): void {
  if (length !== config.embedDim) {
    throw new AnomalyClipError(
      "E_PROMPTS",
      `the prompts' text features have ${length} numbers, the features of ${path} ${config.embedDim}: they belong to another backbone`,
    );
  }
}
