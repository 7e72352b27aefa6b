import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commonFolder, FileNames } from "./file-names.ts";

describe("file names", () => {
  it("tell the folders below the common one", () => {
    const images = ["data/test/good/000.png", "data/test/crack/000.png"];
    const names = new FileNames(commonFolder(images));
    expect(images.map((image) => names.take(image))).toEqual(["good-000", "crack-000"]);
  });

  it("are counted where two pictures would share one", () => {
    const names = new FileNames("");
    expect(["a.png", "a.jpg", "A.bmp", "a-2.png"].map((image) => names.take(image))).toEqual([
      "a",
      "a-2",
      "A-3",
      "a-2-2",
    ]);
  });

  it("do not take what is in use", () => {
    expect(new FileNames("", ["a"]).take("a.png")).toBe("a-2");
  });

  it.each([
    ["../../etc/passwd.png", "etc-passwd"],
    ["/abs/olute.png", "abs-olute"],
    ["<script>alert(1)</script>.png", "script-alert-1-script"],
    ["con.png", "_con"],
    ["....png", "image"],
    ["\u0001\u202e.png", "image"],
    ["größe 1.png", "größe-1"],
  ])("of %j is %j", (image, name) => {
    expect(new FileNames("").take(image)).toBe(name);
  });

  it("are safe and apart whatever the pictures are called", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { maxLength: 20 }), (images) => {
        const names = new FileNames(commonFolder(images));
        const given = images.map((image) => names.take(image));
        expect(new Set(given.map((name) => name.toLowerCase())).size).toBe(images.length);
        for (const name of given) {
          expect(name).toMatch(/^[\p{L}\p{N}_][\p{L}\p{N}._-]*$/u);
          expect(Buffer.byteLength(`${name}~overlay.jpg`)).toBeLessThanOrEqual(255);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("the common folder", () => {
  it.each([
    [["a/b/1.png", "a/b/2.png"], "a/b"],
    [["a/b/1.png", "a/c/2.png"], "a"],
    [["a/b/1.png", "a/b.png"], "a"],
    [["a/1.png", "b/1.png"], ""],
    [["1.png"], ""],
    [[], ""],
  ])("of %j is %j", (images, folder) => {
    expect(commonFolder(images)).toBe(folder);
  });
});
