import { expect, test } from "vitest";
import type { Calibration } from "../server/api.ts";
import { Calibrator, scoresOf } from "./calibrator.ts";

/** A service that answers when it is told to; the calibration's threshold is the sum of the scores. */
function serviceOf() {
  const asked: { name: string; model: string | null; answer(score: number | Error): void }[] = [];
  const errors: string[] = [];
  const calibrated: number[][][] = [];
  const calibrator = new Calibrator({
    detect: ({ name }, { model }) =>
      new Promise((resolve, reject) => {
        const answer = (score: number | Error) => (score instanceof Error ? reject(score) : resolve({ score }));
        asked.push({ name, model, answer });
      }),
    calibrate: async (good, bad) => {
      calibrated.push([[...good], [...bad]]);
      return { threshold: [...good, ...bad].reduce((sum, score) => sum + score, 0) } as Calibration;
    },
    onError: (error, name) => errors.push(`${name}: ${(error as Error).message}`),
  });
  return { calibrator, asked, errors, calibrated };
}

function filesOf(...names: string[]): File[] {
  return names.map((name) => new File([], name));
}

test("a batch that is dropped while another is looked at keeps both batches' scores", async () => {
  const { calibrator, asked, calibrated } = serviceOf();
  const { good, pending, calibration } = calibrator;
  const first = calibrator.look(filesOf("a", "b"), good);
  const second = calibrator.look(filesOf("c"), good);
  // The later batch ends before the earlier, whose pictures are answered in reverse.
  asked[2]!.answer(0.3);
  await second;
  expect(pending.value).toBe(2);
  expect(calibrated).toEqual([]);
  asked[1]!.answer(0.2);
  asked[0]!.answer(0.1);
  await first;
  expect(pending.value).toBe(0);
  expect(good.value.map(({ name, score }) => [name, score])).toEqual([
    ["a", 0.1],
    ["b", 0.2],
    ["c", 0.3],
  ]);
  expect(calibrated).toEqual([[[0.1, 0.2, 0.3], []]]);
  expect(calibration.value?.threshold).toBeCloseTo(0.6);
});

test("after a change of model nothing comes of what was under way", async () => {
  const { calibrator, asked, errors, calibrated } = serviceOf();
  const { good, bad } = calibrator;
  const names = Array.from({ length: 20 }, (_, i) => `old ${i}`);
  const old = [calibrator.look(filesOf(...names), good), calibrator.look(filesOf("old bad"), bad)];
  const underWay = asked.length;
  calibrator.chooseModel("other");
  const renewed = calibrator.look(filesOf("new"), good);
  for (const { answer } of asked.slice(0, underWay)) answer(0.9);
  await Promise.all(old);
  // None of those that waited was given to the other model.
  expect(asked.slice(underWay).map(({ name, model }) => [name, model])).toEqual([["new", "other"]]);
  expect(good.value.map(({ name, score }) => [name, score])).toEqual([["new", null]]);
  expect(bad.value).toEqual([]);
  asked.at(-1)!.answer(0.1);
  await renewed;
  expect(calibrated).toEqual([[[0.1], []]]);

  // Nor of what fails: nobody waits for it.
  const failing = calibrator.look(filesOf("late"), good);
  calibrator.begin();
  asked.at(-1)!.answer(new Error("gone"));
  await failing;
  expect(errors).toEqual([]);
  expect(good.value).toEqual([]);
});

test("a picture that fails leaves the list, also where another has its name", async () => {
  const { calibrator, asked, errors } = serviceOf();
  const batch = calibrator.look(filesOf("same", "same"), calibrator.good);
  asked[0]!.answer(new Error("torn"));
  asked[1]!.answer(0.4);
  await batch;
  expect(scoresOf(calibrator.good.value)).toEqual([0.4]);
  expect(errors).toEqual(["same: torn"]);
  expect(calibrator.calibration.value?.threshold).toBe(0.4);
});

test("a threshold is not shown for pictures that it was not drawn from", async () => {
  const { calibrator, asked, calibrated } = serviceOf();
  const first = calibrator.look(filesOf("a"), calibrator.good);
  asked[0]!.answer(0.1);
  await first;
  expect(calibrator.calibration.value?.threshold).toBe(0.1);
  const second = calibrator.look(filesOf("b"), calibrator.bad);
  expect(calibrator.calibration.value).toBeNull();
  asked[1]!.answer(0.5);
  await second;
  expect(calibrated.at(-1)).toEqual([[0.1], [0.5]]);
  expect(calibrator.calibration.value?.threshold).toBe(0.6);
});
