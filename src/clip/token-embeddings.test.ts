import { expect, test } from "vitest";
import { referencePath } from "../../test/reference/reference.ts";
import { encodeTexts } from "../anomalyclip/text-features.ts";
import { openClip } from "../weights/clip-weights.ts";
import { readTokenEmbeddings, tokenRows } from "./token-embeddings.ts";
import { END_TOKEN, START_TOKEN } from "./tokenizer.ts";

const model = referencePath("clip.safetensors");

test("rows of a trimmed table are found by token id, in the order asked", async () => {
  const clip = await openClip(model);
  const { width } = clip.config.text;
  const table = await clip.read("text.token");
  const rowOf = await tokenRows(clip);
  const { values } = await readTokenEmbeddings(clip, [END_TOKEN, START_TOKEN]);
  for (const [i, id] of [END_TOKEN, START_TOKEN].entries()) {
    const row = rowOf(id)!;
    expect(values.slice(i * width, (i + 1) * width)).toEqual(table.slice(row * width, (row + 1) * width));
  }
});

test("a word that a small model does not know is an error that names the model and the token", async () => {
  const clip = await openClip(model);
  await expect(readTokenEmbeddings(clip, [12345])).rejects.toThrow(
    /clip\.safetensors: the model does not know token 12345/,
  );
});

test("a text longer than the model's context is refused with both lengths", async () => {
  const clip = await openClip(model);
  await expect(encodeTexts(clip, ["damaged object ".repeat(50)])).rejects.toThrow(
    "text of 102 tokens, the model takes 77",
  );
});
