import fc from "fast-check";
import { expect, it } from "vitest";
import { resizeRgb } from "../image/resample.ts";
import { Random } from "../random.ts";
import { BandedResize } from "./banded-resize.ts";

it("equals resizeRgb of the whole picture, whatever the bands", () => {
  const sizes = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(sizes, sizes, fc.integer({ min: 1, max: 24 }), sizes, fc.nat(), (width, height, size, rows, seed) => {
      const random = new Random(seed);
      const data = Uint8Array.from({ length: width * height * 3 }, () => random.int(0, 255));
      const resize = new BandedResize(size, height);
      for (let y = 0; y < height; y += rows) {
        const band = data.subarray(y * width * 3, (y + rows) * width * 3);
        resize.add({ width, height: band.length / width / 3, data: band });
      }
      expect(resize.finish()).toEqual(resizeRgb({ width, height, data }, size, size, "bicubic"));
    }),
  );
});
