import { describe, expect, test } from "vitest";
import { referencePath } from "../../test/reference/reference.ts";
import { openClip } from "../weights/clip-weights.ts";
import { type PromptCheckpoint, type PromptSet, readPromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { continuePrompts, drawPrompts } from "./initial-prompts.ts";

// 64 wide, 4 text blocks
const clip = await openClip(referencePath("clip.safetensors"));
const released = await readPromptCheckpoint(referencePath("prompts.pth"));

const all = ({ contextNormal, contextAbnormal, deepPrompts }: PromptSet) =>
  [contextNormal, contextAbnormal, ...deepPrompts].flatMap((values) => [...values]);

describe("prompts drawn at random", () => {
  test("have the released sizes, as deep as the text encoder goes", () => {
    const prompts = drawPrompts(clip, { seed: 1 });
    expect(prompts).toMatchObject({ contextLength: 12, deepLength: 4, width: 64, metadata: {} });
    expect(prompts.contextNormal).toHaveLength(12 * 64);
    expect(prompts.deepPrompts.map(({ length }) => length)).toEqual([4 * 64, 4 * 64, 4 * 64]);
    expect(prompts.pixel).toBeUndefined();
  });

  test("are normally distributed with deviation 0.02", () => {
    const values = all(drawPrompts(clip, { contextLength: 40, seed: 1 }));
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const within = (deviations: number) => values.filter((x) => Math.abs(x) < 0.02 * deviations).length / values.length;
    expect(Math.abs(mean)).toBeLessThan(1e-3);
    expect(within(1)).toBeCloseTo(0.683, 1);
    expect(within(2)).toBeCloseTo(0.954, 1);
    expect(Math.max(...values)).toBeGreaterThan(0.05);
  });

  test("are a function of the seed", () => {
    expect(drawPrompts(clip, { seed: 5 })).toEqual(drawPrompts(clip, { seed: 5 }));
    expect(all(drawPrompts(clip, { seed: 5 }))).not.toEqual(all(drawPrompts(clip, { seed: 6 })));
  });

  test("have no two parts alike, but for contexts that are shared", () => {
    const { contextNormal, contextAbnormal } = drawPrompts(clip, { seed: 1 });
    expect(contextAbnormal).not.toEqual(contextNormal);
    const shared = drawPrompts(clip, { seed: 1, sharedContext: true, decoupled: true });
    for (const set of [shared, shared.pixel!]) expect(set.contextAbnormal).toEqual(set.contextNormal);
    expect(all(shared.pixel!)).not.toEqual(all(shared));
  });

  test.each([
    ["depth 1", { deepDepth: 1 }, 0, 0],
    ["length 0", { deepLength: 0 }, 0, 0],
    ["depth 2 and length 3", { deepDepth: 2, deepLength: 3 }, 1, 3],
  ])("of %s have so many deep prompts", (_, options, count, length) => {
    const { deepPrompts, deepLength } = drawPrompts(clip, { ...options, seed: 1 });
    expect([deepPrompts.length, deepLength]).toEqual([count, length]);
    for (const deep of deepPrompts) expect(deep).toHaveLength(length * 64);
  });

  test("with more deep tokens than context are refused, as are those for a model without a text encoder", () => {
    expect(() => drawPrompts(clip, { contextLength: 3, seed: 1 })).toThrow(/4 deep tokens .* of which there are 3/);
    expect(drawPrompts(clip, { contextLength: 3, deepDepth: 1, seed: 1 }).contextNormal).toHaveLength(3 * 64);
    const blind = { ...clip, hasText: false };
    expect(() => drawPrompts(blind, { seed: 1 })).toThrow(/clip\.safetensors: has no text encoder/);
  });
});

describe("prompts of a file as a start", () => {
  const options = { contextLength: released.contextLength, deepDepth: released.deepPrompts.length + 1, deepLength: 4 };

  test("are those of the file, without its text features and metadata", () => {
    const file: PromptCheckpoint = {
      ...released,
      metadata: { settings: "{}" },
      textFeatures: { normal: new Float32Array(64), abnormal: new Float32Array(64) },
    };
    expect(continuePrompts(clip, file, {})).toEqual({ ...released, textFeatures: undefined });
    expect(continuePrompts(clip, file, options)).toEqual(continuePrompts(clip, file, {}));
  });

  test("begin both branches where the file has one, and keep two", () => {
    const { contextNormal, contextAbnormal, deepPrompts } = released;
    const decoupled = continuePrompts(clip, released, { decoupled: true });
    expect(decoupled.pixel).toEqual({ contextNormal, contextAbnormal, deepPrompts });
    const file = { ...released, pixel: { ...decoupled.pixel!, contextNormal: contextAbnormal } };
    expect(continuePrompts(clip, file, { decoupled: true }).pixel).toEqual(file.pixel);
    expect(() => continuePrompts(clip, file, {})).toThrow(/are decoupled: go on with decoupled prompts/);
  });

  test("must have one context where it is to be shared", () => {
    expect(() => continuePrompts(clip, released, { sharedContext: true })).toThrow(/have two contexts/);
    const same = { ...released, contextAbnormal: released.contextNormal };
    expect(continuePrompts(clip, same, { sharedContext: true }).contextAbnormal).toEqual(released.contextNormal);
  });

  test.each([
    [{ contextLength: 5 }, /have 12 context tokens, not 5/],
    [{ deepDepth: 4 }, /have 3 blocks with tokens of their own, not 4/],
    [{ deepLength: 0 }, /have 4 deep tokens, not 0/],
  ])("are refused where they contradict %j", (changes, message) => {
    expect(() => continuePrompts(clip, released, changes)).toThrow(message);
  });

  test("are refused for another text encoder", () => {
    const wide = { ...released, width: 128 };
    expect(() => continuePrompts(clip, wide, {})).toThrow(/are 128 wide, the text encoder of .* is 64/);
  });
});
