import { mkdirSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { compare, referencePath } from "../../test/reference/reference.ts";
import { readTemplates } from "../anomalyclip/prompt-templates.ts";
import { promptFeatures } from "../anomalyclip/text-features.ts";
import { readProtocol } from "../results/run-file.ts";
import { openClip } from "../weights/clip-weights.ts";
import { readPromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { Optimizer } from "./optimizer.ts";
import type { EpochReport } from "./train-prompts.ts";
import { readTrainingLog } from "./training-log.ts";
import type { TrainingOptions } from "./training-options.ts";
import { failureOf, learnedFiles, SIZE, STILL, TEN, useTrainingFixture } from "./training-run.fixture.ts";

const fixture = useTrainingFixture();
const { train } = fixture;
const clip = await openClip(referencePath("clip.safetensors"));

/** The losses of all pictures at the start. */
async function startingLosses(changes: Partial<TrainingOptions> = {}) {
  const epochs: EpochReport[] = [];
  const options = { epochs: 1, batchSize: TEN.length, learningRate: STILL, ...changes };
  await train(options, { onEpoch: (epoch) => epochs.push(epoch) });
  const { global, local } = epochs[0]!;
  return { global: global!, local: local! };
}

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

describe("a training", () => {
  test("lowers the loss", async () => {
    const { losses, end, epoch } = await train({ epochs: 10, learningRate: 0.01 });
    expect([end, epoch, losses.length]).toEqual(["finished", 10, 30]);
    expect(mean(losses.slice(-3))).toBeLessThan(0.7 * mean(losses.slice(0, 3)));
  });

  test("gives the same bytes for the same seed, with features computed or cached, and others for another", async () => {
    const first = await learnedFiles((await train({ cacheDir: fixture.path("another cache") })).out);
    const second = await learnedFiles((await train()).out);
    expect(Object.keys(first)).toEqual([
      "checkpoints/epoch-001.safetensors",
      "checkpoints/epoch-002.safetensors",
      "prompts.safetensors",
    ]);
    expect(second).toEqual(first);
    const other = await learnedFiles((await train({ seed: 112 })).out);
    for (const [name, bytes] of Object.entries(other)) expect(bytes.equals(first[name]!), name).toBe(false);
  });

  test("shows all pictures each epoch, shuffled anew or in the order of the data set", async () => {
    const options = { batchSize: 1, learningRate: STILL };
    const unshuffled = (await train({ ...options, shuffle: false })).losses;
    expect(unshuffled.slice(10)).toEqual(unshuffled.slice(0, 10));
    const single = (await train({ ...options, shuffle: false, classes: ["pcb"] })).losses;
    expect(single.slice(0, 5)).toEqual(unshuffled.slice(5, 10));
    const shuffled = (await train(options)).losses;
    const [first, second] = [shuffled.slice(0, 10), shuffled.slice(10)];
    expect(first).not.toEqual(second);
    for (const epoch of [first, second]) {
      expect(epoch).not.toEqual(unshuffled.slice(0, 10));
      expect([...epoch].sort()).toEqual(unshuffled.slice(0, 10).sort());
    }
  });

  test("tells of its plan, pictures, steps and epochs", async () => {
    const told: string[] = [];
    const { notes } = await train(
      { cacheDir: fixture.path("told cache") },
      {
        onPlan: ({ pictures, cached, toCompute }) => told.push(`plan ${pictures} ${cached} ${toCompute}`),
        onPreparation: ({ stage, done, total }) => done === total && told.push(`${stage} ${total}`),
        onStep: ({ epoch, step, steps }) => told.push(`step ${epoch}.${step} of ${steps}`),
        onEpoch: ({ epoch }) => told.push(`epoch ${epoch}`),
      },
    );
    const epoch = (n: number) => [...[1, 2, 3].map((step) => `step ${n}.${step} of 3`), `epoch ${n}`];
    // Ten pictures, five of them with masks.
    expect(told).toEqual(["hash 15", "plan 10 0 10", "encode 10", ...epoch(1), ...epoch(2)]);
    expect(notes).toEqual([]);
  });
});

describe("the folder of a training", () => {
  test("holds prompts with text features, settings and how they were learned", async () => {
    const { out, prompts: path } = await train({ temperature: 0.1, attention: "k-k" });
    expect((await readdir(out)).sort()).toEqual([
      "checkpoints",
      "log.jsonl",
      "prompts.safetensors",
      "report.html",
      "run.json",
    ]);
    expect(path).toBe(join(out, "prompts.safetensors"));
    const prompts = await readPromptCheckpoint(path!);
    const last = await readPromptCheckpoint(join(out, "checkpoints", "epoch-002.safetensors"));
    expect(prompts.contextNormal).toEqual(last.contextNormal);
    expect(prompts.textFeatures).toEqual(await promptFeatures(clip, last));
    expect(JSON.parse(prompts.metadata.settings!)).toMatchObject({
      imageSize: SIZE,
      layers: [4, 6],
      temperature: 0.1,
      attention: "k-k",
    });
    const protocol = await readProtocol(out);
    expect(JSON.parse(prompts.metadata.training!)).toEqual({ ...protocol, epoch: 2 });
    expect(protocol).toMatchObject({ data: "ten", pictures: 10, "learning rate": 0.001, shuffle: true, seed: 111 });
  });

  test("holds a log of every step and epoch, and a report", async () => {
    const { out, losses } = await train();
    const lines = [];
    for await (const line of readTrainingLog(join(out, "log.jsonl"))) lines.push(line);
    expect(lines.map(({ kind, epoch }) => `${kind} ${epoch}`)).toEqual(
      [1, 2].flatMap((epoch) => [...Array(3).fill(`step ${epoch}`), `epoch ${epoch}`]),
    );
    expect(lines.filter(({ kind }) => kind === "step").map(({ loss }) => loss)).toEqual(losses);
    const report = await readFile(join(out, "report.html"), "utf8");
    expect(report).toMatch(/finished/);
    expect(report).toMatch(/metal_nut<\/th><td>3<\/td><td>2<\/td><td>2<\/td>/);
  });

  test("holds the same prompts as .pth too where that is asked for", async () => {
    const own = await readPromptCheckpoint((await train()).prompts!);
    const { prompts, out } = await train({ format: "pth" });
    expect(prompts).toBe(join(out, "prompts.pth"));
    expect(await readPromptCheckpoint(prompts!)).toEqual({ ...own, textFeatures: undefined, metadata: {} });
    expect(await readPromptCheckpoint(join(out, "prompts.safetensors"))).toEqual(own);
  });
});

describe("the settings of the vision tower decide what is learned from:", () => {
  test("layers are summed in the local loss", async () => {
    const [both, fourth, sixth] = await Promise.all([[4, 6], [4], [6]].map((layers) => startingLosses({ layers })));
    expect(both!.local).toBeCloseTo(fourth!.local + sixth!.local, 3);
    expect(fourth!.local).not.toBeCloseTo(sixth!.local, 3);
    for (const { global } of [fourth!, sixth!]) expect(global).toBeCloseTo(both!.global, 3);
  });

  test("each attention gives other maps and the same scores, and none asks not where it begins", async () => {
    const kinds = ["v-v", "q-q", "k-k", "none"] as const;
    const found = [];
    for (const attention of kinds) found.push(await startingLosses({ attention, dpamFrom: 3 }));
    for (const { global } of found) expect(global).toBeCloseTo(found[0]!.global, 3);
    expect(new Set(found.map(({ local }) => local.toFixed(4))).size).toBe(4);
    const [later, laterNone] = [
      await startingLosses({ attention: "v-v", dpamFrom: 2 }),
      await startingLosses({ attention: "none", dpamFrom: 2 }),
    ];
    expect(later.local).not.toBeCloseTo(found[0]!.local, 3);
    expect(laterNone).toEqual(found[3]);
  });

  test("a high temperature makes everything equally likely", async () => {
    expect((await startingLosses({ temperature: 1e4 })).global).toBeCloseTo(Math.log(2), 4);
  });

  test("the image size is that of the features", async () => {
    const { out } = await train({ imageSize: 64, epochs: 1 });
    const prompts = await readPromptCheckpoint(join(out, "prompts.safetensors"));
    expect(JSON.parse(prompts.metadata.settings!).imageSize).toBe(64);
    expect((await startingLosses({ imageSize: 64 })).local).not.toBeCloseTo((await startingLosses()).local, 3);
    await expect(train({ imageSize: 33 })).rejects.toMatchObject({ code: "E_CONFIG" });
  });
});

describe("the prompts learned", () => {
  test("start from those of a file, with its settings and templates", async () => {
    const templates = { normalTemplates: ["{}", "flawless {}"], abnormalTemplates: ["broken {}"] };
    const whole = { batchSize: 10, shuffle: false, learningRate: 0.01 };
    const { losses } = await train({ ...templates, ...whole, layers: [2], temperature: 0.2 });
    const first = await train({ ...templates, ...whole, layers: [2], temperature: 0.2, epochs: 1 });
    const inherited = { layers: undefined, imageSize: undefined, contextLength: undefined };
    const init = first.prompts!;
    const next = await train({ ...whole, ...inherited, init, deepDepth: undefined, deepLength: undefined, epochs: 1 });
    expect(next.losses[0]).toBeCloseTo(losses[1]!, 4);
    const { metadata } = await readPromptCheckpoint(next.prompts!);
    expect(readTemplates(metadata)).toEqual({
      normal: ["{}", "flawless {}"],
      abnormal: ["broken {}"],
      object: "object",
    });
    expect(JSON.parse(metadata.settings!)).toMatchObject({ imageSize: SIZE, layers: [2], temperature: 0.2 });
    expect(await readProtocol(next.out)).toMatchObject({
      "start from": expect.stringMatching(/^prompts\.safetensors [0-9a-f]{16}$/),
      layers: "2",
      "normal templates": "{} | flawless {}",
    });
  });

  test("that name the class of each picture have no features of their own", async () => {
    const { prompts: path, out } = await train({ objectAware: true });
    const prompts = await readPromptCheckpoint(path!);
    expect(prompts.textFeatures).toBeUndefined();
    expect(readTemplates(prompts.metadata).object).toBeNull();
    expect(await readProtocol(out)).toMatchObject({ object: "the class of each picture" });
    const [aware, agnostic] = [await startingLosses({ objectAware: true }), await startingLosses()];
    expect(aware.global).not.toBeCloseTo(agnostic.global, 4);
  });

  test("in decoupled pairs have the features of each", async () => {
    const prompts = await readPromptCheckpoint((await train({ decoupled: true, learningRate: 0.01 })).prompts!);
    const { textFeatures, pixel } = prompts;
    const bare = { ...prompts, textFeatures: undefined };
    expect(textFeatures).toEqual(await promptFeatures(clip, bare));
    expect(pixel!.textFeatures).toEqual(
      await promptFeatures(clip, bare, undefined, { ...pixel!, textFeatures: undefined }),
    );
    expect(compare(pixel!.textFeatures!.normal, textFeatures!.normal).difference).toBeGreaterThan(0.01);
  });

  test("share their context, and have as many deep tokens as they are told", async () => {
    const shared = await readPromptCheckpoint((await train({ sharedContext: true })).prompts!);
    expect(shared.contextAbnormal).toEqual(shared.contextNormal);
    expect(shared.deepPrompts).toHaveLength(2);
    for (const none of [{ deepDepth: 1 }, { deepLength: 0 }]) {
      const { deepPrompts, deepLength } = await readPromptCheckpoint((await train(none)).prompts!);
      expect([deepPrompts, deepLength]).toEqual([[], 0]);
    }
    const longer = await readPromptCheckpoint((await train({ contextLength: 7, deepLength: 5 })).prompts!);
    expect([longer.contextLength, longer.deepLength, longer.deepPrompts[1]!.length]).toEqual([7, 5, 5 * 64]);
  });
});

describe("what cannot be written", () => {
  test("as .pth is refused before anything is computed, be it asked for or inherited", async () => {
    const { prompts } = await train({ abnormalTemplates: ["damaged {}", "broken {}"], epochs: 1 });
    const steps: unknown[] = [];
    const options = { init: prompts!, format: "pth", cacheDir: fixture.path("never") } as const;
    await expect(train(options, { onStep: (step) => steps.push(step) })).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringMatching(/\.pth format holds one pair of .* one template each/),
    });
    expect(steps).toEqual([]);
    await expect(readdir(fixture.path("never"))).rejects.toThrow();
  });

  test("as a checkpoint is one line that says what is kept", async () => {
    const options = { epochs: 3, out: fixture.path("full") };
    const running = train(options, {
      // A folder in the place of a checkpoint.
      onEpoch: () =>
        void mkdirSync(join(options.out, "checkpoints", "epoch-003.safetensors", "x"), { recursive: true }),
    });
    const error = await failureOf(running);
    expect(error.code).toBe("E_WEIGHTS");
    expect(error.message).toMatch(
      /^\S+epoch-003\.safetensors: cannot be written: .*; epoch 2 is kept in \S+epoch-002\.safetensors \(--init/,
    );
    expect(error.message).not.toContain("\n");
    const whole = await learnedFiles((await train({ epochs: 2 })).out);
    for (const name of ["checkpoints/epoch-001.safetensors", "checkpoints/epoch-002.safetensors"]) {
      expect(await readFile(join(options.out, name))).toEqual(whole[name]);
    }
  });
});

describe("a loss that is no longer finite", () => {
  test("is an error that names its step", async () => {
    const { message } = await failureOf(train({ learningRate: 3e38 }));
    expect(message).toBe("the loss is NaN at step 2 of epoch 1: lower the learning rate");
  });

  test("leaves the checkpoint of the epoch before, to be gone on with", async () => {
    const options = { out: fixture.path("diverged") };
    const { step } = Optimizer.prototype;
    let steps = 0;
    const broken = vi.spyOn(Optimizer.prototype, "step").mockImplementation(async function (this: Optimizer, ...given) {
      const losses = await step.apply(this, given);
      return ++steps === 5 ? { ...losses, loss: Number.NaN } : losses;
    });
    const { message } = await failureOf(train(options)).finally(() => broken.mockRestore());
    expect(message).toMatch(/^the loss is NaN at step 2 of epoch 2: .*; epoch 1 is kept in \S+epoch-001\.safetensors /);
    const resumed = await train({ ...options, mode: "resume" });
    expect(await learnedFiles(resumed.out)).toEqual(await learnedFiles((await train()).out));
  });
});
