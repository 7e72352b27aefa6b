import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { AnomalyClipError } from "../errors.ts";
import { END_TOKEN, loadTokenizer, START_TOKEN, type Tokenizer } from "./tokenizer.ts";
import { loadVocabulary } from "./vocabulary.ts";

const REFERENCE = new URL("../../test/reference/", import.meta.url);

let tokenizer: Tokenizer;
let ids: Record<string, number>;
let ranks: Map<string, number>;

beforeAll(async () => {
  tokenizer = await loadTokenizer();
  const vocabulary = await loadVocabulary();
  ids = vocabulary.ids;
  ranks = new Map(vocabulary.merges.map((pair, rank) => [pair.join(" "), rank]));
});

describe("parity with released CLIP", () => {
  const { texts } = JSON.parse(readFileSync(new URL("reference.json", REFERENCE), "utf8")) as { texts: string[] };
  const expected = readReferenceTokens();

  test.each(texts.map((text, row) => ({ text, row })))("$text", ({ text, row }) => {
    expect([...tokenizer.tokenize(text)]).toEqual(expected.slice(row * 77, (row + 1) * 77));
  });
});

describe("bytes outside ASCII", () => {
  // é is C3 A9 in UTF-8, 😀 is F0 9F 98 80, 中 is E4 B8 AD. A printable byte stands for itself in the vocabulary's
  // spelling, the others (0x80 and so on) are numbered from U+0100 in order: 00-20 first, then 7F-A0, then AD.
  test.each([
    ["é", ["Ã©</w>"]],
    ["É", ["Ã©</w>"]],
    ["e\u0301", ["Ã©</w>"]],
    ["😀", ["ðŁĺĢ</w>"]],
    ["中", ["ä¸", "Ń</w>"]],
  ])("%j is spelled %j", (text, pieces) => {
    expect(tokenizer.encodeText(text)).toEqual(pieces.map((piece) => ids[piece]));
  });

  test("bytes that no merge joins keep their own ids, the last one with the end of the word", () => {
    // U+10348 (a Gothic letter): F0 90 8D 88. Ids: printable bytes 21-7E, A1-AC, AE-FF, then the rest in order.
    const idOf = (byte: number) => (byte >= 0xae ? 106 + byte - 0xae : 188 + 33 + byte - 0x7f);
    expect(tokenizer.encodeText("\u{10348}")).toEqual([idOf(0xf0), idOf(0x90), idOf(0x8d), idOf(0x88) + 256]);
  });

  test("any text gives what plain byte-pair merging over the vocabulary gives", () => {
    const pieces = fc.constantFrom(
      ..."ab'stre129é😀中ñß文!?-_ \t".split(""),
      "😀",
      "the",
      "ing",
      "'RE",
      "<|endoftext|>",
      "½",
    );
    const text = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.array(pieces, { maxLength: 12 }).map((p) => p.join("")),
    );
    const withoutReferences = text.map((t) => t.replaceAll("&", ""));
    fc.assert(
      fc.property(withoutReferences, (t) => {
        expect(tokenizer.encodeText(t)).toEqual(mergeSlowly(t));
      }),
      { numRuns: 300 },
    );
  });
});

describe("cleaning", () => {
  test.each([
    ["  a\n\tb\u0085c ", "a b c"],
    ["A Damaged OBJECT", "a damaged object"],
    ["tom &amp;amp; jerry &lt;3", "tom & jerry <3"],
    ["caf&eacute;", "café"],
  ])("%j reads as %j", (messy, plain) => {
    expect(tokenizer.encodeText(messy)).toEqual(tokenizer.encodeText(plain));
  });

  test("special tokens are found after lower-casing, but not inside a run of punctuation", () => {
    expect(tokenizer.encodeText("a<|ENDOFTEXT|>b")).toEqual([320, END_TOKEN, 321]);
    expect(tokenizer.encodeText("!<|endoftext|>")).not.toContain(END_TOKEN);
  });

  test("names of Object.prototype are words like any other", () => {
    for (const word of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
      expect(tokenizer.encodeText(word)).toEqual(mergeSlowly(word));
    }
  });
});

describe("tokenize", () => {
  test("an empty text is start and end", () => {
    expect([...tokenizer.tokenize("", 4)]).toEqual([START_TOKEN, END_TOKEN, 0, 0]);
  });

  test("a text that fills the context fits, one token more is an error", () => {
    expect([...tokenizer.tokenize("a b c", 5)]).toEqual([START_TOKEN, 320, 321, 322, END_TOKEN]);
    expect(() => tokenizer.tokenize("a b c d", 5)).toThrow(
      new AnomalyClipError("E_PROMPTS", 'text "a b c d" has 4 tokens: the text encoder takes 3; shorten the text'),
    );
  });

  test("truncate keeps the beginning and the end token", () => {
    expect([...tokenizer.tokenize("a b c d", 5, { truncate: true })]).toEqual([START_TOKEN, 320, 321, 322, END_TOKEN]);
  });

  test("a context without room for start and end is refused", () => {
    for (const length of [1, 0, -3, 7.5, Number.NaN]) expect(() => tokenizer.tokenize("a", length)).toThrow(RangeError);
  });

  test("a huge text is refused before any work is done", () => {
    expect(() => tokenizer.encodeText("x".repeat(10_000_000))).toThrow(/at most 100000/);
  });

  test("the example of the documentation holds", () => {
    expect(tokenizer.encodeText("damaged object.")).toEqual([13568, 14115, 269]);
  });

  test("countTokens counts what encodeText gives", () => {
    expect(tokenizer.countTokens("damaged object.")).toBe(3);
  });
});

/** The textbook form of byte-pair encoding: join the pair of lowest rank everywhere, as long as there is one. */
function mergeSlowly(text: string): number[] {
  const pattern = /<\|(?:start|end)oftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/giu;
  const words = text.normalize("NFC").toLowerCase().match(pattern) ?? [];
  return words.flatMap((word) => {
    if (/^<\|(start|end)oftext\|>$/.test(word)) return [ids[word]!];
    let pieces = [...new TextEncoder().encode(word)].map((byte) => byteCharacter(byte));
    pieces.push(`${pieces.pop()}</w>`);
    for (;;) {
      const pairs = pieces.slice(1).map((right, i) => ranks.get(`${pieces[i]} ${right}`) ?? Infinity);
      const best = Math.min(...pairs, Infinity);
      if (best === Infinity) break;
      const at = pairs.indexOf(best);
      pieces = [...pieces.slice(0, at), pieces[at]! + pieces[at + 1]!, ...pieces.slice(at + 2)];
    }
    return pieces.map((piece) => ids[piece]!);
  });
}

/** GPT-2's byte alphabet: printable bytes are themselves, the others follow from U+0100 in order. */
function byteCharacter(byte: number): string {
  const isPrintable = (b: number) => (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xff && b !== 0xad);
  const unprintableBelow = Array.from({ length: byte }, (_, b) => b).filter((b) => !isPrintable(b)).length;
  return String.fromCharCode(isPrintable(byte) ? byte : 0x100 + unprintableBelow);
}

function readReferenceTokens(): number[] {
  const bytes = readFileSync(new URL("expected.safetensors", REFERENCE));
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + headerLength));
  const [begin, end] = header["text/tokens"].data_offsets as [number, number];
  const data = bytes.subarray(8 + headerLength + begin, 8 + headerLength + end);
  return Array.from({ length: data.length / 4 }, (_, i) => data.readInt32LE(4 * i));
}
