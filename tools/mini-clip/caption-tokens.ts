/** The captions that the embedded model learns from, as rows of its small token table. */

import { ABNORMAL_STATES, ensembleTexts, NORMAL_STATES } from "../../src/anomalyclip/hand-written-prompts.ts";
import { END_TOKEN, loadTokenizer, START_TOKEN, type Tokenizer } from "../../src/clip/tokenizer.ts";
import { captionsFor, listCaptions } from "../../src/datasets/procedural/captions.ts";
import { categories } from "../../src/datasets/procedural/categories.ts";
import { defects } from "../../src/datasets/procedural/defects.ts";

/** How many wordings of each state describe "normal" and "damaged" in the global and local loss. */
const WORDINGS = 8;

/** Texts to tokens of the kept part of CLIP's vocabulary. */
export class Captions {
  private constructor(
    private readonly tokenizer: Tokenizer,
    /** Ids of the kept tokens, ascending; a token's row is its place here. */
    readonly ids: readonly number[],
    /** Tokens of the longest caption, start and end included. */
    readonly length: number,
    /** Wordings that name no category and no kind of defect: first those of normal objects, then of damaged ones. */
    readonly generic: readonly string[],
  ) {}

  static async load(): Promise<Captions> {
    const tokenizer = await loadTokenizer();
    const captions = listCaptions();
    // The hand-written ensemble must be encodable too, to compare learned prompts with it.
    const others = [
      ...ensembleTexts("object", [...NORMAL_STATES, ...ABNORMAL_STATES]),
      ...["anomalous", "flawed", "defective", "blemished", "X"].map((word) => `${word} object.`),
    ];
    const ids = new Set([START_TOKEN, END_TOKEN]);
    let longest = 0;
    for (const text of captions) {
      longest = Math.max(longest, tokenizer.countTokens(text));
    }
    for (const text of [...captions, ...others]) {
      for (const id of tokenizer.encodeText(text)) {
        ids.add(id);
      }
    }
    return new Captions(
      tokenizer,
      [...ids].sort((a, b) => a - b),
      longest + 2,
      genericCaptions(),
    );
  }

  /** int64 feeds: `tokens` [texts, length] as rows of the table, and `ends` [texts] in the flattened tokens. */
  tokens(texts: readonly string[], count: number): { tokens: BigInt64Array; ends: BigInt64Array } {
    const rows = new Map(this.ids.map((id, row) => [id, row]));
    const tokens = new BigInt64Array(count * this.length);
    const ends = new BigInt64Array(count);
    texts.forEach((text, i) => {
      const sequence = [START_TOKEN, ...this.tokenizer.encodeText(text), END_TOKEN];
      sequence.forEach((id, position) => {
        tokens[i * this.length + position] = BigInt(rows.get(id)!);
      });
      ends[i] = BigInt(i * this.length + sequence.length - 1);
    });
    return { tokens, ends };
  }
}

/** Captions that fit every normal picture, and captions that fit every picture with any of the defects. */
function genericCaptions(): string[] {
  const texture = categories.find(({ kind }) => kind === "texture")!;
  const common = (sets: readonly (readonly string[])[]) =>
    sets[0]!.filter((text) => sets.every((texts) => texts.includes(text)) && !text.includes("surface"));
  const normal = common([captionsFor(texture, null).objectCaptions]);
  const damaged = common(
    defects.filter((kind) => kind.appliesTo(texture)).map((kind) => captionsFor(texture, kind).objectCaptions),
  );
  const spread = (texts: readonly string[]) =>
    Array.from({ length: WORDINGS }, (_, i) => texts[Math.floor((i * texts.length) / WORDINGS)]!);
  return [...spread(normal), ...spread(damaged)];
}
