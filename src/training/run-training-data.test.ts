import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readProtocol } from "../results/run-file.ts";
import { readPromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { promptLearnables } from "./prompt-learnables.ts";
import type { EpochReport } from "./train-prompts.ts";
import type { TrainingOptions } from "./training-options.ts";
import { failureOf, learnedFiles, type Picture, STILL, TEN, useTrainingFixture } from "./training-run.fixture.ts";

const fixture = useTrainingFixture();
const { train } = fixture;

/** A training on these pictures. */
async function trainOn(name: string, pictures: readonly Picture[], changes: Partial<TrainingOptions> = {}) {
  return train({ data: [await fixture.set(name, pictures)], ...changes });
}

async function epochsOf(changes: Partial<TrainingOptions>): Promise<EpochReport[]> {
  const epochs: EpochReport[] = [];
  await train(changes, { onEpoch: (epoch) => epochs.push(epoch) });
  return epochs;
}

/** The losses of each picture at the start, in the order of the data set. */
async function startingLosses(changes: Partial<TrainingOptions> = {}) {
  const each: { loss: number; local: number }[] = [];
  const options = { epochs: 1, batchSize: 1, learningRate: STILL, shuffle: false, ...changes };
  await train(options, { onStep: ({ loss, local }) => each.push({ loss, local: local! }) });
  return each;
}

const sum = (values: readonly number[]) => values.reduce((total, x) => total + x, 0);
const isAbnormal = ({ abnormal = false }: Picture) => abnormal;
/** Checkpoints alone: prompts say of what data they are. */
const checkpointsOf = async (out: string) => {
  const { "prompts.safetensors": _, ...checkpoints } = await learnedFiles(out);
  return checkpoints;
};
const learnedBy = async (path: string) =>
  [...promptLearnables(await readPromptCheckpoint(path))].map(([name, { values }]) => [name, values]);

describe("masks", () => {
  test("that are missing for all leave the global loss, and a note", async () => {
    const { notes, out } = await trainOn(
      "no masks",
      TEN.map((picture) => ({ ...picture, masked: false })),
    );
    expect(notes).toEqual(["no abnormal picture has a mask: the global loss alone is learned from"]);
    const asked = await train({ loss: "global" });
    expect(asked.notes).toEqual([]);
    expect(await checkpointsOf(out)).toEqual(await checkpointsOf(asked.out));
    expect(await readProtocol(out)).toMatchObject({ loss: "global", "local loss": "off", "local weight": "off" });
  });

  test("that are missing for some take these pictures out of the local loss, and of nothing else", async () => {
    const pictures = TEN.map((picture, i) => ({ ...picture, masked: i !== 3 && i !== 7 }));
    const options = { batchSize: 10, epochs: 1, learningRate: STILL };
    const [all] = await epochsOf(options);
    const { notes } = await trainOn("some masks", pictures, options);
    expect(notes).toEqual(["2 of 5 abnormal pictures have no mask: they have no part in the local loss"]);
    const [some] = await epochsOf({ ...options, data: [fixture.path("some masks")] });
    const each = await startingLosses();
    expect(some!.global).toBe(all!.global);
    expect(some!.local).toBeCloseTo((sum(each.map(({ local }) => local)) - each[3]!.local - each[7]!.local) / 10, 4);
    expect(some!.local).not.toBeCloseTo(all!.local!, 2);
  });

  test("are needed by the local loss alone", async () => {
    const failure = trainOn(
      "no local",
      TEN.map((picture) => ({ ...picture, masked: false })),
      { loss: "local" },
    );
    expect(await failureOf(failure)).toMatchObject({
      code: "E_DATASET",
      message: "the local loss needs masks, and there are none: use --loss global",
    });
  });
});

describe("pictures of one kind", () => {
  test("are refused where all are normal, whatever the loss", async () => {
    for (const loss of ["both", "global", "local"] as const) {
      const normal = TEN.map(({ className }) => ({ className }));
      expect(await failureOf(trainOn("normal", normal, { loss }))).toMatchObject({
        code: "E_DATASET",
        message: "all 10 pictures are normal: learning needs abnormal ones too (another --split?)",
      });
    }
  });

  test("are refused where all are abnormal, but for the local loss", async () => {
    const abnormal = TEN.map(({ className }) => ({ className, abnormal: true }));
    expect(await failureOf(trainOn("abnormal", abnormal))).toMatchObject({
      code: "E_DATASET",
      message: expect.stringMatching(/^all 10 pictures are abnormal: .* or use --loss local$/),
    });
    expect((await trainOn("abnormal", abnormal, { loss: "local" })).end).toBe("finished");
  });
});

describe("files that cannot be used", () => {
  test("cost their pictures; the rest is learned from as if they were not listed", async () => {
    const folder = await fixture.set("unreadable", TEN);
    await writeFile(join(folder, "9.png"), "no picture");
    const { leftOut, notes, out, end } = await train({ data: [folder] });
    expect([end, leftOut]).toEqual(["finished", 1]);
    expect(notes).toEqual([expect.stringMatching(/^left out: \S+9\.png: not a picture/)]);
    const without = await trainOn("nine", TEN.slice(0, 9));
    expect(without.leftOut).toBe(0);
    expect(await checkpointsOf(out)).toEqual(await checkpointsOf(without.out));
  });

  test("are an error where nothing else is there", async () => {
    const folder = await fixture.set("all unreadable", TEN.slice(0, 2));
    for (const name of ["0.png", "1.png"]) await writeFile(join(folder, name), "no picture");
    expect((await failureOf(train({ data: [folder] }))).message).toMatch(
      /^none of 2 pictures can be used; the first: /,
    );
  });

  test("in the cache are made again in the middle of training, to the same bytes", async () => {
    const whole = await train({ epochs: 3 });
    const cacheDir = fixture.path("damaged cache");
    const damage: Record<number, (path: string) => void> = {
      1: (path) => writeFileSync(path, "damaged"),
      2: (path) => rmSync(path),
    };
    const { out, notes } = await train(
      { epochs: 3, cacheDir },
      {
        onEpoch: ({ epoch }) => {
          for (const name of readdirSync(cacheDir, { recursive: true, encoding: "utf8" })) {
            if (/\w{64}/.test(name)) damage[epoch]?.(join(cacheDir, name));
          }
        },
      },
    );
    expect(await learnedFiles(out)).toEqual(await learnedFiles(whole.out));
    for (const state of ["damaged", "missing"]) {
      const told = notes.filter((note) => note.endsWith(`are ${state}: computed again`));
      expect(told.filter((note) => note.startsWith("the cached features of "))).toHaveLength(10);
      expect(told.filter((note) => note.startsWith("the cached mask of "))).toHaveLength(5);
    }
  });
});

describe("what is learned from", () => {
  const picturesOf = async (changes: Partial<TrainingOptions>) => {
    const { out } = await train({ epochs: 1, ...changes });
    return (await readProtocol(out))!.pictures;
  };

  test("is what split and classes choose of all data sets", async () => {
    expect(await picturesOf({ classes: ["pcb"] })).toBe(5);
    expect(await picturesOf({ excludeClasses: ["pcb"] })).toBe(5);
    const more = await fixture.set("more", TEN.slice(0, 4));
    expect(await picturesOf({ data: [fixture.path("ten"), more] })).toBe(14);
    expect(await picturesOf({ data: [fixture.path("ten"), more], classes: ["more/metal_nut"] })).toBe(4);
    expect(await failureOf(train({ split: "train" }))).toMatchObject({
      code: "E_DATASET",
      message: expect.stringMatching(/no pictures in the split train, all 10 are in test/),
    });
  });
});

describe("pictures set aside", () => {
  test("by a share are some of each class and kind, and none of them is learned from", async () => {
    const each = await startingLosses();
    const told: number[] = [];
    const epochs: EpochReport[] = [];
    const options = { validation: 0.4, epochs: 1, batchSize: 1, learningRate: STILL };
    const { out } = await train(options, {
      onStep: ({ loss }) => told.push(loss),
      onEpoch: (epoch) => epochs.push(epoch),
    });
    const { pictures, "pictures set aside": aside } = (await readProtocol(out))!;
    expect([pictures, aside, told.length]).toEqual([6, 4, 6]);
    expect(new Set(told).size).toBe(6);
    const judged = TEN.filter((_, i) => !told.includes(each[i]!.loss));
    expect(judged).toHaveLength(4);
    for (const className of ["metal_nut", "pcb"]) {
      const kinds = judged.filter((picture) => picture.className === className).map(isAbnormal);
      expect(kinds.sort()).toEqual([false, true]);
    }
    // All that is not learned from is judged.
    const { loss } = epochs[0]!.validation!;
    expect(4 * loss + sum(told)).toBeCloseTo(sum(each.map((picture) => picture.loss)), 3);
  });

  test("by class are not learned from", async () => {
    const judged = await train({ validationClasses: ["pcb"] });
    const alone = await train({ classes: ["metal_nut"] });
    expect(await learnedBy(judged.prompts!)).toEqual(await learnedBy(alone.prompts!));
    expect(await readProtocol(judged.out)).toMatchObject({ pictures: 5, "pictures set aside": 5 });
    expect(await failureOf(train({ validationClasses: ["pcb", "metal_nut"] }))).toMatchObject({ code: "E_DATASET" });
  });

  // The pictures to judge by are the opposite of those learned from: the more is learned, the higher their loss.
  const opposite: Picture[] = TEN.map(({ className, abnormal = false }) => {
    const turned = className === "pcb";
    return { className, abnormal: abnormal !== turned, defect: abnormal, masked: !turned };
  });
  const early = { validationClasses: ["pcb"], loss: "global", learningRate: 0.02, batchSize: 5 } as const;

  test("end learning when their loss no longer falls, and the best epoch's prompts are kept", async () => {
    const epochs: EpochReport[] = [];
    const data = [await fixture.set("opposite", opposite)];
    const options = { ...early, data, epochs: 30, patience: 2 };
    const { end, epoch, folder, prompts } = await train(options, { onEpoch: (told) => epochs.push(told) });
    const losses = epochs.map(({ validation }) => validation!.loss);
    const best = losses.indexOf(Math.min(...losses)) + 1;
    expect([end, epoch, epochs.length]).toEqual(["stopped early", best, best + 2]);
    expect(await learnedBy(prompts!)).toEqual(await learnedBy(folder.checkpoint(best)));
    expect(await learnedBy(prompts!)).not.toEqual(await learnedBy(folder.checkpoint(best + 2)));
    const { metadata } = await readPromptCheckpoint(prompts!);
    expect(JSON.parse(metadata.training!)).toMatchObject({ epoch: best, patience: 2 });

    // Broken off after the best epoch, it is still known which that was.
    const { out } = await train({ ...options, epochs: best + 1 });
    const resumed = await train({ ...options, out, mode: "resume" });
    expect([resumed.end, resumed.epoch, resumed.losses.length]).toEqual(["stopped early", best, 1]);
    expect(await learnedFiles(out)).toEqual(await learnedFiles(folder.path));
  });

  test("without patience end nothing, and the last epoch's prompts are kept", async () => {
    const { end, epoch, folder, prompts } = await train({ ...early, epochs: 5, data: [fixture.path("opposite")] });
    expect([end, epoch]).toEqual(["finished", 5]);
    expect(await learnedBy(prompts!)).toEqual(await learnedBy(folder.checkpoint(5)));
  });
});
