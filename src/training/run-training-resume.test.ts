import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readTrainingLog } from "./training-log.ts";
import type { TrainingOptions } from "./training-options.ts";
import { failureOf, learnedFiles, TEN, useTrainingFixture } from "./training-run.fixture.ts";

const fixture = useTrainingFixture();
const { train } = fixture;

const EPOCHS = 3;
const STEPS = 3;

/** Files of a training that was never broken off. */
let unbroken: Record<string, Buffer>;
beforeAll(async () => {
  unbroken = await learnedFiles((await train({ epochs: EPOCHS })).out);
});

/** Runs a training until that step, and returns how it ended. */
async function trainUntil(epoch: number, step: number, changes: Partial<TrainingOptions>) {
  const stop = new AbortController();
  return train(
    { epochs: EPOCHS, ...changes },
    { signal: stop.signal, onStep: (told) => told.epoch === epoch && told.step === step && stop.abort() },
  );
}

async function epochsInLog(out: string): Promise<string[]> {
  const found = [];
  for await (const { kind, epoch } of readTrainingLog(join(out, "log.jsonl"))) found.push(`${kind} ${epoch}`);
  return found;
}

const wholeLog = (epochs: number) =>
  Array.from({ length: epochs }, (_, i) => [...Array(STEPS).fill(`step ${i + 1}`), `epoch ${i + 1}`]).flat();

describe("a training that was broken off", () => {
  test.each([
    [1, 1, 0],
    [1, STEPS, 1],
    [2, 2, 1],
    [2, STEPS, 2],
    [3, 2, 2],
  ])("in epoch %i at step %i goes on after epoch %i to the same bytes", async (epoch, step, done) => {
    const out = fixture.path(`broken-${epoch}-${step}`);
    const first = await trainUntil(epoch, step, { out });
    expect(first).toMatchObject({ end: "interrupted", epoch: done, prompts: null });
    expect(await readdir(join(out, "checkpoints"))).toHaveLength(done);
    expect(await readFile(join(out, "report.html"), "utf8")).toContain("interrupted");
    const second = await train({ out, epochs: EPOCHS, mode: "resume" });
    expect(second).toMatchObject({ end: "finished", epoch: EPOCHS });
    expect(second.losses).toHaveLength((EPOCHS - done) * STEPS);
    expect(await learnedFiles(out)).toEqual(unbroken);
    expect(await epochsInLog(out)).toEqual(wholeLog(EPOCHS));
  });

  test("while features are computed starts from the beginning, with those that are done", async () => {
    const stop = new AbortController();
    const options = { out: fixture.path("unprepared"), cacheDir: fixture.path("unprepared cache"), epochs: EPOCHS };
    const first = await train(options, {
      signal: stop.signal,
      onPreparation: ({ stage, done }) => stage === "encode" && done === 4 && stop.abort(),
    });
    expect(first).toMatchObject({ end: "interrupted", epoch: 0, prompts: null, losses: [] });
    const cached: number[] = [];
    await train({ ...options, mode: "resume" }, { onPlan: (plan) => cached.push(plan.cached) });
    expect(cached).toEqual([4]);
    expect(await learnedFiles(options.out)).toEqual(unbroken);
  });

  test("twice still ends in the same bytes", async () => {
    const out = fixture.path("twice");
    await trainUntil(1, STEPS, { out });
    await trainUntil(2, STEPS, { out, mode: "resume" });
    await train({ out, epochs: EPOCHS, mode: "resume" });
    expect(await learnedFiles(out)).toEqual(unbroken);
  });

  test.each<[string, Partial<TrainingOptions>]>([
    ["object-aware", { objectAware: true }],
    ["decoupled, with a shared context", { decoupled: true, sharedContext: true }],
    ["validated, with patience", { validation: 0.2, patience: 2 }],
  ])("%s, goes on likewise", async (name, options) => {
    const whole = await train({ ...options, epochs: EPOCHS });
    const out = fixture.path(`broken ${name}`);
    await trainUntil(2, 1, { ...options, out });
    await train({ ...options, out, epochs: EPOCHS, mode: "resume" });
    expect(await learnedFiles(out)).toEqual(await learnedFiles(whole.out));
  });
});

describe("a finished training", () => {
  test("goes on after an earlier epoch to the same bytes", async () => {
    const { out } = await train({ epochs: EPOCHS });
    await rm(join(out, "prompts.safetensors"));
    const again = await train({ out, epochs: EPOCHS, mode: "resume", fromEpoch: 1 });
    expect(again.losses).toHaveLength(2 * STEPS);
    expect(await learnedFiles(out)).toEqual(unbroken);
    expect(await epochsInLog(out)).toEqual(wholeLog(EPOCHS));
  });

  test("gone on with after an earlier epoch and broken off leaves nothing of its later epochs", async () => {
    const { out } = await train({ epochs: EPOCHS });
    await trainUntil(2, 1, { out, mode: "resume", fromEpoch: 1 });
    expect(await readdir(join(out, "checkpoints"))).toEqual(["epoch-001.safetensors"]);
    await train({ out, epochs: EPOCHS, mode: "resume" });
    expect(await learnedFiles(out)).toEqual(unbroken);
    expect(await epochsInLog(out)).toEqual(wholeLog(EPOCHS));
  });

  test("is not made shorter in silence", async () => {
    const { out } = await train({ epochs: EPOCHS });
    const shorter = await failureOf(train({ out, epochs: 2, mode: "resume" }));
    expect(shorter.message).toMatch(/there are 3 epochs already, and 2 are asked for/);
    await train({ out, epochs: 2, mode: "resume", fromEpoch: 1 });
    expect(await readdir(join(out, "checkpoints"))).toHaveLength(2);
  });

  test("has nothing left to do, and writes its prompts again", async () => {
    const { out } = await train({ epochs: EPOCHS });
    await rm(join(out, "prompts.safetensors"));
    expect(await train({ out, epochs: EPOCHS, mode: "resume" })).toMatchObject({ end: "finished", losses: [] });
    expect(await learnedFiles(out)).toEqual(unbroken);
  });

  test("is made longer as if it had been so from the start", async () => {
    const { out } = await train({ epochs: 2 });
    await train({ out, epochs: EPOCHS, mode: "resume" });
    expect(await learnedFiles(out)).toEqual(unbroken);
  });

  test("is not trained over as new, and gone with force", async () => {
    const { out } = await train({ epochs: EPOCHS });
    await writeFile(join(out, "notes.txt"), "mine");
    expect(await failureOf(train({ out }))).toMatchObject({
      code: "E_CONFIG",
      message: expect.stringMatching(/already holds a training \(3 epochs\)/),
    });
    expect(await learnedFiles(out)).toEqual(unbroken);
    await train({ out, epochs: 1, seed: 5, mode: "force" });
    const fresh = await train({ epochs: 1, seed: 5 });
    expect(await learnedFiles(out)).toEqual(await learnedFiles(fresh.out));
    expect(await readFile(join(out, "notes.txt"), "utf8")).toBe("mine");
    expect(await epochsInLog(out)).toEqual(wholeLog(1));
  });

  test("is not gone on with where an epoch is asked for that it does not have", async () => {
    const { out } = await train({ epochs: 2 });
    const later = await failureOf(train({ out, mode: "resume", fromEpoch: 3 }));
    expect(later.message).toMatch(/checkpoints: there is no checkpoint of epoch 3, but of 1, 2$/);
    const empty = await failureOf(train({ mode: "resume", fromEpoch: 1 }));
    expect(empty.message).toMatch(/there is no checkpoint of epoch 1, nor of any other$/);
  });
});

test("a fresh folder is begun with resume too", async () => {
  const { out } = await train({ epochs: EPOCHS, mode: "resume" });
  expect(await learnedFiles(out)).toEqual(unbroken);
});

describe("going on is refused", () => {
  let out = "";
  beforeAll(async () => {
    ({ out } = await train({ epochs: 1 }));
    await fixture.set("nine", TEN.slice(0, 9));
  });

  const refusal = async (changes: Partial<TrainingOptions>) => failureOf(train({ out, mode: "resume", ...changes }));

  test.each<[Partial<TrainingOptions>, string]>([
    [{ learningRate: 0.01 }, "learning rate was 0.001, now 0.01"],
    [{ batchSize: 3 }, "batch size was 4, now 3"],
    [{ seed: 1 }, "seed was 111, now 1"],
    [{ shuffle: false }, "shuffle was true, now false"],
    [{ loss: "global" }, "loss was both, now global"],
    [{ localLoss: "dice" }, "local loss was both, now dice"],
    [{ localWeight: 1 }, "local weight was 4, now 1"],
    [{ layers: [6] }, "layers was 4, 6, now 6"],
    [{ attention: "q-q" }, "attention was v-v from block 2, now q-q from block 2"],
    [{ temperature: 0.1 }, "temperature was 0.07, now 0.1"],
    [{ objectAware: true }, "object was object, now the class of each picture"],
    [{ sharedContext: true }, "contexts was separate, now shared"],
    [{ decoupled: true }, "branches was one pair, now decoupled"],
    [{ contextLength: 5 }, "context length was 4, now 5"],
    [{ deepDepth: 2 }, "deep depth was 3, now 2"],
    [{ normalTemplates: ["flawless {}"] }, "normal templates was {}, now flawless {}"],
    [{ validation: 0.2 }, "pictures set aside was 0, now 2"],
    [{ classes: ["pcb"] }, "pictures was 10, now 5"],
  ])("with %j", async (changes, message) => {
    const error = await refusal(changes);
    expect(error.code).toBe("E_CONFIG");
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/use the same options, another --out, or --force to start over$/);
  });

  test("on other pictures, or on the same ones in other roles", async () => {
    expect((await refusal({ data: [fixture.path("nine")] })).message).toMatch(
      /data was ten, now nine; pictures was 10, now 9; data fingerprint was/,
    );
    const meta = join(fixture.path("ten"), "meta.json");
    const before = await readFile(meta, "utf8");
    await writeFile(meta, before.replace('"mask_path":"1_mask.png"', '"mask_path":"3_mask.png"'));
    const { message } = await refusal({}).finally(() => writeFile(meta, before));
    expect(message).toMatch(/made with other options \(data fingerprint was \w+, now \w+\);/);
  });

  test("where nothing tells how the training was made", async () => {
    const { out: folder } = await train({ epochs: 1 });
    await rm(join(folder, "run.json"));
    const { message } = await failureOf(train({ out: folder, mode: "resume" }));
    expect(message).toMatch(/run\.json is missing or damaged/);
  });

  test("after a checkpoint that is damaged, but not after the one before", async () => {
    const { out: folder } = await train({ epochs: EPOCHS });
    const path = join(folder, "checkpoints", "epoch-003.safetensors");
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 100));
    const options = { out: folder, epochs: EPOCHS, mode: "resume" } as const;
    expect(await failureOf(train(options))).toMatchObject({
      code: "E_WEIGHTS",
      message: expect.stringMatching(/epoch-003\.safetensors: /),
    });
    await train({ ...options, fromEpoch: 2 });
    expect(await learnedFiles(folder)).toEqual(unbroken);
  });
});
