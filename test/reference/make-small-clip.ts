/**
 * Writes `clip.safetensors`, the reference CLIP with only the token embeddings that the tests read, from the full one:
 *
 *   npx tsx test/reference/make-small-clip.ts <folder of the Hugging Face layout>
 */

import { fileURLToPath } from "node:url";
import { ABNORMAL_STATES, ensembleTexts, NORMAL_STATES } from "../../src/anomalyclip/hand-written-prompts.ts";
import { END_TOKEN, loadTokenizer, START_TOKEN } from "../../src/clip/tokenizer.ts";
import { openClip } from "../../src/weights/clip-weights.ts";
import { readTensorBytes } from "../../src/weights/read-tensor.ts";
import { type TensorToWrite, writeSafetensors } from "../../src/weights/write-safetensors.ts";
import reference from "./reference.json" with { type: "json" };

const clip = await openClip(process.argv[2] ?? ".");
const tokenizer = await loadTokenizer();
const texts = [
  ...reference.texts,
  ...ensembleTexts("metal nut", [...NORMAL_STATES, ...ABNORMAL_STATES]),
  "object. damaged object.",
];
const ids = [...new Set([0, START_TOKEN, END_TOKEN, ...texts.flatMap((text) => tokenizer.encodeText(text))])].sort(
  (a, b) => a - b,
);

const tensors: TensorToWrite[] = [{ name: "token_ids", dtype: "I32", shape: [ids.length], data: Int32Array.from(ids) }];
for (const [name, stored] of clip.tensors) {
  const bytes = await readTensorBytes(stored);
  if (name === "text.token") {
    const rowBytes = bytes.length / stored.shape[0]!;
    const data = Buffer.concat(ids.map((id) => bytes.subarray(id * rowBytes, (id + 1) * rowBytes)));
    tensors.push({ name, dtype: stored.dtype, shape: [ids.length, stored.shape[1]!], data });
  } else {
    tensors.push({ name, dtype: stored.dtype, shape: stored.shape, data: bytes });
  }
}
await writeSafetensors(fileURLToPath(new URL("clip.safetensors", import.meta.url)), tensors, {
  clip_config: JSON.stringify(clip.config),
});
