import { describe, expect, it } from "vitest";
import { capturesOf, compilePattern } from "./path-pattern.ts";

function match(pattern: string, path: string) {
  const classes = new Map([
    ["bottle", "bottle"],
    ["class1", "Class1"],
  ]);
  return compilePattern(pattern, (name) => classes.get(name.toLowerCase()) ?? null)(path.split("/"));
}

describe("path patterns", () => {
  it.each([
    ["{class}/{split}/{specie}/*", "bottle/TEST/Bent/1.png", { class: "bottle", split: "test", specie: "Bent" }],
    ["{class}_def/*", "CLASS1_def/1.png", { class: "Class1" }],
    ["{specie=yes|no}/*", "No/1 no.jpeg", { specie: "No" }],
    ["{part=kos*}/Part*_label.bmp", "kos01/Part3_label.bmp", { part: "kos01" }],
    ["{part=test|trainval}-image/*", "trainval-image/1.jpg", { part: "trainval" }],
    ["Ground Truth|GroundTruth/*", "groundtruth/1.tif", {}],
    ["a+b (1)/*.png", "a+b (1)/1.png", {}],
  ])("%s matches %s", (pattern, path, captures) => {
    expect(match(pattern, path)).toEqual(captures);
  });

  it.each([
    ["{class}/{split}/*", "mug/test/1.png"],
    ["{class}/{split}/*", "bottle/testing/1.png"],
    ["{class}/{split}/*", "bottle/test/bent/1.png"],
    ["{specie=yes|no}/*", "yes no/1.png"],
    ["Part*_label.bmp", "Part1.bmp"],
    ["a.b/*", "aXb/1.png"],
  ])("%s does not match %s", (pattern, path) => {
    expect(match(pattern, path)).toBeNull();
  });

  it("say which names they give", () => {
    expect(capturesOf("{class}/Train/{part=a|b}_x/*")).toEqual(["class", "part"]);
  });
});
