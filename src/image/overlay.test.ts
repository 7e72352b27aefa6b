import { describe, expect, it } from "vitest";
import { buildColormap } from "./colormap.ts";
import { overlay, renderMap } from "./overlay.ts";

const SCALE = { min: 0, max: 1 };

function makeFlat(width: number, height: number, level: number) {
  return { width, height, data: new Uint8Array(width * height * 3).fill(level) };
}

describe("overlay", () => {
  it("leaves the picture as it was where the map is at or below min, or NaN", () => {
    const image = makeFlat(4, 1, 90);
    const drawn = overlay(image, Float32Array.of(0, -5, Number.NaN, 1), SCALE);
    expect([...drawn.data.subarray(0, 9)]).toEqual(new Array(9).fill(90));
    expect([...drawn.data.subarray(9)]).not.toEqual([90, 90, 90]);
    expect(image).toEqual(makeFlat(4, 1, 90));
  });

  it("draws on a copy even when the pixels are a Buffer", () => {
    const image = { width: 1, height: 1, data: Buffer.from([90, 90, 90]) };
    overlay(image, Float32Array.of(1), SCALE);
    expect([...image.data]).toEqual([90, 90, 90]);
  });

  it("shows the pure colour at max and full opacity, and grows with the value", () => {
    const top = buildColormap("gray").subarray(255 * 3);
    const map = Float32Array.of(0.2, 0.5, 0.9, 1, 7);
    const { data } = overlay(makeFlat(5, 1, 0), map, { ...SCALE, opacity: 1, colormap: "gray" });
    const red = [0, 1, 2, 3, 4].map((i) => data[i * 3]!);
    expect(red).toEqual([...red].sort((a, b) => a - b));
    expect([red[3], red[4]]).toEqual([top[0], top[0]]);
  });

  it("frames a region outside of its box and leaves the inside alone", () => {
    const regions = [{ x: 10, y: 12, width: 5, height: 4, area: 20, peak: 1 }];
    const { data } = overlay(makeFlat(40, 30, 128), new Float32Array(1200), { ...SCALE, regions });
    const at = (x: number, y: number) => data[(y * 40 + x) * 3];
    for (let y = 12; y < 16; y++) for (let x = 10; x < 15; x++) expect(at(x, y)).toBe(128);
    expect([at(9, 13), at(8, 13), at(7, 13), at(6, 13)]).toEqual([0, 255, 0, 128]);
    expect([at(15, 13), at(16, 13), at(17, 13), at(18, 13)]).toEqual([0, 255, 0, 128]);
    expect([at(12, 11), at(12, 10), at(12, 9), at(12, 8)]).toEqual([0, 255, 0, 128]);
    expect([at(12, 16), at(12, 17), at(12, 18), at(12, 19)]).toEqual([0, 255, 0, 128]);
  });

  it("keeps all four sides of a frame around the whole picture", () => {
    const regions = [{ x: 0, y: 0, width: 20, height: 10, area: 200, peak: 1 }];
    const { data } = overlay(makeFlat(20, 10, 128), new Float32Array(200), { ...SCALE, regions });
    const at = (x: number, y: number) => data[(y * 20 + x) * 3];
    expect([at(1, 5), at(18, 5), at(10, 1), at(10, 8), at(10, 5)]).toEqual([255, 255, 255, 255, 128]);
  });

  it("draws thicker lines on larger pictures", () => {
    const countWhite = (side: number) => {
      const regions = [{ x: side / 2, y: side / 2, width: 10, height: 10, area: 100, peak: 1 }];
      const { data } = overlay(makeFlat(side, side, 128), new Float32Array(side * side), { ...SCALE, regions });
      const row = data.subarray((side / 2 + 5) * side * 3, (side / 2 + 6) * side * 3);
      return row.filter((value) => value === 255).length / 3;
    };
    expect([countWhite(100), countWhite(900)]).toEqual([2, 6]);
  });

  it("refuses a map of another size, an empty scale and an impossible opacity", () => {
    const image = makeFlat(2, 2, 0);
    const map = new Float32Array(4);
    expect(() => overlay(image, new Float32Array(3), SCALE)).toThrow(RangeError);
    expect(() => overlay(image, map, { min: 1, max: 1 })).toThrow(RangeError);
    expect(() => overlay(image, map, { min: 0, max: Number.NaN })).toThrow(RangeError);
    expect(() => overlay(image, map, { ...SCALE, opacity: 1.1 })).toThrow(RangeError);
  });
});

describe("renderMap", () => {
  it("draws each value in its colour", () => {
    const drawn = renderMap(Float32Array.of(2, 3, 4, Number.NaN), 2, 2, { min: 2, max: 4, colormap: "gray" });
    expect(drawn).toMatchObject({ width: 2, height: 2 });
    expect([...drawn.data]).toEqual([0, 0, 0, 128, 128, 128, 255, 255, 255, 0, 0, 0]);
  });
});
