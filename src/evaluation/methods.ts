/** The methods of an evaluation: learned prompts, and hand-written ones on CLIP's own attention, under the same weights. */

import { basename } from "node:path";
import type { HandWritten } from "../anomalyclip/hand-written-prompts.ts";
import { requireKnownObject } from "../anomalyclip/known-words.ts";
import { readTemplates } from "../anomalyclip/prompt-templates.ts";
import { resolveSettings, type Settings } from "../anomalyclip/settings.ts";
import { handWrittenFeatures, promptFeatures } from "../anomalyclip/text-features.ts";
import { AnomalyClipError } from "../errors.ts";
import { objectName } from "../training/prompt-side.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";
import type { PromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import type { FeaturePath, MethodTexts } from "./scorer.ts";

/** A method that is ready to be asked about any class. */
export interface Method {
  name: string;
  description: string;
  path: FeaturePath;
  /** Of what the class is called. Computed once for each name. */
  texts(className: string): Promise<MethodTexts>;
}

/** A prompt file that was read. */
export interface LearnedPrompts {
  path: string;
  prompts: PromptCheckpoint;
}

export const BASELINE_NAMES: Readonly<Record<HandWritten, string>> = { clip: "CLIP", "clip-ac": "CLIP-AC" };

/**
 * The methods, learned ones first. One prompt file is called `AnomalyCLIP`, several by the names of their files.
 *
 * @param object what every class is called in prompts that name what they look at. Default: the class's own name, as
 *   prompts are learned with it
 * @throws AnomalyClipError E_CONFIG for prompt files that cannot be told apart, or not from a baseline
 */
export function methodsOf(
  clip: ClipWeights,
  learned: readonly LearnedPrompts[],
  baselines: readonly HandWritten[],
  baselinePath: FeaturePath,
  object: string | undefined,
): Method[] {
  const nameOf = (className: string) => object ?? objectName(className);
  const names = namesOf(learned, baselines);
  return [
    ...learned.map(({ prompts }, i): Method => {
      const agnostic = readTemplates(prompts.metadata).object !== null;
      return {
        name: names[i]!,
        description: agnostic ? "learned prompts, object-agnostic" : "learned prompts that name the object",
        path: "dpam",
        texts: once(agnostic ? () => "" : nameOf, (name) => learnedTexts(clip, prompts, name || undefined)),
      };
    }),
    ...baselines.map(
      (kind): Method => ({
        name: BASELINE_NAMES[kind],
        description: `${WORDS[kind]}${baselinePath === "original" ? ", CLIP's own attention" : ""}`,
        path: baselinePath,
        texts: once(nameOf, async (name) => {
          await requireKnownObject(clip, name);
          const texts = await handWrittenFeatures(clip, kind, name);
          return { image: texts, pixel: texts };
        }),
      }),
    ),
  ];
}

/**
 * The settings that all prompt files agree on, with the caller's.
 *
 * @param inherited metadata of a prompt file whose settings hold where there are no prompt files
 * @throws AnomalyClipError E_CONFIG where two files were learned with different ones
 */
export function commonSettings(
  clip: ClipWeights,
  learned: readonly LearnedPrompts[],
  inherited: Readonly<Record<string, string>>,
  given: Partial<Settings>,
): Settings {
  const all = learned.map(({ prompts }) => resolveSettings(clip.config, prompts.metadata, given));
  const settings = all[0] ?? resolveSettings(clip.config, inherited, given);
  for (const [i, other] of all.entries()) {
    for (const name of ["imageSize", "views", "layers", "dpamFrom", "attention", "temperature", "sigma"] as const) {
      if (String(other[name]) === String(settings[name])) continue;
      throw new AnomalyClipError(
        "E_CONFIG",
        `${learned[i]!.path} was learned with ${name} ${other[name]}, ${learned[0]!.path} with ${settings[name]}: ` +
          "give one for all as an option, or evaluate them one at a time",
      );
    }
  }
  return settings;
}

// --- internal ---

const WORDS: Readonly<Record<HandWritten, string>> = {
  clip: "one hand-written sentence a state",
  "clip-ac": "hand-written prompt ensemble",
};

async function learnedTexts(clip: ClipWeights, prompts: PromptCheckpoint, object?: string): Promise<MethodTexts> {
  if (object !== undefined) await requireKnownObject(clip, object);
  const image = await promptFeatures(clip, prompts, object);
  return { image, pixel: prompts.pixel ? await promptFeatures(clip, prompts, object, prompts.pixel) : image };
}

function once(
  keyOf: (className: string) => string,
  compute: (key: string) => Promise<MethodTexts>,
): (className: string) => Promise<MethodTexts> {
  const known = new Map<string, Promise<MethodTexts>>();
  return (className) => {
    const key = keyOf(className);
    const texts = known.get(key) ?? compute(key);
    known.set(key, texts);
    return texts;
  };
}

/** Figures are kept by name, so no two methods may have the same. */
function namesOf(learned: readonly LearnedPrompts[], baselines: readonly HandWritten[]): string[] {
  if (learned.length === 1) return ["AnomalyCLIP"];
  const taken = baselines.map((kind) => BASELINE_NAMES[kind]);
  const stems = learned.map(({ path }) => basename(path).replace(/\.[^.]*$/, ""));
  if (areUnique([...stems, ...taken])) return stems;
  const paths = learned.map(({ path }) => path);
  if (!areUnique(paths)) throw new AnomalyClipError("E_CONFIG", "the same prompt file is given twice");
  const clash = taken.find((name) => paths.includes(name));
  if (clash !== undefined) {
    const message = `the prompt file ${clash} is called like a baseline: give it another name, or as ./${clash}`;
    throw new AnomalyClipError("E_CONFIG", message);
  }
  return paths;
}

function areUnique(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}
