/** CLIP's tokenizer: the rules of OpenAI's `simple_tokenizer.py` around a library's byte-pair merging. */

import { AnomalyClipError } from "../errors.ts";
import { unescapeHtml } from "./unescape-html.ts";
import { loadVocabulary } from "./vocabulary.ts";

/** Id of `<|startoftext|>`, the first token of every sequence. */
export const START_TOKEN = 49406;

/** Id of `<|endoftext|>`, the largest id there is: CLIP reads a text's feature at the position of this token. */
export const END_TOKEN = 49407;

/** Positions that the text encoders of all released CLIP models have. */
export const CONTEXT_LENGTH = 77;

/** Turns captions into token ids. */
export interface Tokenizer {
  /**
   * The ids of one sequence: start, text, end, then zeros up to `contextLength`.
   *
   * @param contextLength positions of the text encoder, at least 2. Default: 77.
   * @param options.truncate cut a text that is too long and end it with the end token. Default: false.
   * @returns ids, `[contextLength]`
   * @throws AnomalyClipError `E_PROMPTS` when the text does not fit and `truncate` is not set, as released CLIP does
   * @throws RangeError when `contextLength` is not an integer of at least 2
   */
  tokenize(text: string, contextLength?: number, options?: { truncate?: boolean }): Int32Array;

  /**
   * The ids of the text alone, without start, end and padding.
   *
   * @throws AnomalyClipError `E_PROMPTS` when the text has more than 100,000 characters
   */
  encodeText(text: string): number[];

  /** How many ids `encodeText` gives; a sequence holds two more. */
  countTokens(text: string): number;
}

/**
 * Loads the vocabulary (3.4 MB, about half a second) on the first call and shares it afterwards.
 *
 * Texts are put in Unicode NFC, HTML references are resolved twice and letters are lower-cased.
 * Of the repairs that the released code makes with `ftfy`, NFC is the only one carried over: curly quotes, ligatures and
 * mis-decoded text stay as they are and so give other tokens than there.
 *
 * @example
 * const tokenizer = await loadTokenizer();
 * tokenizer.encodeText("damaged object."); // [13568, 14115, 269]
 */
export function loadTokenizer(): Promise<Tokenizer> {
  loading ??= createTokenizer();
  return loading;
}

// --- internal ---

let loading: Promise<Tokenizer> | undefined;

/** Far above what any prompt needs; keeps the time of one call below a second. */
const MAX_CHARACTERS = 100_000;

const SPECIAL_TOKENS = new Map([
  ["<|startoftext|>", START_TOKEN],
  ["<|endoftext|>", END_TOKEN],
]);

/** Python's `\s` is Unicode's White_Space; JavaScript's `\s` differs from it in U+0085 and U+FEFF. */
const WORD = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/giu;

async function createTokenizer(): Promise<Tokenizer> {
  const encodeWord = await loadWordEncoder();

  function encodeText(text: string): number[] {
    if (text.length > MAX_CHARACTERS) {
      const message = `text of ${text.length} characters: at most ${MAX_CHARACTERS} can be tokenized; shorten it`;
      throw new AnomalyClipError("E_PROMPTS", message);
    }
    const ids: number[] = [];
    for (const [word] of clean(text).matchAll(WORD)) {
      const special = SPECIAL_TOKENS.get(word);
      if (special !== undefined) ids.push(special);
      else for (const id of encodeWord(word)) ids.push(id);
    }
    return ids;
  }

  function tokenize(text: string, contextLength = CONTEXT_LENGTH, options: { truncate?: boolean } = {}): Int32Array {
    if (!Number.isInteger(contextLength) || contextLength < 2) {
      throw new RangeError(`contextLength must be an integer of at least 2, got ${contextLength}`);
    }
    const ids = encodeText(text);
    const room = contextLength - 2;
    if (ids.length > room && !options.truncate) {
      const message = `text ${quote(text)} has ${ids.length} tokens: the text encoder takes ${room}; shorten the text`;
      throw new AnomalyClipError("E_PROMPTS", message);
    }
    const kept = ids.slice(0, room);
    const sequence = new Int32Array(contextLength);
    sequence.set([START_TOKEN, ...kept, END_TOKEN]);
    return sequence;
  }

  return { tokenize, encodeText, countTokens: (text) => encodeText(text).length };
}

/** CLIP also collapses white space; no word of `WORD` holds any, so that step changes nothing here. */
function clean(text: string): string {
  return unescapeHtml(unescapeHtml(text.normalize("NFC"))).toLowerCase();
}

/**
 * Byte-pair encoding of one word. The library merges; it is given single words because its own handling of special tokens
 * looks for them before the text is lower-cased and inside runs of punctuation, which CLIP's expression does not.
 */
async function loadWordEncoder(): Promise<(word: string) => number[]> {
  const [{ ids, merges }, library] = await Promise.all([loadVocabulary(), import("@huggingface/tokenizers")]);
  const definition = {
    version: "1.0",
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
    post_processor: null,
    decoder: null,
    model: { type: "BPE", unk_token: "<|endoftext|>", end_of_word_suffix: "</w>", vocab: ids, merges },
  };
  const bytePairs = new library.Tokenizer(definition, {});
  return (word) => bytePairs.encode(word, { add_special_tokens: false }).ids;
}

function quote(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return JSON.stringify(line.length > 60 ? `${line.slice(0, 57)}...` : line);
}
