import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodeImage } from "./decode.ts";
import { encodeJpeg, encodePng, encodeThumbnail } from "./encode.ts";

const flat = { width: 300, height: 120, data: new Uint8Array(300 * 120 * 3).fill(77) };

describe("encoding", () => {
  it("brings every pixel back from PNG", async () => {
    const size = fc.integer({ min: 1, max: 9 });
    await fc.assert(
      fc.asyncProperty(size, size, fc.nat(), async (width, height, seed) => {
        const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (seed + i * 101) % 256);
        expect(await decodeImage(await encodePng({ width, height, data }))).toEqual({ width, height, data });
      }),
      { numRuns: 30 },
    );
  });

  it("writes a JPEG that is close", async () => {
    const { width, height, data } = await decodeImage(await encodeJpeg(flat, 95));
    expect([width, height]).toEqual([300, 120]);
    expect(data.every((value) => Math.abs(value - 77) <= 1)).toBe(true);
  });

  it("fits thumbnails into the square, keeps their shape and never enlarges", async () => {
    const small = await sharp(await encodeThumbnail(flat, 100)).metadata();
    expect([small.format, small.width, small.height]).toEqual(["jpeg", 100, 40]);
    const unchanged = await sharp(await encodeThumbnail(flat, 1000)).metadata();
    expect([unchanged.width, unchanged.height]).toEqual([300, 120]);
  });
});
