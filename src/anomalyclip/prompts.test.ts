import { describe, expect, test } from "vitest";
import { compare, referencePath } from "../../test/reference/reference.ts";
import { frozenParameters } from "../clip/parameters.ts";
import { readTokenEmbeddings } from "../clip/token-embeddings.ts";
import { END_TOKEN, loadTokenizer, START_TOKEN } from "../clip/tokenizer.ts";
import { constant } from "../graph/tensor.ts";
import { evaluate } from "../runtime/session.ts";
import { openClip } from "../weights/clip-weights.ts";
import { readPromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { OBJECT_AGNOSTIC, type PromptTemplates } from "./prompt-templates.ts";
import { constantSequences, encodePrompts, promptEnds, promptWords } from "./prompts.ts";

const clip = await openClip(referencePath("clip.safetensors"));
const prompts = await readPromptCheckpoint(referencePath("prompts.pth"));
const E = prompts.contextLength;
const { width } = clip.config.text;
const { embedDim } = clip.config;

/** Features as CLIP computes them: for each object normal, then abnormal. */
async function encode(templates: PromptTemplates, objects: readonly string[]): Promise<Float32Array[]> {
  const learned = {
    contextNormal: constant(prompts.contextNormal, [E, width]),
    contextAbnormal: constant(prompts.contextAbnormal, [E, width]),
    deepPrompts: prompts.deepPrompts.map((deep) => constant(deep, [prompts.deepLength, width])),
  };
  const sequences = constantSequences(await promptWords(clip, templates, objects, E), E);
  const features = encodePrompts(await frozenParameters(clip), clip.config, learned, sequences);
  expect(features.shape).toEqual([2 * objects.length, embedDim]);
  const { y } = await evaluate({ y: features });
  return Array.from({ length: 2 * objects.length }, (_, i) => y!.slice(i * embedDim, (i + 1) * embedDim));
}

const expectSame = (actual: ArrayLike<number>, wanted: Float32Array) => {
  const { difference, magnitude } = compare(actual, wanted);
  expect(difference / magnitude).toBeLessThan(1e-5);
};

const unit = (vector: Float32Array) => vector.map((x) => x / Math.hypot(...vector));
const one = (normal: string, abnormal: string): PromptTemplates => ({
  ...OBJECT_AGNOSTIC,
  normal: [normal],
  abnormal: [abnormal],
});

describe("the words of prompts", () => {
  const templates = { normal: ["{}", "flawless {}"], abnormal: ["damaged {}"], object: null };

  test("are each object's normal and then abnormal texts, a full stop and the end, and zeros", async () => {
    const words = await promptWords(clip, templates, ["pcb", "metal nut"], E);
    expect(words).toMatchObject({ objects: 2, prompts: 3, normal: 2, longest: 5 });
    const tokenizer = await loadTokenizer();
    const texts = ["pcb.", "flawless pcb.", "damaged pcb.", "metal nut.", "flawless metal nut.", "damaged metal nut."];
    for (const [i, text] of texts.entries()) {
      const ids = [...tokenizer.encodeText(text), END_TOKEN];
      const row = words.words.subarray(i * 5 * width, (i + 1) * 5 * width);
      expect(words.lengths[i]).toBe(ids.length);
      expect(row.subarray(0, ids.length * width)).toEqual((await readTokenEmbeddings(clip, ids)).values);
      expect(row.subarray(ids.length * width).every((x) => x === 0)).toBe(true);
    }
    expect(words.start).toEqual((await readTokenEmbeddings(clip, [START_TOKEN])).values);
  });

  test("end where each sequence says so", async () => {
    const words = await promptWords(clip, templates, ["pcb"], E);
    // start, context, words of 3, 4 and 4 tokens with their ends; sequences of 1 + E + 4 tokens
    expect(promptEnds(words, E)).toEqual([E + 3, 1 + E + 4 + E + 4, 2 * (1 + E + 4) + E + 4]);
  });

  test("put the object wherever a template has {}", async () => {
    const twice = await promptWords(clip, one("{} {}", "damaged {}"), ["pcb"], E);
    const written = await promptWords(clip, one("pcb pcb", "damaged pcb"), ["nut"], E);
    expect(twice).toEqual(written);
  });

  test("that the model does not know, or that do not fit with their context, are refused", async () => {
    await expect(promptWords(clip, OBJECT_AGNOSTIC, ["zebra"], E)).rejects.toMatchObject({ code: "E_PROMPTS" });
    // start, "damaged object", full stop, end: 5 besides the context
    await expect(promptWords(clip, OBJECT_AGNOSTIC, ["object"], 73)).rejects.toThrow(
      /"damaged object\." has 78 tokens with its context, the text encoder of .* takes 77/,
    );
    expect((await promptWords(clip, OBJECT_AGNOSTIC, ["object"], 72)).longest).toBe(4);
  });
});

describe("features of prompts", () => {
  test("of one template a state are as CLIP computes them, not normalised", async () => {
    const [normal] = await encode(OBJECT_AGNOSTIC, ["object"]);
    expect(Math.abs(Math.hypot(...normal!) - 1)).toBeGreaterThan(0.01);
  });

  test("of several objects are those of each object by itself", async () => {
    const together = await encode(OBJECT_AGNOSTIC, ["pcb", "metal nut"]);
    const apart = [...(await encode(OBJECT_AGNOSTIC, ["pcb"])), ...(await encode(OBJECT_AGNOSTIC, ["metal nut"]))];
    together.forEach((feature, i) => {
      expectSame(feature, apart[i]!);
    });
    expect(compare(apart[0]!, apart[2]!).difference).toBeGreaterThan(0.01);
  });

  test("of several templates are the mean of their unit features, for each object and state", async () => {
    const templates = {
      normal: ["{}", "flawless {}", "perfect {}"],
      abnormal: ["damaged {}", "broken {}"],
      object: null,
    };
    const objects = ["pcb", "metal nut"];
    const several = await encode(templates, objects);
    for (const [o, object] of objects.entries()) {
      const normals = [];
      for (const template of templates.normal) normals.push(unit((await encode(one(template, "{}"), [object]))[0]!));
      const abnormals = [];
      for (const template of templates.abnormal)
        abnormals.push(unit((await encode(one("{}", template), [object]))[1]!));
      for (const [s, parts] of [normals, abnormals].entries()) {
        const mean = parts[0]!.map((_, i) => parts.reduce((sum, part) => sum + part[i]!, 0) / parts.length);
        expectSame(several[2 * o + s]!, mean);
      }
    }
  });
});
