/** Which words a small model, which keeps a part of CLIP's vocabulary, does not know. */

import { tokenRows } from "../clip/token-embeddings.ts";
import { loadTokenizer } from "../clip/tokenizer.ts";
import { AnomalyClipError } from "../errors.ts";
import { printable } from "../printable.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";

/** The words of texts that the model has no token for, each once, in the order in which they first occur. */
export async function unknownWords(clip: ClipWeights, texts: readonly string[]): Promise<string[]> {
  const tokenizer = await loadTokenizer();
  const rowOf = await tokenRows(clip);
  const words = new Set(texts.flatMap((text) => text.match(WORD) ?? []));
  return [...words].filter((word) => tokenizer.encodeText(word).some((id) => rowOf(id) === undefined));
}

/** @throws AnomalyClipError E_PROMPTS when the model does not know a word of an object's name, which is told */
export async function requireKnownObject(clip: ClipWeights, object: string): Promise<void> {
  const unknown = await unknownWords(clip, [object]);
  if (unknown.length > 0) {
    const message = `${clip.path}: this small model does not know ${quoteWords(unknown)}; use other words for the object, such as "object", or another model`;
    throw new AnomalyClipError("E_PROMPTS", message);
  }
}

/** Some words in quotes, the others counted: `the words "gizmo", "widget" and 3 more`. */
export function quoteWords(words: readonly string[]): string {
  const shown = words.slice(0, SHOWN).map((word) => `"${printable(word.slice(0, LONGEST))}"`);
  const rest = words.length > SHOWN ? ` and ${words.length - SHOWN} more` : "";
  return `the word${words.length === 1 ? "" : "s"} ${shown.join(", ")}${rest}`;
}

// --- internal ---

const SHOWN = 3;
const LONGEST = 40;

/** Marks at the end of a word are pieces of their own to the tokenizer too. */
const WORD = /[^\s.,;:!?]+|[.,;:!?]/gu;
