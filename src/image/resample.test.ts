import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ResampleFilter, resizeGray, resizeMap, resizeRgb } from "./resample.ts";

/** A linear congruential generator, so that another program can make the same picture. */
function makeNoise(length: number): Uint8Array {
  let state = 12345;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 16) & 255;
  });
}

function resizeNoise(channels: 1 | 3, width: number, height: number, to: [number, number], filter: ResampleFilter) {
  const image = { width, height, data: makeNoise(width * height * channels) };
  return (channels === 3 ? resizeRgb : resizeGray)(image, ...to, filter).data;
}

describe("resizing 8-bit pictures", () => {
  it("gives Pillow's values, written out", () => {
    const bicubic = [133, 153, 88, 74, 91, 142, 111, 140, 47, 59, 78, 127];
    const bilinear = [134, 148, 85, 79, 90, 132, 117, 136, 50, 64, 79, 121];
    expect([...resizeNoise(1, 7, 5, [4, 3], "bicubic")]).toEqual(bicubic);
    expect([...resizeNoise(1, 7, 5, [4, 3], "bilinear")]).toEqual(bilinear);
    expect([...resizeNoise(1, 3, 2, [6, 5], "bicubic")].slice(0, 6)).toEqual([245, 181, 44, 7, 72, 102]);
  });

  // CRC-32 of the bytes of Image.resize, Pillow 11.3.
  it.each([
    { channels: 3, from: [61, 47], to: [96, 96], filter: "bicubic", crc: 1411554623 },
    { channels: 3, from: [300, 200], to: [96, 96], filter: "bicubic", crc: 3985296415 },
    { channels: 3, from: [90, 200], to: [64, 32], filter: "bilinear", crc: 800746730 },
    { channels: 1, from: [500, 3], to: [7, 9], filter: "bicubic", crc: 3358038748 },
    { channels: 3, from: [40, 40], to: [40, 13], filter: "bicubic", crc: 1641229082 },
  ] as const)("equals Pillow bit for bit: $from to $to, $channels channels, $filter", (c) => {
    expect(crc32(resizeNoise(c.channels, c.from[0], c.from[1], [...c.to], c.filter))).toBe(c.crc);
  });

  it("keeps a flat picture flat at any size", () => {
    const sizes = fc.integer({ min: 1, max: 40 });
    const filters = fc.constantFrom<ResampleFilter>("bicubic", "bilinear");
    fc.assert(
      fc.property(
        sizes,
        sizes,
        sizes,
        sizes,
        fc.nat(255),
        filters,
        (width, height, toWidth, toHeight, level, filter) => {
          const image = { width, height, data: new Uint8Array(width * height).fill(level) };
          const { data } = resizeGray(image, toWidth, toHeight, filter);
          expect(data.length).toBe(toWidth * toHeight);
          expect(data.every((value) => value === level)).toBe(true);
        },
      ),
    );
  });

  it("returns a copy when the size is unchanged", () => {
    const image = { width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    const resized = resizeRgb(image, 2, 1, "bicubic");
    expect(resized).toEqual(image);
    expect(resized.data).not.toBe(image.data);
  });

  it("refuses sizes that are not positive integers and data of another length", () => {
    const image = { width: 2, height: 1, data: new Uint8Array(2) };
    for (const size of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => resizeGray(image, size, 1, "bicubic")).toThrow(RangeError);
    }
    expect(() => resizeRgb(image, 2, 2, "bicubic")).toThrow("expected 6 values, got 2");
  });
});

describe("resizing maps", () => {
  it("interpolates between half-pixel centres and clamps at the border", () => {
    // torch.nn.functional.interpolate(mode="bilinear", align_corners=False) of [0, 1] to 4 values.
    expect([...resizeMap(Float32Array.of(0, 1), 2, 1, 4, 1)]).toEqual([0, 0.25, 0.75, 1]);
    expect([...resizeMap(Float32Array.of(0, 1), 1, 2, 1, 4)]).toEqual([0, 0.25, 0.75, 1]);
  });

  it("averages when it shrinks instead of skipping values", () => {
    const spike = new Float32Array(64);
    spike[1] = 64;
    expect(resizeMap(spike, 64, 1, 4, 1)[0]).toBeGreaterThan(0);
  });

  it("stays within the range of the map", () => {
    const size = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(size, size, size, size, fc.nat(), (width, height, toWidth, toHeight, seed) => {
        const map = Float32Array.from({ length: width * height }, (_, i) => Math.sin(seed + i * 7));
        const resized = resizeMap(map, width, height, toWidth, toHeight);
        expect(Math.min(...resized)).toBeGreaterThanOrEqual(Math.min(...map) - 1e-6);
        expect(Math.max(...resized)).toBeLessThanOrEqual(Math.max(...map) + 1e-6);
      }),
    );
  });

  it("keeps the values, in a new array, when the size is unchanged", () => {
    const map = Float32Array.of(0.1, -2, 3e-9, 4);
    const resized = resizeMap(map, 2, 2, 2, 2);
    expect(resized).toEqual(map);
    expect(resized).not.toBe(map);
  });

  it("refuses a map of another length", () => {
    expect(() => resizeMap(new Float32Array(5), 2, 2, 4, 4)).toThrow(RangeError);
  });
});
