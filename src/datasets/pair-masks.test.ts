import { describe, expect, it } from "vitest";
import { locateFile } from "./located-file.ts";
import { MaskFinder, separateMasks } from "./pair-masks.ts";

function masksAmong(...paths: string[]): string[] {
  return separateMasks(paths.map(locateFile)).masks.map((mask) => mask.path);
}

/** The mask of each picture, by path. */
function pair(...paths: string[]): Record<string, string> {
  const { pictures, masks } = separateMasks(paths.map(locateFile));
  const pairs = new MaskFinder(masks).pair("root", pictures);
  return Object.fromEntries([...pairs].map(([picture, mask]) => [picture.path, mask.path]));
}

describe("telling masks from pictures", () => {
  it("takes all files in a folder of masks", () => {
    expect(masksAmong("test/a/1.png", "ground_truth/a/1.png", "Label/deep/er/2.png")).toEqual([
      "ground_truth/a/1.png",
      "Label/deep/er/2.png",
    ]);
  });

  it("takes files with a suffix where one of them belongs to a picture beside it", () => {
    expect(masksAmong("a/1.jpg", "a/1_label.bmp", "a/2_label.bmp")).toEqual(["a/1_label.bmp", "a/2_label.bmp"]);
    expect(masksAmong("a/wine_label.jpg", "a/cork.jpg", "b/wine.jpg")).toEqual([]);
  });

  it("takes lossless files that share their stems with JPEGs", () => {
    expect(masksAmong("a/1.jpg", "a/1.png", "a/2.jpg", "a/2.png", "a/3.jpg")).toEqual(["a/1.png", "a/2.png"]);
  });

  it("leaves pictures alone that merely are in both formats", () => {
    expect(masksAmong("a/1.jpg", "a/1.png", "a/2.jpg", "a/3.jpg")).toEqual([]);
    expect(masksAmong("a/1.jpg", "a/1.png", "a/2.png")).toEqual([]);
    expect(masksAmong("a/1.png", "a/1.bmp")).toEqual([]);
  });
});

describe("pairing", () => {
  it("goes by stem, not by position", () => {
    expect(pair("images/1.png", "images/2.png", "images/3.png", "masks/2.png", "masks/3_mask.png")).toEqual({
      "images/2.png": "masks/2.png",
      "images/3.png": "masks/3_mask.png",
    });
  });

  it("prefers the picture's own folder, then the folder that stands in for it, then those further up", () => {
    const places = ["a/test/b/1_mask.png", "a/ground_truth/b/1.png", "a/ground_truth/1.png", "ground_truth/1.png"];
    for (const [index, place] of places.entries()) {
      expect(pair("a/test/b/1.png", ...places.slice(index))).toEqual({ "a/test/b/1.png": place });
    }
  });

  it("prefers the same split to none, and never takes the other", () => {
    const [train, test, none] = ["masks/train/1.png", "masks/test/1.png", "masks/1.png"] as const;
    expect(pair("test/1.png", none, train, test)).toEqual({ "test/1.png": test });
    expect(pair("test/1.png", none, train)).toEqual({ "test/1.png": none });
    expect(pair("test/1.png", train)).toEqual({});
  });

  it("prefers the very stem to one with a suffix, and then the first path", () => {
    expect(pair("images/1.png", "gt/1_mask.png", "masks/1.png")).toEqual({ "images/1.png": "masks/1.png" });
    expect(pair("images/1.png", "gt/1.png", "masks/1.png")).toEqual({ "images/1.png": "gt/1.png" });
  });

  it("does not take the masks of other folders", () => {
    expect(pair("a/test/broken/1.png", "a/ground_truth/bent/1.png", "b/ground_truth/broken/1.png")).toEqual({});
    // Several masks of one picture, in a folder named after it: 001 is no mask of picture 001.
    expect(pair("test/bad/001.png", "ground_truth/bad/000/001.png")).toEqual({});
  });

  it("gives a mask that several pictures could have to the nearest", () => {
    expect(pair("1.png", "deep/1.png", "masks/1.png")).toEqual({ "1.png": "masks/1.png" });
  });

  it("refuses a mask that two pictures could have equally well", () => {
    expect(() => pair("bent/1.png", "broken/1.png", "masks/1.png")).toThrow(
      "root: masks/1.png may be the mask of bent/1.png or of broken/1.png",
    );
  });

  it("stays fast where thousands of folders use the same names", () => {
    const folders = Array.from({ length: 20_000 }, (_, index) => `part${index}`);
    const pairs = pair(...folders.flatMap((folder) => [`${folder}/image.png`, `${folder}/image_label.png`]));
    expect(pairs["part777/image.png"]).toBe("part777/image_label.png");
    expect(Object.keys(pairs)).toHaveLength(20_000);
  });
});
