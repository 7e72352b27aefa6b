import { describe, expect, test } from "vitest";
import type { Sample } from "../datasets/sample.ts";
import { setAside } from "./choose-validation.ts";

/** So many normal and abnormal pictures of a class. */
function pictures(className: string, normal: number, abnormal: number): Sample[] {
  return Array.from({ length: normal + abnormal }, (_, i) => ({
    image: `${className}/${i}.png`,
    mask: null,
    className,
    specie: i < normal ? "good" : "bent",
    abnormal: i >= normal,
    split: "test",
  }));
}

const names = (samples: readonly Sample[]) => samples.map(({ image }) => image);
const count = (samples: readonly Sample[], className: string, abnormal: boolean) =>
  samples.filter((sample) => sample.className === className && sample.abnormal === abnormal).length;

const two = [...pictures("nut", 20, 10), ...pictures("pcb", 40, 30)];

describe("a share of the samples set aside", () => {
  const { training, validation } = setAside(two, 0.2, 111);

  test("is taken from each class, normal and abnormal alike", () => {
    for (const [name, normal, abnormal] of [
      ["nut", 4, 2],
      ["pcb", 8, 6],
    ] as const) {
      expect([count(validation, name, false), count(validation, name, true)]).toEqual([normal, abnormal]);
    }
  });

  test("has no sample in common with what is learned from, and none is lost", () => {
    expect(names([...training, ...validation]).sort()).toEqual(names(two).sort());
    expect(new Set(names(two)).size).toBe(training.length + validation.length);
  });

  test("keeps both sides in the order given", () => {
    const place = new Map(two.map((sample, i) => [sample, i]));
    for (const side of [training, validation]) {
      const places = side.map((sample) => place.get(sample)!);
      expect(places).toEqual([...places].sort((a, b) => a - b));
    }
  });

  test("is chosen at random by the seed", () => {
    expect(names(setAside(two, 0.2, 111).validation)).toEqual(names(validation));
    expect(names(setAside(two, 0.2, 112).validation)).not.toEqual(names(validation));
  });
});

test("the shares of many small classes add up, of normal and of abnormal pictures", () => {
  const samples = Array.from({ length: 20 }, (_, i) => pictures(`class ${i}`, 2, 2)).flat();
  const { validation } = setAside(samples, 0.25, 1);
  const abnormal = validation.filter((sample) => sample.abnormal).length;
  expect([validation.length - abnormal, abnormal]).toEqual([10, 10]);
});

test("a share that leaves one side without pictures is refused", () => {
  expect(() => setAside(pictures("nut", 2, 2), 0.05, 1)).toThrow(/0\.05 of 4 pictures .* leaves none to judge by/);
  expect(() => setAside(pictures("nut", 1, 1), 0.9, 1)).toThrow(/0\.9 of 2 pictures .* leaves none to learn from/);
});
