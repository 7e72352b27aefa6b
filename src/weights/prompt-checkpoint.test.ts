import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PromptCheckpoint, readPromptCheckpoint, writePromptCheckpoint } from "./prompt-checkpoint.ts";
import { readTensor } from "./read-tensor.ts";
import { resultOrRefusal } from "./refusal.fixture.ts";
import { openSafetensors } from "./safetensors.ts";
import { useTemporaryFolder } from "./temporary-folder.fixture.ts";
import { type ArchivedTensor, buildTorchArchive, float32Tensor } from "./torch-archive.fixture.ts";
import { openTorchArchive } from "./torch-archive.ts";
import type { TensorToWrite } from "./write-safetensors.ts";

const folder = useTemporaryFolder();

const count = (length: number, first: number) => Float32Array.from({ length }, (_, i) => first + i / 64);

const prompts: PromptCheckpoint = {
  contextNormal: count(12 * 4, 1),
  contextAbnormal: count(12 * 4, 2),
  contextLength: 12,
  width: 4,
  deepPrompts: [count(3 * 4, 3), count(3 * 4, 4)],
  deepLength: 3,
  textFeatures: { normal: Float32Array.of(0.6, 0.8), abnormal: Float32Array.of(0, -1) },
  metadata: { dataset: "mvtec" },
};

/** The released layout, with some of the entries that are passed over. */
function released(changes: Record<string, ArchivedTensor | undefined> = {}): Uint8Array {
  const entries: Record<string, ArchivedTensor | undefined> = {
    ctx_pos: float32Tensor([1, 1, 12, 4], prompts.contextNormal),
    ctx_neg: float32Tensor([1, 1, 12, 4], prompts.contextAbnormal),
    token_prefix_pos: float32Tensor([1, 1, 4], count(4, 9)),
    "compound_prompts_text.0": float32Tensor([3, 4], prompts.deepPrompts[0]!),
    "compound_prompts_text.1": float32Tensor([3, 4], prompts.deepPrompts[1]!),
    "compound_prompt_projections.0.weight": float32Tensor([8, 4], count(32, 9)),
    ...changes,
  };
  const kept = Object.entries(entries).filter((entry): entry is [string, ArchivedTensor] => entry[1] !== undefined);
  return buildTorchArchive(new Map([["prompt_learner", new Map(kept)]]));
}

const readBytes = async (bytes: Uint8Array) => readPromptCheckpoint(await folder.write("p.pth", bytes));

describe("prompt checkpoints", () => {
  test("what was written is read back", async () => {
    const path = folder.path("own.safetensors");
    await writePromptCheckpoint(path, prompts);
    expect(await readPromptCheckpoint(path)).toEqual(prompts);
  });

  test("prompts without deep tokens and without text features are prompts too", async () => {
    const plain = { ...prompts, deepPrompts: [], deepLength: 0, textFeatures: undefined };
    const path = folder.path("plain.safetensors");
    await writePromptCheckpoint(path, plain);
    expect(await readPromptCheckpoint(path)).toEqual(plain);
  });

  test("a second pair lies beside the first under names of its own", async () => {
    const pixel = {
      contextNormal: count(12 * 4, 5),
      contextAbnormal: count(12 * 4, 6),
      deepPrompts: [count(3 * 4, 7), count(3 * 4, 8)],
      textFeatures: { normal: Float32Array.of(1, 0), abnormal: Float32Array.of(-0.8, 0.6) },
    };
    const path = folder.path("decoupled.safetensors");
    await writePromptCheckpoint(path, { ...prompts, pixel });
    expect(await readPromptCheckpoint(path)).toEqual({ ...prompts, pixel });
    const { tensors } = await openSafetensors(path);
    expect([...tensors.keys()].filter((name) => name.startsWith("pixel."))).toEqual([
      "pixel.context.normal",
      "pixel.context.abnormal",
      "pixel.deep.0",
      "pixel.deep.1",
      "pixel.text_features.normal",
      "pixel.text_features.abnormal",
    ]);
  });

  test.each([
    ["of another depth", [1], 12, /two pairs of prompts differ in depth/],
    ["of another length", [1, 2], 11, /pixel\.context\.normal' is \[11, 4\]; expected \[12, 4\]/],
    ["without a context", [1, 2], 0, /has no context\.abnormal/],
  ])("a second pair %s is refused", async (_, deep, rows, message) => {
    const path = folder.path("uneven.safetensors");
    const tensor = (name: string, length: number): TensorToWrite => ({
      name: `pixel.${name}`,
      dtype: "F32",
      shape: [length, 4],
      data: count(length * 4, 1),
    });
    const contexts =
      rows === 0
        ? [tensor("context.normal", 12)]
        : ["normal", "abnormal"].map((name) => tensor(`context.${name}`, rows));
    await writePromptCheckpoint(path, prompts, [...contexts, ...deep.map((_, i) => tensor(`deep.${i}`, 3))]);
    const reading = readPromptCheckpoint(path);
    await expect(reading).rejects.toMatchObject({ code: "E_PROMPTS", message: expect.stringMatching(message) });
  });

  test("tensors that are no prompts are passed over", async () => {
    const path = folder.path("further.safetensors");
    const mean: TensorToWrite = { name: "adam.mean.deep.0", dtype: "F32", shape: [3, 4], data: count(12, 1) };
    await writePromptCheckpoint(path, prompts, [mean]);
    expect(await readPromptCheckpoint(path)).toEqual(prompts);
  });

  test("the released layout gives the same prompts, less what it does not hold", async () => {
    expect(await readBytes(released())).toEqual({ ...prompts, textFeatures: undefined, metadata: {} });
  });

  test("the released file of the reference model is read as it stands", async () => {
    const path = fileURLToPath(new URL("../../test/reference/prompts.pth", import.meta.url));
    const read = await readPromptCheckpoint(path);
    expect(read).toMatchObject({ contextLength: 12, width: 64, deepLength: 4 });
    const { tensors } = await openTorchArchive(path);
    const stored = (name: string) => readTensor(tensors.get(`prompt_learner.${name}`)!);
    expect(read.contextNormal).toEqual(await stored("ctx_pos"));
    expect(read.contextAbnormal).toEqual(await stored("ctx_neg"));
    expect(read.deepPrompts).toEqual([
      await stored("compound_prompts_text.0"),
      await stored("compound_prompts_text.1"),
    ]);
  });

  test.each<[string, Record<string, ArchivedTensor | undefined>, RegExp]>([
    ["no abnormal context", { ctx_neg: undefined }, /has no ctx_neg/],
    ["no context at all", { ctx_pos: undefined, ctx_neg: undefined }, /has no context\.normal; expected prompts/],
    [
      "contexts of two lengths",
      { ctx_neg: float32Tensor([1, 1, 6, 8], count(48, 1)) },
      /ctx_neg' is \[1, 1, 6, 8\]; expected \[12, 4\]/,
    ],
    [
      "a context for several classes",
      { ctx_pos: float32Tensor([2, 1, 6, 4], count(48, 1)) },
      /is \[2, 1, 6, 4\]; expected/,
    ],
    [
      "a deep prompt of another width",
      { "compound_prompts_text.1": float32Tensor([4, 3], count(12, 1)) },
      /text\.1' is \[4, 3\]; expected \[3, 4\]/,
    ],
    [
      "a gap among the deep prompts",
      { "compound_prompts_text.0": undefined },
      /has 1 deep prompts, but not compound_prompts_text\.0/,
    ],
    [
      "a context that is a vector",
      { ctx_pos: float32Tensor([48], count(48, 1)) },
      /is \[48\]; expected \[tokens, width\]/,
    ],
    ["NaN", { ctx_pos: float32Tensor([12, 4], count(48, Number.NaN)) }, /ctx_pos' holds NaN or infinity/],
  ])("a file with %s is refused", async (_, changes, message) => {
    await expect(readBytes(released(changes))).rejects.toThrow(message);
    await expect(readBytes(released(changes))).rejects.toMatchObject({ code: "E_PROMPTS" });
  });

  test("text features must be unit vectors of one length, both or none", async () => {
    const path = folder.path("features.safetensors");
    const write = (normal: Float32Array, abnormal: Float32Array) =>
      writePromptCheckpoint(path, { ...prompts, textFeatures: { normal, abnormal } });
    await write(Float32Array.of(2, 0), Float32Array.of(1, 0));
    await expect(readPromptCheckpoint(path)).rejects.toThrow(/'text_features\.normal' is no unit vector/);
    await write(Float32Array.of(1, 0), Float32Array.of(1));
    await expect(readPromptCheckpoint(path)).rejects.toThrow(/differ in length/);
  });

  test("arrays that do not fit the sizes are not written", async () => {
    const wrong = { ...prompts, contextLength: 11 };
    await expect(writePromptCheckpoint(folder.path("never"), wrong)).rejects.toThrow(RangeError);
  });

  test("damaged files give prompts or a refusal", async () => {
    const good = released();
    const flips = fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 })), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.option(fc.nat(good.length), { freq: 4 }), flips, async (cut, changes) => {
        const damaged = good.slice(0, cut ?? good.length);
        for (const [at, mask] of changes) if (at < damaged.length) damaged[at]! ^= mask;
        const read = await resultOrRefusal(readBytes(damaged));
        if (typeof read !== "string") expect(read.contextNormal.length).toBe(read.contextLength * read.width);
      }),
      { numRuns: 200 },
    );
  });
});
