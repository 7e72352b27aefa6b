import { describe, expect, test } from "vitest";
import { referencePath } from "../../test/reference/reference.ts";
import { OBJECT_AGNOSTIC } from "../anomalyclip/prompt-templates.ts";
import { promptFeatures } from "../anomalyclip/text-features.ts";
import { auroc } from "../metrics/ranking.ts";
import { openClip } from "../weights/clip-weights.ts";
import { drawPrompts } from "./initial-prompts.ts";
import { featuresOf, type MadePicture, madePicture, madeReader } from "./made-pictures.fixture.ts";
import { promptLearnables } from "./prompt-learnables.ts";
import {
  type EpochReport,
  learnedPrompts,
  type StepReport,
  type TrainingProgress,
  type TrainPromptsOptions,
  trainPrompts,
} from "./train-prompts.ts";
import { STILL } from "./training-run.fixture.ts";

const clip = await openClip(referencePath("clip.safetensors"));

const five = [1, 2, 3, 4, 5].map((id) => madePicture(id));

interface Run {
  end: string;
  steps: StepReport[];
  epochs: EpochReport[];
  /** After each epoch. */
  progress: TrainingProgress[];
}

const initial = drawPrompts(clip, { contextLength: 4, deepDepth: 2, deepLength: 2, seed: 1 });

async function run(changes: Partial<TrainPromptsOptions<MadePicture>> = {}): Promise<Run> {
  const told: Omit<Run, "end"> = { steps: [], epochs: [], progress: [] };
  const end = await trainPrompts({
    clip,
    settings: { temperature: 0.07 },
    templates: OBJECT_AGNOSTIC,
    initial,
    samples: five,
    reader: madeReader,
    epochs: 1,
    batchSize: 4,
    learningRate: 0.01,
    seed: 111,
    shuffle: false,
    session: { threads: 1 },
    ...changes,
    onStep: async (step) => {
      told.steps.push(step);
      await changes.onStep?.(step);
    },
    onEpoch: async (epoch, progress) => {
      told.epochs.push(epoch);
      told.progress.push(progress);
      await changes.onEpoch?.(epoch, progress);
    },
  });
  return { end, ...told };
}

const losses = ({ steps }: Run) => steps.map(({ loss }) => loss);
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
const parameters = ({ progress }: Run) =>
  [...progress.at(-1)!.state.slots].map(([name, slot]) => [name, slot.parameter]);

describe("a step", () => {
  test("has the mean loss of its pictures, in a partial last batch too", async () => {
    const single = losses(await run({ batchSize: 1, learningRate: STILL }));
    expect(new Set(single).size).toBe(5);
    for (const [batchSize, batches] of [
      [4, [single.slice(0, 4), single.slice(4)]],
      [3, [single.slice(0, 3), single.slice(3)]],
      [8, [single]],
    ] as const) {
      const actual = losses(await run({ batchSize, learningRate: STILL }));
      expect(actual).toHaveLength(batches.length);
      for (const [i, batch] of batches.entries()) expect(actual[i]).toBeCloseTo(mean(batch), 4);
    }
  });

  test("shows each picture the words of its own class", async () => {
    const aware = { templates: { ...OBJECT_AGNOSTIC, object: null }, learningRate: STILL };
    const single = losses(await run({ ...aware, batchSize: 1 }));
    const [first, second] = losses(await run(aware));
    expect(first).toBeCloseTo(mean(single.slice(0, 4)), 4);
    expect(second).toBeCloseTo(single[4]!, 4);
    for (const [i, sample] of five.entries()) {
      const object = sample.className.replace("_", " ");
      const named = { templates: { ...OBJECT_AGNOSTIC, object }, learningRate: STILL };
      expect(losses(await run({ ...named, samples: [sample] }))[0]).toBeCloseTo(single[i]!, 4);
    }
  });

  test("tells where it is and what the parts of its loss are", async () => {
    const { steps } = await run({ epochs: 2, localWeight: 3 });
    expect(steps.map(({ epoch, step, steps: of }) => [epoch, step, of])).toEqual([
      [1, 1, 2],
      [1, 2, 2],
      [2, 1, 2],
      [2, 2, 2],
    ]);
    for (const { loss, global, local, learningRate } of steps) {
      expect(loss).toBeCloseTo(global! + 3 * local!, 3);
      expect(learningRate).toBe(0.01);
    }
    expect((await run({ loss: "global" })).steps[0]).toMatchObject({ local: null });
    expect((await run({ loss: "local" })).steps[0]).toMatchObject({ global: null });
  });
});

describe("learning", () => {
  test("lowers the loss", async () => {
    const { epochs, end } = await run({ epochs: 12 });
    expect(end).toBe("finished");
    expect(epochs.at(-1)!.loss).toBeLessThan(0.8 * epochs[0]!.loss);
  });

  test("moves a shared context as one, and both pairs of decoupled prompts", async () => {
    const shared = drawPrompts(clip, { contextLength: 4, sharedContext: true, seed: 1 });
    const { progress } = await run({ initial: shared, sharedContext: true, epochs: 2 });
    const learned = learnedPrompts(shared, progress[1]!, { sharedContext: true });
    expect(learned.contextAbnormal).toEqual(learned.contextNormal);
    expect(learned.contextNormal).not.toEqual(shared.contextNormal);

    const two = drawPrompts(clip, { contextLength: 4, decoupled: true, seed: 1 });
    const moved = async (loss: "both" | "global" | "local") => {
      const { slots } = (await run({ initial: two, loss })).progress[0]!.state;
      const starts = promptLearnables(two);
      const names = [...starts.keys()].filter((name) =>
        slots.get(name)!.parameter.some((x, i) => x !== starts.get(name)!.values[i]),
      );
      return [names.some((name) => !name.startsWith("pixel.")), names.some((name) => name.startsWith("pixel."))];
    };
    expect([await moved("both"), await moved("global"), await moved("local")]).toEqual([
      [true, true],
      [true, false],
      [false, true],
    ]);
  });

  test("goes on after an epoch as if there had been no break", async () => {
    const whole = await run({ epochs: 4, shuffle: true });
    const progress = whole.progress[1]!;
    expect(progress).toMatchObject({ epoch: 2, state: { steps: 4 }, best: null });
    const rest = await run({ epochs: 4, shuffle: true, progress });
    expect(losses(rest)).toEqual(losses(whole).slice(4));
    expect(rest.progress).toEqual(whole.progress.slice(2));
  });

  test("tells of an epoch the means over its steps", async () => {
    const { steps, epochs } = await run();
    for (const part of ["loss", "global", "local"] as const) {
      expect(epochs[0]![part]).toBeCloseTo(mean(steps.map((step) => step[part]!)), 5);
    }
    expect(epochs[0]!.validation).toBeNull();
  });
});

describe("validation", () => {
  test("is the mean over all pictures set aside, whatever the batch, and the AUROC of their scores", async () => {
    const aside = [11, 12, 13, 14, 15, 16].map((id) => madePicture(id));
    const single = await run({ samples: aside, batchSize: 1, learningRate: STILL });
    const { epochs } = await run({ validation: aside, learningRate: STILL });
    const { validation } = epochs[0]!;
    expect(validation!.loss).toBeCloseTo(mean(losses(single)), 4);
    expect(validation!.global).toBeCloseTo(mean(single.steps.map(({ global }) => global!)), 4);

    const { normal, abnormal } = await promptFeatures(clip, initial);
    const scores = aside.map(({ id }) => {
      const image = featuresOf(id, 4);
      return abnormal.reduce((sum, x, i) => sum + (x - normal[i]!) * image[i]!, 0);
    });
    const wanted = auroc(
      Float32Array.from(scores),
      Uint8Array.from(aside, ({ abnormal: is }) => (is ? 1 : 0)),
    );
    expect(wanted).not.toBe(0.5);
    expect(validation!.auroc).toBeCloseTo(wanted!, 6);
  });

  test("of one kind of pictures has no AUROC", async () => {
    const { epochs } = await run({ validation: [madePicture(11), madePicture(13)] });
    expect(epochs[0]!.validation).toMatchObject({ loss: expect.any(Number), auroc: null });
  });

  test("is not learned from", async () => {
    const aside = [12, 14].map((id) => madePicture(id, { className: "scene" }));
    const judged = await run({ epochs: 2, validation: aside });
    expect(parameters(judged)).toEqual(parameters(await run({ epochs: 2 })));
  });

  test("knows the words of classes that are not learned from", async () => {
    const templates = { ...OBJECT_AGNOSTIC, object: null };
    const aside = [madePicture(12, { className: "scene" })];
    const { epochs } = await run({ templates, validation: aside, learningRate: STILL });
    const single = await run({ templates, samples: aside, learningRate: STILL });
    expect(epochs[0]!.validation!.loss).toBeCloseTo(losses(single)[0]!, 4);
  });
});

describe("stopping early", () => {
  // Pictures that look like those learned from, and are the opposite: the better one knows these, the worse those.
  const opposite = five.map((sample) => ({ ...sample, abnormal: !sample.abnormal }));
  const options = { validation: opposite, epochs: 20, patience: 2 };

  test("comes after so many epochs without a lower validation loss, and the best is remembered", async () => {
    const { end, epochs, progress } = await run(options);
    const all = epochs.map(({ validation }) => validation!.loss);
    const best = all.indexOf(Math.min(...all)) + 1;
    expect(end).toBe("stopped early");
    expect(epochs).toHaveLength(best + 2);
    expect(progress.at(-1)!.best).toEqual({ epoch: best, loss: all[best - 1] });
  });

  test("stays stopped when gone on with, and goes on where it has not come", async () => {
    const whole = await run(options);
    const again = await run({ ...options, progress: whole.progress.at(-1)! });
    expect([again.end, again.steps]).toEqual(["stopped early", []]);
    const rest = await run({ ...options, progress: whole.progress[0]! });
    expect(rest.end).toBe("stopped early");
    expect(rest.progress).toEqual(whole.progress.slice(1));
  });

  test("does not come while the loss falls, nor without patience", async () => {
    expect((await run({ ...options, validation: five, epochs: 5 })).end).toBe("finished");
    expect((await run({ ...options, patience: undefined, epochs: 6 })).epochs).toHaveLength(6);
  });
});

describe("a loss that is no longer finite", () => {
  test("is an error that names its step", async () => {
    const diverging = run({ learningRate: 3e38 });
    await expect(diverging).rejects.toMatchObject({
      code: "E_RUNTIME",
      message: "the loss is NaN at step 2 of epoch 1: lower the learning rate",
    });
  });

  test("is not waited for when a prompt is spoilt at the end of an epoch", async () => {
    let epochs = 0;
    const diverging = run({ learningRate: 3e38, batchSize: 5, onEpoch: () => void epochs++ });
    await expect(diverging).rejects.toMatchObject({
      code: "E_RUNTIME",
      message: expect.stringMatching(/^context\.normal or its gradient is not finite at step 1 of epoch 1: lower /),
    });
    expect(epochs).toBe(0);
  });
});

test("squares of gradients that overflow are an error too, for no checkpoint could hold them", async () => {
  const steep = run({ settings: { temperature: 1e-25 }, epochs: 2 });
  await expect(steep).rejects.toMatchObject({ code: "E_RUNTIME", message: expect.stringMatching(/ or its gradient /) });
});

describe("a stop", () => {
  test("asked for during a step comes before the next", async () => {
    const stop = new AbortController();
    const onStep = ({ epoch, step }: StepReport) => {
      if (epoch === 2 && step === 1) stop.abort();
    };
    const { end, steps, epochs } = await run({ epochs: 3, onStep, signal: stop.signal });
    expect([end, steps.length, epochs.length]).toEqual(["interrupted", 3, 1]);
  });

  test("asked for in the last step lets the epoch be", async () => {
    const stop = new AbortController();
    const onStep = ({ step }: StepReport) => {
      if (step === 2) stop.abort();
    };
    const { end, epochs } = await run({ epochs: 2, onStep, signal: stop.signal });
    expect([end, epochs.length]).toEqual(["interrupted", 1]);
    expect((await run({ epochs: 1, onStep, signal: stop.signal })).end).toBe("interrupted");
  });
});

test("learning waits until an epoch is dealt with", async () => {
  const order: string[] = [];
  await run({
    epochs: 2,
    onStep: ({ epoch }) => void order.push(`step of ${epoch}`),
    onEpoch: async ({ epoch }) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(`end of ${epoch}`);
    },
  });
  expect(order).toEqual(["step of 1", "step of 1", "end of 1", "step of 2", "step of 2", "end of 2"]);
});

test("a picture that can no longer be read ends it", async () => {
  const failing = { ...madeReader, readMask: async () => Promise.reject(new Error("gone")) };
  await expect(run({ reader: failing })).rejects.toThrow("gone");
});
