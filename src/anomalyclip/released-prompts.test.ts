import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { referencePath } from "../../test/reference/reference.ts";
import { openClip } from "../weights/clip-weights.ts";
import { type PromptCheckpoint, readPromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { readIntegers, readTensor, readTensorBytes } from "../weights/read-tensor.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { openTorchArchive } from "../weights/torch-archive.ts";
import { OBJECT_AGNOSTIC } from "./prompt-templates.ts";
import { writeReleasedPrompts } from "./released-prompts.ts";

const folder = useTemporaryFolder();
const released = await openTorchArchive(referencePath("prompts.pth"));
const prompts = await readPromptCheckpoint(referencePath("prompts.pth"));
const clip = await openClip(referencePath("clip.safetensors"));

async function write(name: string, changes: Partial<PromptCheckpoint> = {}, templates = OBJECT_AGNOSTIC) {
  const path = folder.path(name);
  await writeReleasedPrompts(path, clip, { ...prompts, ...changes }, templates);
  return path;
}

const integersOf = async (path: string, name: string) =>
  readIntegers((await openTorchArchive(path)).tensors.get(`prompt_learner.${name}`)!);

describe("prompts of the reference, written anew", () => {
  test("are read back as they were", async () => {
    expect(await readPromptCheckpoint(await write("again.pth"))).toEqual(prompts);
  });

  test("have the names, shapes and types of the file that the released code wrote", async () => {
    const describeAll = (tensors: typeof released.tensors) =>
      Object.fromEntries([...tensors].map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
    const written = await openTorchArchive(await write("names.pth"));
    expect(describeAll(written.tensors)).toEqual(describeAll(released.tensors));
  });

  test("have its values, but for the projections that it never calls", async () => {
    const written = await openTorchArchive(await write("values.pth"));
    for (const [name, stored] of released.tensors) {
      const bytes = await readTensorBytes(written.tensors.get(name)!);
      if (name.includes("compound_prompt_projections")) expect(bytes.every((byte) => byte === 0)).toBe(true);
      else expect(bytes, name).toEqual(await readTensorBytes(stored));
    }
  });

  test("give the same bytes each time", async () => {
    expect(await readFile(await write("one.pth"))).toEqual(await readFile(await write("two.pth")));
  });
});

test("other templates stand in the tokens, and move the end of text", async () => {
  const templates = { normal: ["{}"], abnormal: ["a damaged {}"], object: "metal nut" };
  const path = await write("words.pth", {}, templates);
  const agnostic = await integersOf(await write("agnostic.pth"), "tokenized_prompts_neg");
  const ids = await integersOf(path, "tokenized_prompts_neg");
  const end = Math.max(...ids);
  expect(ids.indexOf(end)).toBe(agnostic.indexOf(end) + 2);
  expect(ids.slice(0, 13)).toEqual(agnostic.slice(0, 13));
});

test("prompts without deep tokens have no projections either", async () => {
  const path = await write("shallow.pth", { deepPrompts: [], deepLength: 0 });
  const { tensors } = await openTorchArchive(path);
  expect([...tensors.keys()].filter((name) => name.includes("compound"))).toEqual([]);
  expect((await readPromptCheckpoint(path)).deepPrompts).toEqual([]);
});

test("a model that does not know the padding gets zeros for it, after the embedding of the end", async () => {
  const model = fileURLToPath(new URL("../../models/mini/", import.meta.url));
  const mini = await openClip(`${model}clip.safetensors`);
  // The format holds one pair of prompts.
  const own = { ...(await readPromptCheckpoint(`${model}prompts.safetensors`)), pixel: undefined };
  const path = folder.path("mini.pth");
  await writeReleasedPrompts(path, mini, own, OBJECT_AGNOSTIC);
  expect(await readPromptCheckpoint(path)).toEqual({ ...own, textFeatures: undefined, metadata: {} });
  const { width, contextLength } = own;
  const { tensors } = await openTorchArchive(path);
  const suffix = await readTensor(tensors.get("prompt_learner.token_suffix_pos")!);
  // object, full stop, end
  expect(suffix.length).toBe((76 - contextLength) * width);
  expect(suffix.subarray(2 * width, 3 * width).some((value) => value !== 0)).toBe(true);
  expect(suffix.subarray(3 * width).every((value) => value === 0)).toBe(true);
});

describe("what the format or the model cannot hold is refused, and the old file stays:", () => {
  const wide = { width: 32, contextLength: 24, deepPrompts: [] };
  const long = {
    contextLength: 73,
    contextNormal: new Float32Array(73 * 64),
    contextAbnormal: new Float32Array(73 * 64),
  };
  test.each([
    ["prompts of another width", wide, OBJECT_AGNOSTIC, /are 32 wide, the text encoder of .*clip\.safetensors is 64/],
    ["prompts longer than 77 tokens", long, OBJECT_AGNOSTIC, /has 76 tokens: the text encoder takes 75/],
    [
      "several templates a state",
      {},
      { ...OBJECT_AGNOSTIC, normal: ["{}", "flawless {}"] },
      /have 2 normal and 1 abnormal/,
    ],
    ["a name for each object", {}, { ...OBJECT_AGNOSTIC, object: null }, /, and each object's own name; keep them/],
    ["words that the model does not know", {}, { ...OBJECT_AGNOSTIC, object: "zebra" }, /does not know token/],
  ])("%s", async (_, changes, templates, message) => {
    const path = await folder.write("kept.pth", "old");
    await expect(write("kept.pth", changes, templates)).rejects.toThrow(message);
    await expect(write("kept.pth", changes, templates)).rejects.toMatchObject({ code: "E_PROMPTS" });
    expect(await readFile(path, "utf8")).toBe("old");
  });

  test("arrays that do not fit the sizes", async () => {
    await expect(write("never.pth", { deepLength: 5 })).rejects.toThrow(RangeError);
    expect(await readdir(folder.path("."))).not.toContain("never.pth");
  });
});
