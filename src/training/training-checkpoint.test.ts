import { mkdir, readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { PromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { readPromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { writeSafetensors } from "../weights/write-safetensors.ts";
import { promptLearnables } from "./prompt-learnables.ts";
import type { TrainingProgress } from "./train-prompts.ts";
import {
  checkpointName,
  listCheckpoints,
  readTrainingCheckpoint,
  writeTrainingCheckpoint,
} from "./training-checkpoint.ts";

const folder = useTemporaryFolder();

const values = (length: number, first: number) => Float32Array.from({ length }, (_, i) => first + i / 64);
const set = (first: number) => ({
  contextNormal: values(6, first),
  contextAbnormal: values(6, first + 1),
  deepPrompts: [values(2, first + 2)],
});

/** E = 3, W = 2, L = 1. */
const initial: PromptCheckpoint = {
  ...set(0),
  pixel: set(10),
  contextLength: 3,
  width: 2,
  deepLength: 1,
  metadata: { settings: '{"imageSize":64}' },
};

function progressOf(prompts: PromptCheckpoint, sharing = {}): TrainingProgress {
  const slots = [...promptLearnables(prompts, sharing)].map(([name, { values: start }], i) => {
    const moved = (by: number) => start.map((x) => x + by + i);
    return [name, { parameter: moved(0.5), mean: moved(100), meanSquare: moved(200) }] as const;
  });
  return { epoch: 7, state: { steps: 91, slots: new Map(slots) }, best: { epoch: 5, loss: 0.25 } };
}

async function write(name: string, progress = progressOf(initial), prompts = initial, sharing = {}) {
  const path = folder.path(name);
  await mkdir(path, { recursive: true });
  await writeTrainingCheckpoint(path, prompts, progress, sharing);
  return `${path}/${checkpointName(progress.epoch)}`;
}

describe("a checkpoint", () => {
  test("gives back where learning stood", async () => {
    const path = await write("whole");
    expect(await readTrainingCheckpoint(path, promptLearnables(initial))).toEqual(progressOf(initial));
  });

  test("without validation has no best epoch", async () => {
    const progress = { ...progressOf(initial), best: null };
    const path = await write("unjudged", progress);
    expect((await readTrainingCheckpoint(path, promptLearnables(initial))).best).toBeNull();
  });

  test("of shared contexts holds them once for the optimizer and twice as prompts", async () => {
    const sharing = { sharedContext: true };
    const progress = progressOf(initial, sharing);
    const path = await write("shared", progress, initial, sharing);
    expect(await readTrainingCheckpoint(path, promptLearnables(initial, sharing))).toEqual(progress);
    const prompts = await readPromptCheckpoint(path);
    expect(prompts.contextNormal).toEqual(progress.state.slots.get("context.normal")!.parameter);
    expect(prompts.contextAbnormal).toEqual(prompts.contextNormal);
  });

  test("is a prompt file too, with the metadata of the start", async () => {
    const prompts = await readPromptCheckpoint(await write("prompts"));
    const { slots } = progressOf(initial).state;
    expect(prompts.contextAbnormal).toEqual(slots.get("context.abnormal")!.parameter);
    expect(prompts.pixel!.deepPrompts).toEqual([slots.get("pixel.deep.0")!.parameter]);
    expect(prompts.metadata.settings).toBe(initial.metadata.settings);
  });

  test("has the same bytes each time", async () => {
    expect(await readFile(await write("one"))).toEqual(await readFile(await write("two")));
  });
});

test("checkpoints are listed by number, and nothing else is", async () => {
  const path = folder.path("listed");
  await mkdir(path);
  for (const name of [checkpointName(10), checkpointName(2), checkpointName(1000), "epoch-000.safetensors", "x"]) {
    await writeFile(`${path}/${name}`, "");
  }
  await writeFile(`${path}/.epoch-003.safetensors.0.part`, "");
  expect(await listCheckpoints(path)).toEqual([2, 10, 1000]);
  expect(await listCheckpoints(folder.path("absent"))).toEqual([]);
  const file = await folder.write("file", "");
  await expect(listCheckpoints(file)).rejects.toMatchObject({ code: "E_CONFIG" });
});

describe("a file is refused that", () => {
  const { pixel, ...single } = initial;
  const learnables = promptLearnables(single);

  test.each<[string, (name: string) => Promise<string>, RegExp]>([
    ["lacks a parameter", () => write("lacking", progressOf(single), single), /its pixel\.context\.normal is missing/],
    [
      "has another size",
      () => {
        const longer = { ...single, contextLength: 4, contextNormal: values(8, 0), contextAbnormal: values(8, 0) };
        return write("longer", progressOf(longer), longer);
      },
      /its context\.normal is missing or of another size/,
    ],
    [
      "holds what is not finite",
      () => {
        const progress = progressOf(initial);
        progress.state.slots.get("deep.0")!.meanSquare[1] = Number.NaN;
        return write("nan", progress);
      },
      /its adam\.mean_square\.deep\.0 holds NaN or infinity/,
    ],
  ])("%s", async (name, make, message) => {
    const path = await make(name);
    await expect(readTrainingCheckpoint(path, promptLearnables(initial))).rejects.toMatchObject({
      code: "E_PROMPTS",
      message: expect.stringMatching(message),
    });
  });

  test.each([
    [undefined, /does not say which epoch/],
    ["{", /does not say which epoch/],
    ["null", /does not say which epoch/],
    ['{"epoch":1.5,"steps":1}', /does not say which epoch/],
    ['{"epoch":1,"steps":0}', /does not say which epoch/],
    ['{"epoch":1,"steps":1,"best":{"epoch":0,"loss":1}}', /best epoch is malformed/],
    ['{"epoch":1,"steps":1,"best":{"epoch":1,"loss":"x"}}', /best epoch is malformed/],
  ])("says of its progress %j", async (progress, message) => {
    const path = folder.path("progress.safetensors");
    const tensors = [...learnables].flatMap(([name, { shape, values: data }]) =>
      ["", "adam.mean.", "adam.mean_square."].map((prefix) => ({
        name: `${prefix}${name}`,
        dtype: "F32" as const,
        shape,
        data,
      })),
    );
    await writeSafetensors(path, tensors, progress === undefined ? {} : { progress });
    await expect(readTrainingCheckpoint(path, learnables)).rejects.toMatchObject({
      code: "E_PROMPTS",
      message: expect.stringMatching(message),
    });
  });

  test("is cut, or is not there", async () => {
    const bytes = await readFile(await write("cut"));
    const path = await folder.write("cut.safetensors", bytes.subarray(0, bytes.length - 8));
    await expect(readTrainingCheckpoint(path, learnables)).rejects.toMatchObject({ code: "E_WEIGHTS" });
    await expect(readTrainingCheckpoint(folder.path("absent"), learnables)).rejects.toMatchObject({
      code: "E_WEIGHTS",
    });
  });
});
