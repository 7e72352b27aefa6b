import { describe, expect, test } from "vitest";
import { compare, referencePath } from "../../test/reference/reference.ts";
import { openClip } from "../weights/clip-weights.ts";
import { readPromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { OBJECT_AGNOSTIC, type PromptTemplates } from "./prompt-templates.ts";
import { averageDirection, encodeTexts, promptFeatures } from "./text-features.ts";

const clip = await openClip(referencePath("clip.safetensors"));
const released = await readPromptCheckpoint(referencePath("prompts.pth"));

/** The released prompts with other templates. */
const withTemplates = (templates: Partial<PromptTemplates>) => ({
  ...released,
  metadata: { templates: JSON.stringify({ ...OBJECT_AGNOSTIC, ...templates }) },
});

const expectSame = (actual: ArrayLike<number>, wanted: Float32Array) =>
  expect(compare(actual, wanted).difference).toBeLessThan(1e-5);

describe("the features of learned prompts", () => {
  test("are unit vectors, one a state", async () => {
    const { normal, abnormal } = await promptFeatures(clip, released);
    expect([normal.length, abnormal.length]).toEqual([64, 64]);
    for (const feature of [normal, abnormal]) expect(Math.hypot(...feature)).toBeCloseTo(1, 5);
    expect(compare(normal, abnormal).difference).toBeGreaterThan(0.01);
  });

  test("of several templates are the unit mean of each template's unit features", async () => {
    const abnormals = ["damaged {}", "broken {}", "{} with flaw"];
    const several = await promptFeatures(clip, withTemplates({ abnormal: abnormals }));
    const apart = [];
    for (const template of abnormals) {
      apart.push((await promptFeatures(clip, withTemplates({ abnormal: [template] }))).abnormal);
    }
    expectSame(several.abnormal, averageDirection(apart));
    expectSame(several.normal, (await promptFeatures(clip, released)).normal);
  });

  test("in the file are taken as they are", async () => {
    const textFeatures = { normal: new Float32Array(64), abnormal: new Float32Array(64) };
    expect(await promptFeatures(clip, { ...released, textFeatures })).toBe(textFeatures);
  });

  test("of a second set are its own", async () => {
    const { contextNormal, contextAbnormal, deepPrompts } = released;
    const turned = { contextNormal: contextAbnormal, contextAbnormal: contextNormal, deepPrompts };
    const second = await promptFeatures(clip, released, undefined, turned);
    expect(second).toEqual(await promptFeatures(clip, { ...released, ...turned }));
    expect(second).not.toEqual(await promptFeatures(clip, released));
  });
});

describe("object-aware prompts", () => {
  const aware = withTemplates({ object: null });

  test("have the features of prompts that name the object", async () => {
    const nut = await promptFeatures(clip, aware, "metal nut");
    expect(nut).toEqual(await promptFeatures(clip, withTemplates({ object: "metal nut" })));
    expect(nut).not.toEqual(await promptFeatures(clip, aware, "pcb"));
  });

  test("must be told what they look at, and no others may be", async () => {
    await expect(promptFeatures(clip, aware)).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringMatching(/say what it is/),
    });
    await expect(promptFeatures(clip, released, "pcb")).rejects.toMatchObject({
      code: "E_CONFIG",
      message: 'these prompts were learned for any "object" and take no other name (pcb)',
    });
  });
});

describe("the features of texts", () => {
  test("do not depend on the texts beside them", async () => {
    const texts = ["object.", "a photo of a damaged metal nut."];
    const together = await encodeTexts(clip, texts);
    for (const [i, text] of texts.entries()) expectSame(together[i]!, (await encodeTexts(clip, [text]))[0]!);
  });

  test("longer than the model's context are refused", async () => {
    await expect(encodeTexts(clip, ["damaged ".repeat(76)])).rejects.toThrow(/text of 78 tokens, the model takes 77/);
  });
});
