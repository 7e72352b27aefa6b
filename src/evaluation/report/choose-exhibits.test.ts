import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Candidate, chooseExhibits } from "./choose-exhibits.ts";

interface Named extends Candidate {
  name: string;
}

function picture(name: string, className: string, abnormal: boolean, score: number): Named {
  return { name, sample: { className, abnormal }, score };
}

function namesOf({ best, worst }: { best: Named[]; worst: Named[] }): string[][] {
  return [best, worst].map((list) => list.map(({ name }) => name));
}

/** Names such as `bottle:a0.9`: class, abnormal, score. */
function pictures(...names: string[]): Named[] {
  return names.map((name) => {
    const [className, rest] = name.split(":") as [string, string];
    return picture(name, className, rest.startsWith("a"), Number(rest.slice(1)));
  });
}

describe("the pictures of a report", () => {
  it("are the abnormal and normal ones that are told best, and those that are told worst", () => {
    const all = pictures("x:n0.1", "x:a0.2", "x:a0.9", "x:n0.8", "x:a0.5", "x:n0.4", "x:a0.7", "x:n0.3");
    expect(namesOf(chooseExhibits(all, 2))).toEqual([
      ["x:a0.9", "x:n0.1"],
      ["x:a0.2", "x:n0.8"],
    ]);
    expect(namesOf(chooseExhibits(all, 4))).toEqual([
      ["x:a0.9", "x:a0.7", "x:n0.1", "x:n0.3"],
      ["x:a0.2", "x:a0.5", "x:n0.8", "x:n0.4"],
    ]);
  });

  it("are of one kind where there is no other, and of more of one where the other is short", () => {
    const abnormal = pictures("x:a0.9", "x:a0.8", "x:a0.7", "x:a0.6", "x:a0.5", "x:a0.4");
    expect(namesOf(chooseExhibits(abnormal, 4))).toEqual([
      ["x:a0.9", "x:a0.8", "x:a0.7"],
      ["x:a0.4", "x:a0.5", "x:a0.6"],
    ]);
    expect(namesOf(chooseExhibits([...abnormal, ...pictures("x:n0.1", "x:n0.2")], 4))).toEqual([
      ["x:a0.9", "x:a0.8", "x:a0.7", "x:n0.1"],
      ["x:a0.4", "x:a0.5", "x:a0.6", "x:n0.2"],
    ]);
  });

  it("are of many classes, but never of the wrong half for that", () => {
    const many = pictures("x:a0.99", "x:a0.98", "x:a0.97", "y:a0.9", "z:a0.8", "z:a0.1", "y:a0.2", "x:a0.3");
    expect(namesOf(chooseExhibits(many, 3))).toEqual([
      ["x:a0.99", "x:a0.98", "y:a0.9"],
      ["z:a0.1", "y:a0.2", "x:a0.3"],
    ]);
    const single = pictures("x:a0.9", "x:a0.8", "x:a0.7", "x:a0.6", "y:a0.1");
    expect(namesOf(chooseExhibits(single, 2))[0]).not.toContain("y:a0.1");
  });

  it("are a choice without repetitions, as large as it can be, whatever there is", () => {
    const candidate = fc.record({
      sample: fc.record({ className: fc.constantFrom("x", "y", "z"), abnormal: fc.boolean() }),
      score: fc.constantFrom(0, 0.25, 0.5, 1),
    });
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 30 }), fc.integer({ min: 0, max: 12 }), (all, count) => {
        const { best, worst } = chooseExhibits(all, count);
        const kinds = [true, false].map((kind) => all.filter(({ sample }) => sample.abnormal === kind).length);
        expect(new Set([...best, ...worst]).size).toBe(best.length + worst.length);
        expect(best).toHaveLength(Math.min(count, Math.ceil(kinds[0]! / 2) + Math.ceil(kinds[1]! / 2)));
        expect(worst).toHaveLength(Math.min(count, Math.floor(kinds[0]! / 2) + Math.floor(kinds[1]! / 2)));
      }),
    );
  });

  it("does not change what it is given", () => {
    const all = pictures("x:a0.2", "x:a0.9", "x:n0.5");
    chooseExhibits(all, 2);
    expect(all.map(({ name }) => name)).toEqual(["x:a0.2", "x:a0.9", "x:n0.5"]);
  });
});
