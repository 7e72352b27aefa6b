import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBmp } from "./bmp.ts";
import { expandRunLengths } from "./bmp-rle.ts";

interface Bitmap {
  width: number;
  height: number;
  bits: number;
  compression?: number;
  /** Blue, green, red, unused for each colour, or the bit fields. */
  table?: number[];
  pixels: number[];
}

function makeBitmap({ width, height, bits, compression = 0, table = [], pixels }: Bitmap): Uint8Array {
  const bytes = new Uint8Array(54 + table.length + pixels.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, 54 + table.length, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, bits, true);
  view.setUint32(30, compression, true);
  bytes.set(table, 54);
  bytes.set(pixels, 54 + table.length);
  return bytes;
}

const decode = (bitmap: Bitmap) => [...decodeBmp(makeBitmap(bitmap), "x.bmp", 1e6).data];
const u32 = (...values: number[]) => values.flatMap((v) => [v & 255, (v >>> 8) & 255, (v >>> 16) & 255, v >>> 24]);

const BLACK = [0, 0, 0];
const RED = [255, 0, 0];
const GREEN = [0, 255, 0];
const table = [0, 0, 0, 0, 0, 0, 255, 0, 0, 255, 0, 0];

describe("decodeBmp", () => {
  it("reads 24 bits from the bottom row up, blue first, rows padded to 4 bytes", () => {
    const pixels = [3, 2, 1, 0, 6, 5, 4, 0];
    expect(decode({ width: 1, height: 2, bits: 24, pixels })).toEqual([4, 5, 6, 1, 2, 3]);
  });

  it("reads a negative height from the top row down", () => {
    const pixels = [3, 2, 1, 0, 6, 5, 4, 0];
    expect(decode({ width: 1, height: -2, bits: 24, pixels })).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("reads 32 bits and drops the fourth byte", () => {
    expect(decode({ width: 1, height: 1, bits: 32, pixels: [3, 2, 1, 99] })).toEqual([1, 2, 3]);
  });

  it.each([
    { bits: 1, pixels: [0b10100000, 0, 0, 0], colours: [RED, BLACK, RED] },
    { bits: 2, pixels: [0b10010000, 0, 0, 0], colours: [GREEN, RED, BLACK] },
    { bits: 4, pixels: [0x21, 0x00, 0, 0], colours: [GREEN, RED, BLACK] },
    { bits: 8, pixels: [2, 1, 0, 0], colours: [GREEN, RED, BLACK] },
  ])("looks up a palette of $bits bits", ({ bits, pixels, colours }) => {
    expect(decode({ width: 3, height: 1, bits, table, pixels })).toEqual(colours.flat());
  });

  it("draws palette entries that the file does not list black", () => {
    expect(decode({ width: 2, height: 1, bits: 8, table, pixels: [200, 1, 0, 0] })).toEqual([...BLACK, ...RED]);
  });

  it("stretches 5 bits to 8, and follows bit fields", () => {
    const white555 = [0xff, 0x7f, 0, 0];
    expect(decode({ width: 1, height: 1, bits: 16, pixels: white555 })).toEqual([255, 255, 255]);
    const fields565 = u32(0xf800, 0x07e0, 0x001f);
    const red = { width: 1, height: 1, bits: 16, compression: 3, table: fields565, pixels: [0, 0xf8, 0, 0] };
    expect(decode(red)).toEqual(RED);
    const rgba = u32(0xff000000, 0x00ff0000, 0x0000ff00);
    const pixel = { width: 1, height: 1, bits: 32, compression: 3, table: rgba, pixels: [9, 30, 20, 200] };
    expect(decode(pixel)).toEqual([200, 20, 30]);
  });

  it("reads the 12-byte header of OS/2, whose palette has 3 bytes a colour", () => {
    const header = [0x42, 0x4d, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 12, 0, 0, 0, 2, 0, 1, 0, 1, 0, 1, 0];
    const bytes = Uint8Array.from([...header, 0, 0, 0, 0, 0, 255, 0b01000000, 0, 0, 0]);
    expect([...decodeBmp(bytes, "x.bmp", 10).data]).toEqual([...BLACK, ...RED]);
  });

  it("expands run lengths of 8 and 4 bits", () => {
    // Two greens, end of line; literal red, green, red (padded), end of picture.
    const rle8 = [2, 2, 0, 0, 0, 3, 1, 2, 1, 0, 0, 1];
    const upper = [RED, GREEN, RED].flat();
    const lower = [GREEN, GREEN, BLACK].flat();
    expect(decode({ width: 3, height: 2, bits: 8, compression: 1, table, pixels: rle8 })).toEqual([...upper, ...lower]);
    const rle4 = [3, 0x21, 0, 0, 0, 3, 0x12, 0x10, 0, 1];
    const alternating = [GREEN, RED, GREEN].flat();
    const drawn = decode({ width: 3, height: 2, bits: 4, compression: 2, table, pixels: rle4 });
    expect(drawn).toEqual([...upper, ...alternating]);
  });

  it("skips pixels where run lengths jump", () => {
    expect(expandRunLengths(Uint8Array.of(0, 2, 1, 1, 1, 7, 0, 1), 2, 2, 8)).toEqual(Uint8Array.of(0, 0, 0, 7));
  });

  it.each<[string, Partial<Bitmap>]>([
    ["pixels are missing", { pixels: [1, 2, 3] }],
    ["the width is 0", { width: 0 }],
    ["the height is 0", { height: 0 }],
    ["the width is negative", { width: -2 }],
    ["pixels have 7 bits", { bits: 7 }],
    ["bit fields belong to 24 bits", { compression: 3 }],
    ["run lengths belong to 24 bits", { compression: 1 }],
    ["run lengths end early", { compression: 1, bits: 8, pixels: [2, 1] }],
  ])("refuses a bitmap where %s", (_, change) => {
    const bitmap = { width: 2, height: 2, bits: 24, pixels: new Array(16).fill(0), ...change };
    expect(() => decode(bitmap)).toThrow(/^x\.bmp: the BMP is damaged or incomplete \(.+\)$/);
  });

  it("refuses an envelope for JPEG", () => {
    expect(() => decode({ width: 1, height: 1, bits: 0, compression: 4, pixels: [] })).toThrow("save it as PNG");
  });

  it("refuses too many pixels before it allocates them", () => {
    const bomb = makeBitmap({ width: 2 ** 31 - 1, height: 2 ** 31 - 1, bits: 8, compression: 1, pixels: [0, 1] });
    expect(() => decodeBmp(bomb, "x.bmp", 1e6)).toThrow("more than the 1000000 that are allowed");
  });

  it("answers any bytes with a picture or a one-line error", () => {
    const valid = makeBitmap({ width: 3, height: 2, bits: 8, compression: 1, table, pixels: [2, 2, 0, 0, 3, 1, 0, 1] });
    const edits = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(edits, fc.nat(valid.length), (changes, length) => {
        const bytes = valid.slice(0, length);
        for (const [at, value] of changes) if (at < length) bytes[at] = value;
        try {
          const { width, height, data } = decodeBmp(bytes, "x.bmp", 1000);
          expect(data.length).toBe(width * height * 3);
        } catch (error) {
          expect(error).toMatchObject({ code: "E_IMAGE", message: expect.stringMatching(/^x\.bmp: .+$/) });
        }
      }),
      { numRuns: 500 },
    );
  });
});
