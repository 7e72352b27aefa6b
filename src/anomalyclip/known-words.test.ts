import { expect, test } from "vitest";
import { referencePath } from "../../test/reference/reference.ts";
import { openClip } from "../weights/clip-weights.ts";
import { EMBEDDED_MODEL } from "../weights/embedded-model.ts";
import { quoteWords, requireKnownObject, unknownWords } from "./known-words.ts";

test("words that a small model lacks are told, each once, without the marks behind them", async () => {
  const clip = await openClip(referencePath("clip.safetensors"));
  const texts = ["a photo of a damaged gizmo.", "gizmo, or zebra", "metal nut"];
  expect(await unknownWords(clip, texts)).toEqual(["gizmo", "or", "zebra"]);
});

test("the embedded model knows all words of the hand-written prompts", async () => {
  const { handWrittenTexts } = await import("../anomalyclip/hand-written-prompts.ts");
  const clip = await openClip(EMBEDDED_MODEL);
  for (const kind of ["clip", "clip-ac"] as const) {
    const { normal, abnormal } = handWrittenTexts(kind, "object");
    expect(await unknownWords(clip, [...normal, ...abnormal])).toEqual([]);
  }
});

test("an object whose name the model does not know is refused with the word", async () => {
  const clip = await openClip(referencePath("clip.safetensors"));
  await expect(requireKnownObject(clip, "metal nut")).resolves.toBeUndefined();
  await expect(requireKnownObject(clip, "metal gizmo")).rejects.toMatchObject({
    code: "E_PROMPTS",
    message: expect.stringMatching(
      /clip\.safetensors: this small model does not know the word "gizmo"; use other words/,
    ),
  });
});

test("many words are cut short, and none can hurt a terminal", () => {
  expect(quoteWords(["a"])).toBe('the word "a"');
  expect(quoteWords(["a", "b", "c", "d", "e"])).toBe('the words "a", "b", "c" and 2 more');
  expect(quoteWords(["\u001b[2J", "x".repeat(1000)]).length).toBeLessThan(100);
  expect(quoteWords(["\u001b[2J"])).not.toContain("\u001b");
});
