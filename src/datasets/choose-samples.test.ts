import { describe, expect, it } from "vitest";
import { chooseSamples, type SampleChoice } from "./choose-samples.ts";
import type { Dataset, Split } from "./sample.ts";

/** A data set of samples given as `class`, each with its split. */
function dataset(name: string, ...samples: [className: string, split: Split | null][]): Dataset {
  return {
    name,
    samples: samples.map(([className, split], index) => ({
      image: `${name}/${index}`,
      mask: null,
      className,
      specie: "good",
      abnormal: false,
      split,
    })),
  };
}

const mvtec = dataset("mvtec", ["bottle", "train"], ["tile", "test"], ["bottle", "test"], ["tile", "train"]);
const mine = dataset("mine", ["Bottle", null], ["mug", null]);

function images(sets: Dataset[], choice: SampleChoice): string[] {
  return chooseSamples(sets, choice).map((sample) => sample.image);
}

describe("choosing samples", () => {
  it("takes the split, and samples of no split, in the order of the sets", () => {
    expect(images([mvtec, mine], { split: "test" })).toEqual(["mvtec/1", "mvtec/2", "mine/0", "mine/1"]);
    expect(images([mine, mvtec], { split: "train" })).toEqual(["mine/0", "mine/1", "mvtec/0", "mvtec/3"]);
  });

  it("takes the named classes of every set, or of the named one, in any case", () => {
    expect(images([mvtec, mine], { split: "test", classes: ["BOTTLE"] })).toEqual(["mvtec/2", "mine/0"]);
    expect(images([mvtec, mine], { split: "test", classes: ["MVTec/bottle", "mug"] })).toEqual(["mvtec/2", "mine/1"]);
  });

  it("leaves out excluded classes", () => {
    expect(images([mvtec, mine], { split: "test", excludeClasses: ["mine/bottle"] })).toEqual([
      ...["mvtec/1", "mvtec/2", "mine/1"],
    ]);
    const choice: SampleChoice = { split: "test", classes: ["bottle"], excludeClasses: ["mvtec/bottle"] };
    expect(images([mvtec, mine], choice)).toEqual(["mine/0"]);
  });

  it("takes empty lists for none given", () => {
    expect(images([mine], { split: "test", classes: [], excludeClasses: [] })).toHaveLength(2);
  });
});

describe("refusing a choice", () => {
  const trainOnly = dataset("ours", ["cup", "train"], ["cup", "train"]);
  const many = dataset("many", ...Array.from({ length: 50 }, (_, i): [string, Split] => [`c${i}`, "test"]));
  it.each<[Dataset[], SampleChoice, string, string]>([
    [[mvtec], { split: "test", classes: ["mug"] }, "E_CONFIG", 'unknown class "mug"; known classes: bottle, tile'],
    [
      [mvtec, mine],
      { split: "test", excludeClasses: ["x\n"] },
      "E_CONFIG",
      'unknown class "x\\x0a"; known classes: mvtec/bottle, mvtec/tile, mine/Bottle, mine/mug',
    ],
    [[many], { split: "test", classes: ["mug"] }, "E_CONFIG", "c38, c39, 10 more"],
    [[mine], { split: "test", excludeClasses: ["mug", "bottle"] }, "E_CONFIG", "every class is excluded"],
    [
      [mvtec, dataset("mixed", ["a", "test"], ["b", "train"])],
      { split: "test" },
      "E_DATASET",
      "mixed/b: no pictures in the split test, 1 in train",
    ],
    [
      [mvtec, trainOnly],
      { split: "test" },
      "E_DATASET",
      "ours: no pictures in the split test, all 2 are in train; choose the split train",
    ],
  ])("%#: %j", (sets, choice, code, message) => {
    expect(() => chooseSamples(sets, choice)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  it("does not mind an empty class that is excluded", () => {
    const mixed = dataset("mixed", ["a", "test"], ["b", "train"]);
    expect(images([mixed], { split: "test", excludeClasses: ["b"] })).toEqual(["mixed/0"]);
  });
});
