import { describe, expect, test } from "vitest";
import type { Sample } from "../datasets/sample.ts";
import { choosePictures } from "./choose-pictures.ts";

function samplesOf(className: string, normal: number, abnormal: number): Sample[] {
  return Array.from({ length: normal + abnormal }, (_, i) => ({
    image: `${className}/${i}.png`,
    mask: null,
    className,
    specie: i < normal ? "good" : "crack",
    abnormal: i >= normal,
    split: null,
  }));
}

const counts = (samples: readonly Sample[]) => [
  samples.filter(({ abnormal }) => !abnormal).length,
  samples.filter(({ abnormal }) => abnormal).length,
];

describe("the pictures of a class", () => {
  test.each([
    [100, 100, 50, [25, 25]],
    [100, 100, 5, [2, 3]],
    [100, 3, 50, [47, 3]],
    [4, 100, 50, [4, 46]],
    [3, 4, 50, [3, 4]],
    [100, 0, 10, [10, 0]],
    [0, 100, 1, [0, 1]],
  ])("of %d normal and %d abnormal, at most %d, are %j", (normal, abnormal, limit, wanted) => {
    expect(counts(choosePictures(samplesOf("nut", normal, abnormal), limit, 1))).toEqual(wanted);
  });

  test("are limited for each class, and stay in order", () => {
    const samples = [...samplesOf("nut", 20, 20), ...samplesOf("pcb", 20, 20)];
    const chosen = choosePictures(samples, 10, 1);
    for (const name of ["nut", "pcb"]) {
      expect(counts(chosen.filter(({ className }) => className === name))).toEqual([5, 5]);
    }
    expect(chosen).toEqual([...chosen].sort((a, b) => samples.indexOf(a) - samples.indexOf(b)));
  });

  test("are the same for the same seed, others for another, and not the first", () => {
    const samples = samplesOf("nut", 100, 100);
    expect(choosePictures(samples, 10, 7)).toEqual(choosePictures(samples, 10, 7));
    expect(choosePictures(samples, 10, 7)).not.toEqual(choosePictures(samples, 10, 8));
    expect(choosePictures(samples, 10, 7)).not.toEqual(samples.slice(0, 5).concat(samples.slice(100, 105)));
  });
});
