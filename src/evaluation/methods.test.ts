import { expect, test } from "vitest";
import { referencePath } from "../../test/reference/reference.ts";
import type { HandWritten } from "../anomalyclip/hand-written-prompts.ts";
import { handWrittenFeatures } from "../anomalyclip/text-features.ts";
import { openClip } from "../weights/clip-weights.ts";
import { readPromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { methodsOf } from "./methods.ts";

const clip = await openClip(referencePath("clip.safetensors"));
const prompts = await readPromptCheckpoint(referencePath("prompts.pth"));

function namesOf(paths: readonly string[], baselines: readonly HandWritten[] = []): string[] {
  const learned = paths.map((path) => ({ path, prompts }));
  return methodsOf(clip, learned, baselines, "original", undefined).map(({ name }) => name);
}

test("prompt files are called by their names, or by their paths where those are not unique", () => {
  expect(namesOf(["a/one.pth"])).toEqual(["AnomalyCLIP"]);
  expect(namesOf(["a/one.pth", "a/two.pth"])).toEqual(["one", "two"]);
  expect(namesOf(["a/one.pth", "b/one.pth"])).toEqual(["a/one.pth", "b/one.pth"]);
  expect(() => namesOf(["one.pth", "one.pth"])).toThrow("the same prompt file is given twice");
});

test("no prompt file is called like a baseline that it is compared with", () => {
  expect(namesOf(["CLIP.pth", "two.pth"], ["clip-ac"])).toEqual(["CLIP", "two", "CLIP-AC"]);
  expect(namesOf(["CLIP.pth", "two.pth"], ["clip"])).toEqual(["CLIP.pth", "two.pth", "CLIP"]);
  expect(namesOf(["./CLIP-AC", "two.pth"], ["clip-ac"])).toEqual(["./CLIP-AC", "two.pth", "CLIP-AC"]);
  expect(() => namesOf(["CLIP-AC", "two.pth"], ["clip-ac"])).toThrow(
    "the prompt file CLIP-AC is called like a baseline: give it another name, or as ./CLIP-AC",
  );
});

test("a class is called in prompts as it is in training: without underscores, with its hyphens", async () => {
  const [baseline] = methodsOf(clip, [], ["clip-ac"], "original", undefined);
  for (const [className, object] of [
    ["metal_nut", "metal nut"],
    ["metal-nut", "metal-nut"],
  ] as const) {
    expect((await baseline!.texts(className)).image).toEqual(await handWrittenFeatures(clip, "clip-ac", object));
  }
});
