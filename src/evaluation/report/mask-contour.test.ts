import { describe, expect, it } from "vitest";
import { drawContour } from "./mask-contour.ts";

const GREY = 100;

/** A picture of `.` grey, `b` black and `w` white pixels. */
function textOf(width: number, height: number, inside: (x: number, y: number) => boolean): string[] {
  const mask = Uint8Array.from({ length: width * height }, (_, i) =>
    inside(i % width, Math.floor(i / width)) ? 7 : 0,
  );
  const image = { width, height, data: new Uint8Array(width * height * 3).fill(GREY) };
  const { data } = drawContour(image, mask);
  expect(image.data.every((value) => value === GREY)).toBe(true);
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const [r, g, b] = data.subarray((y * width + x) * 3);
      expect([g, b]).toEqual([r, r]);
      return r === 0 ? "b" : r === 255 ? "w" : ".";
    }).join(""),
  );
}

describe("the contour of a mask", () => {
  it("is a white line between two black ones around it; what it is about stays as it was", () => {
    expect(textOf(10, 9, (x, y) => (x === 4 || x === 5) && y === 4)).toEqual([
      "..........",
      ".bbbbbbbb.",
      ".bwwwwwwb.",
      ".bwbbbbwb.",
      ".bwb..bwb.",
      ".bwbbbbwb.",
      ".bwwwwwwb.",
      ".bbbbbbbb.",
      "..........",
    ]);
  });

  it("lies on the picture's border where the mask reaches it", () => {
    expect(textOf(8, 7, () => true)).toEqual([
      "bbbbbbbb",
      "bwwwwwwb",
      "bwbbbbwb",
      "bwb..bwb",
      "bwbbbbwb",
      "bwwwwwwb",
      "bbbbbbbb",
    ]);
  });

  it("is around every part, and nowhere without a mask", () => {
    const parts = textOf(20, 7, (x, y) => y === 3 && (x === 3 || x === 15));
    expect(parts[3]).toBe("bwb.bwb.....bwb.bwb.");
    expect(textOf(3, 2, () => false)).toEqual(["...", "..."]);
  });

  it("needs a mask of the picture's size", () => {
    const image = { width: 2, height: 2, data: new Uint8Array(12) };
    expect(() => drawContour(image, new Uint8Array(5))).toThrow("expected 4 values, got 5");
  });
});
