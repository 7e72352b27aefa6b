/** The embeddings of a text's tokens: the few rows that are needed, read out of a table of 49,408. */

import { AnomalyClipError } from "../errors.ts";
import { BYTES_PER_ELEMENT } from "../weights/checkpoint.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";
import { readIntegers, readTensor } from "../weights/read-tensor.ts";

/** A row for each token. */
export interface TokenEmbeddings {
  ids: readonly number[];
  /** [ids, width] */
  values: Float32Array;
}

/**
 * Reads the embeddings of tokens.
 *
 * @throws AnomalyClipError E_PROMPTS when the model, a small one that knows few words, has no row for a token
 */
export async function readTokenEmbeddings(clip: ClipWeights, ids: readonly number[]): Promise<TokenEmbeddings> {
  const { width } = clip.config.text;
  const table = clip.tensors.get("text.token");
  if (table === undefined) {
    throw new AnomalyClipError("E_WEIGHTS", `${clip.path}: the model has no text encoder`);
  }
  const rowOf = await tokenRows(clip);
  const rowBytes = width * BYTES_PER_ELEMENT[table.dtype];
  const values = new Float32Array(ids.length * width);
  for (const [i, id] of ids.entries()) {
    const row = rowOf(id);
    if (row === undefined) {
      throw new AnomalyClipError("E_PROMPTS", `${clip.path}: the model does not know token ${id} of the prompt`);
    }
    values.set(await readTensor({ ...table, shape: [width], offset: table.offset + row * rowBytes }), i * width);
  }
  return { ids, values };
}

/** The table row of a token id: the id itself, or its place in `token_ids` where a model keeps only some rows. */
export async function tokenRows(clip: ClipWeights): Promise<(id: number) => number | undefined> {
  const kept = clip.tensors.get("token_ids");
  if (kept === undefined) {
    const { vocabSize } = clip.config.text;
    return (id) => (id >= 0 && id < vocabSize ? id : undefined);
  }
  const rows = new Map([...(await readIntegers(kept))].map((id, row) => [id, row]));
  return (id) => rows.get(id);
}
