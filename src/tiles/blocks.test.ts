import fc from "fast-check";
import { expect, it } from "vitest";
import { Random } from "../random.ts";
import { BlockMaxima, BlockMeans, reductionFor } from "./blocks.ts";

/** The values of one block, of a picture of `channels` interleaved channels. */
function block(
  data: Uint8Array | Float32Array,
  size: [number, number],
  channels: number,
  reduction: number,
  at: number[],
) {
  const [width, height] = size;
  const [column, row, channel] = at as [number, number, number];
  const values: number[] = [];
  for (let y = row * reduction; y < Math.min(height, (row + 1) * reduction); y++) {
    for (let x = column * reduction; x < Math.min(width, (column + 1) * reduction); x++) {
      values.push(data[(y * width + x) * channels + channel]!);
    }
  }
  return values;
}

const cases = fc.tuple(
  fc.integer({ min: 1, max: 20 }),
  fc.integer({ min: 1, max: 20 }),
  fc.integer({ min: 1, max: 6 }),
  fc.nat(),
);

it("averages the colours of each block, also of those that the border cuts", () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 7 }), ([width, height, reduction, seed], rows) => {
      const random = new Random(seed);
      const data = Uint8Array.from({ length: width * height * 3 }, () => random.int(0, 255));
      const means = new BlockMeans(width, height, reduction);
      for (let y = 0; y < height; y += rows) {
        const band = data.subarray(y * width * 3, (y + rows) * width * 3);
        means.add({ width, height: band.length / width / 3, data: band });
      }
      const image = means.finish();
      expect([image.width, image.height]).toEqual([Math.ceil(width / reduction), Math.ceil(height / reduction)]);
      for (const [i, level] of image.data.entries()) {
        const at = [Math.floor(i / 3) % image.width, Math.floor(i / 3 / image.width), i % 3];
        const values = block(data, [width, height], 3, reduction, at);
        expect(level).toBe(Math.round(values.reduce((a, b) => a + b) / values.length));
      }
    }),
  );
});

it("takes the maximum of each block of a map, also of negative values", () => {
  fc.assert(
    fc.property(cases, ([width, height, reduction, seed]) => {
      const random = new Random(seed);
      const map = Float32Array.from({ length: width * height }, () => random.range(-2, 1));
      const maxima = new BlockMaxima(width, height, reduction);
      for (let y = 0; y < height; y++) maxima.add(map.subarray(y * width, (y + 1) * width));
      const reduced = maxima.finish();
      const across = Math.ceil(width / reduction);
      expect(reduced).toHaveLength(across * Math.ceil(height / reduction));
      for (const [i, most] of reduced.entries()) {
        const at = [i % across, Math.floor(i / across), 0];
        expect(most).toBe(Math.max(...block(map, [width, height], 1, reduction, at)));
      }
    }),
  );
});

it("reduces by the smallest whole number that is enough", () => {
  expect(reductionFor(8000, 8000, 64e6)).toBe(1);
  expect(reductionFor(8001, 8000, 64e6)).toBe(2);
  expect(reductionFor(20_000, 20_000, 64e6)).toBe(3);
});
