import { describe, expect, it } from "vitest";
import { buildColormap, COLORMAPS, type ColormapName } from "./colormap.ts";

describe("buildColormap", () => {
  // Levels 0, 60, 128, 200 and 255 of the published tables (matplotlib 3.10); most of them lie between stops.
  it.each<[ColormapName, number, ...number[][]]>([
    ["turbo", 7, [48, 18, 59], [47, 178, 244], [164, 252, 60], [244, 102, 23], [122, 4, 3]],
    ["inferno", 6, [0, 0, 4], [81, 14, 108], [188, 55, 84], [251, 157, 7], [252, 255, 164]],
    ["gray", 0, [0, 0, 0], [60, 60, 60], [128, 128, 128], [200, 200, 200], [255, 255, 255]],
  ])("%s has the published colours within %i levels", (name, tolerance, ...published) => {
    const colours = buildColormap(name);
    for (const [i, level] of [0, 60, 128, 200, 255].entries()) {
      for (let c = 0; c < 3; c++) {
        expect(Math.abs(colours[level * 3 + c]! - published[i]![c]!)).toBeLessThanOrEqual(tolerance);
      }
    }
  });

  it.each(COLORMAPS)("%s changes smoothly", (name) => {
    const colours = buildColormap(name);
    expect(colours).toHaveLength(256 * 3);
    for (let i = 3; i < colours.length; i++) expect(Math.abs(colours[i]! - colours[i - 3]!)).toBeLessThanOrEqual(8);
  });

  it.each(["inferno", "gray"] as const)("%s grows brighter with the value", (name) => {
    const colours = buildColormap(name);
    const brightness = (level: number) => colours[level * 3]! + colours[level * 3 + 1]! + colours[level * 3 + 2]!;
    for (let level = 16; level < 256; level += 16) expect(brightness(level)).toBeGreaterThan(brightness(level - 16));
  });
});
