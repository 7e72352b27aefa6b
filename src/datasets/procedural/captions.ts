/** What is said about a picture: a small vocabulary of plain sentences that name the thing and tell its state. */
import { categories } from "./categories.ts";
import type { DefectInfo } from "./defects/kind.ts";
import { defects } from "./defects.ts";
import type { CategoryInfo } from "./surface.ts";

/** Words for a thing without a defect; every one also stands alone before the noun: "flawless gear". */
export const normalWords = [
  "normal",
  "perfect",
  "flawless",
  "intact",
  "undamaged",
  "unblemished",
  "good",
  "clean",
] as const;

/** Words for a thing with any defect. */
export const abnormalWords = [
  "damaged",
  "defective",
  "broken",
  "flawed",
  "abnormal",
  "anomalous",
  "blemished",
  "imperfect",
  "bad",
] as const;

/** Where `*` is the noun with its state word and article: "a damaged gear". */
const frames = ["*", "a photo of *", "a close-up photo of *", "a picture of *", "an image of *", "this is *"] as const;
const normalEndings = [
  "without defects",
  "without any damage",
  "without flaws",
  "in perfect condition",
  "with no defect",
] as const;
const abnormalEndings = ["with a defect", "with damage", "with a flaw", "with defects", "in bad condition"] as const;

/** The captions of a picture, by what they give away. */
export interface Captions {
  /** Name the category or its material and tell its state: "a flawless gear", "a photo of a gear with a scratch". */
  captions: readonly string[];
  /** The same with the name dropped: "a damaged object", "undamaged surface". */
  objectCaptions: readonly string[];
  /** Say nothing of the state, so they fit normal and abnormal pictures alike: "a photo of a gear", "object". */
  plainCaptions: readonly string[];
}

const known = new Map<string, Captions>();

/** All captions that fit a category with that defect, or without one. */
export function captionsFor(category: CategoryInfo, defect: DefectInfo | null): Captions {
  const key = `${category.name}/${defect?.name ?? ""}`;
  const found = known.get(key);
  if (found) return found;
  const generic = category.kind === "texture" ? ["object", "surface"] : ["object"];
  const made = {
    captions: [category.noun, materialNoun(category)].flatMap((noun) => describeState(noun, defect)),
    objectCaptions: generic.flatMap((noun) => describeState(noun, defect)),
    plainCaptions: [category.noun, materialNoun(category), ...generic].flatMap((noun) => [
      noun,
      ...frames.map((frame) => fill(frame, noun)),
    ]),
  };
  known.set(key, made);
  return made;
}

/** Every caption that any picture can have, each once, in a fixed order: the source of a vocabulary. */
export function listCaptions(): string[] {
  const texts = new Set<string>();
  for (const category of categories) {
    for (const defect of [null, ...defects.filter((kind) => kind.appliesTo(category))]) {
      const { captions, objectCaptions, plainCaptions } = captionsFor(category, defect);
      for (const text of [...captions, ...objectCaptions, ...plainCaptions]) texts.add(text);
    }
  }
  return [...texts];
}

/** What it is made of, in place of what it is: "metal surface", "wood object", "medical scan". */
function materialNoun({ material, scan, kind }: CategoryInfo): string {
  if (scan && material === "tissue") return "medical scan";
  return `${material} ${kind === "texture" ? "surface" : "object"}`;
}

/** All wordings for one noun and state. */
function describeState(noun: string, defect: DefectInfo | null): string[] {
  const texts: string[] = [];
  for (const word of defect ? abnormalWords : normalWords) {
    texts.push(`${word} ${noun}`, ...frames.map((frame) => fill(frame, `${word} ${noun}`)));
  }
  for (const ending of defect ? abnormalEndings : normalEndings) {
    texts.push(...frames.map((frame) => `${fill(frame, noun)} ${ending}`));
  }
  if (!defect) return texts;
  texts.push(`${defect.adjective} ${noun}`, `${noun} with ${defect.wording}`, `damaged ${noun} with ${defect.wording}`);
  for (const frame of frames) {
    texts.push(fill(frame, `${defect.adjective} ${noun}`), `${fill(frame, noun)} with ${defect.wording}`);
  }
  return texts;
}

/** Puts words with their article into a frame. */
function fill(frame: string, words: string): string {
  return frame.replace("*", `${/^[aeiou]/.test(words) ? "an" : "a"} ${words}`);
}
