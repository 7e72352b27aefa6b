import { expect, test } from "vitest";
import { input } from "../graph/tensor.ts";
import type { PromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { promptLearnables, promptParameters, withLearned } from "./prompt-learnables.ts";

const values = (length: number, first: number) => Float32Array.from({ length }, (_, i) => first + i);

/** E = 3, W = 2, L = 1, two deep prompts in each of two sets. */
const decoupled: PromptCheckpoint = {
  contextNormal: values(6, 100),
  contextAbnormal: values(6, 200),
  deepPrompts: [values(2, 300), values(2, 400)],
  pixel: {
    contextNormal: values(6, 500),
    contextAbnormal: values(6, 600),
    deepPrompts: [values(2, 700), values(2, 800)],
  },
  contextLength: 3,
  width: 2,
  deepLength: 1,
  textFeatures: { normal: values(2, 1), abnormal: values(2, 1) },
  metadata: { settings: "{}" },
};
const { pixel, ...single } = decoupled;

test("what is learned has the names of the prompt file, with its shapes and values", () => {
  const learnables = promptLearnables(decoupled);
  expect([...learnables.keys()]).toEqual([
    "context.normal",
    "context.abnormal",
    "deep.0",
    "deep.1",
    "pixel.context.normal",
    "pixel.context.abnormal",
    "pixel.deep.0",
    "pixel.deep.1",
  ]);
  expect(learnables.get("deep.1")).toEqual({ shape: [1, 2], values: decoupled.deepPrompts[1] });
  expect(learnables.get("pixel.context.normal")).toEqual({ shape: [3, 2], values: pixel!.contextNormal });
  expect([...promptLearnables(single).keys()]).toEqual(["context.normal", "context.abnormal", "deep.0", "deep.1"]);
});

test("a shared context is learned once, and is both contexts", () => {
  const sharing = { sharedContext: true };
  expect([...promptLearnables(single, sharing).keys()]).toEqual(["context.normal", "deep.0", "deep.1"]);
  const { image } = promptParameters((name) => input(name, [1]), single, sharing);
  expect(image.contextAbnormal).toBe(image.contextNormal);
  const learned = withLearned(single, () => values(6, 1), sharing);
  expect(learned.contextAbnormal).toEqual(learned.contextNormal);
});

test("one pair serves both branches; decoupled, each has its own", () => {
  const parameter = (name: string) => input(name, [1]);
  const one = promptParameters(parameter, single);
  expect(one.pixel).toBe(one.image);
  const two = promptParameters(parameter, decoupled);
  expect(two.image.deepPrompts[1]!.source).toEqual(input("deep.1", [1]).source);
  expect(two.pixel.deepPrompts[1]!.source).toEqual(input("pixel.deep.1", [1]).source);
  expect(two.pixel.contextAbnormal.source).toEqual(input("pixel.context.abnormal", [1]).source);
});

test("learned values go back to where they came from, copied, without the features of the old ones", () => {
  const learnables = promptLearnables(decoupled);
  const moved = new Map([...learnables].map(([name, { values: before }]) => [name, before.map((x) => x + 0.5)]));
  const learned = withLearned(decoupled, (name) => moved.get(name)!);
  expect(learned.textFeatures).toBeUndefined();
  expect(learned).toMatchObject({ contextLength: 3, width: 2, deepLength: 1, metadata: { settings: "{}" } });
  for (const [name, { values: after }] of promptLearnables(learned)) expect(after).toEqual(moved.get(name));
  moved.get("deep.0")!.fill(0);
  expect(learned.deepPrompts[0]).toEqual(Float32Array.of(300.5, 301.5));
});
