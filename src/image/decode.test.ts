import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { decodeImage, decodeMask } from "./decode.ts";

const folder = mkdtempSync(join(tmpdir(), "decode-"));
afterAll(() => rmSync(folder, { recursive: true }));

const WIDTH = 5;
const HEIGHT = 4;
const colours = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => (i * 37) % 256);
const fromColours = () => sharp(colours, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });

async function decodePixels(source: string | Uint8Array): Promise<number[]> {
  return [...(await decodeImage(source)).data];
}

/** A PNG put together by hand: sharp cannot write 16-bit samples as they are given, nor lie about the size. */
function makePng(options: { width: number; height: number; depth: number; colourType: number; rows: number[][] }) {
  const chunk = (type: string, body: Uint8Array) => {
    const tagged = Buffer.concat([Buffer.from(type, "latin1"), body]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(computeCrc(tagged));
    return Buffer.concat([length, tagged, crc]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(options.width, 0);
  header.writeUInt32BE(options.height, 4);
  header.set([options.depth, options.colourType], 8);
  const rows = options.rows.map((row) => {
    return [0, ...row.flatMap((value) => (options.depth === 16 ? [value >> 8, value & 255] : [value]))];
  });
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = chunk("IDAT", deflateSync(Uint8Array.from(rows.flat())));
  return Buffer.concat([signature, chunk("IHDR", header), data, chunk("IEND", Buffer.alloc(0))]);
}

function computeCrc(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

describe("decodeImage", () => {
  it.each([
    ["PNG", () => fromColours().png()],
    ["WebP", () => fromColours().webp({ lossless: true })],
    ["TIFF", () => fromColours().tiff({ compression: "none" })],
    ["TIFF (LZW)", () => fromColours().tiff({ compression: "lzw" })],
    ["GIF", () => fromColours().gif({ dither: 0, effort: 10 })],
  ])("brings 8-bit %s pixels through unchanged", async (_, encode) => {
    const image = await decodeImage(await encode().toBuffer());
    expect(image).toEqual({ width: WIDTH, height: HEIGHT, data: colours });
  });

  it("decodes a JPEG close to what was encoded", async () => {
    const flat = await sharp({ create: { width: 20, height: 10, channels: 3, background: "#c83214" } })
      .jpeg()
      .toBuffer();
    const { width, height, data } = await decodeImage(flat);
    expect([width, height]).toEqual([20, 10]);
    for (let i = 0; i < data.length; i++) expect(Math.abs(data[i]! - [200, 50, 20][i % 3]!)).toBeLessThanOrEqual(2);
  });

  it("reads a BMP", async () => {
    const header = Buffer.alloc(54);
    header.write("BM", "latin1");
    header.writeUInt32LE(54, 10);
    header.writeUInt32LE(40, 14);
    header.writeInt32LE(1, 18);
    header.writeInt32LE(1, 22);
    header.writeUInt16LE(24, 28);
    expect(await decodePixels(Buffer.concat([header, Buffer.from([3, 2, 1, 0])]))).toEqual([1, 2, 3]);
  });

  it("repeats grey", async () => {
    const png = makePng({ width: 2, height: 1, depth: 8, colourType: 0, rows: [[7, 200]] });
    expect(await decodePixels(png)).toEqual([7, 7, 7, 200, 200, 200]);
  });

  it("drops alpha without compositing, even where it is 0", async () => {
    const rgba = makePng({ width: 2, height: 1, depth: 8, colourType: 6, rows: [[1, 2, 3, 0, 40, 50, 60, 128]] });
    expect(await decodePixels(rgba)).toEqual([1, 2, 3, 40, 50, 60]);
    const greyAlpha = makePng({ width: 2, height: 1, depth: 8, colourType: 4, rows: [[9, 0, 90, 128]] });
    expect(await decodePixels(greyAlpha)).toEqual([9, 9, 9, 90, 90, 90]);
  });

  it("looks up palettes", async () => {
    const png = await fromColours().png({ palette: true, colours: 256, dither: 0 }).toBuffer();
    expect((await sharp(png).metadata()).isPalette).toBe(true);
    expect(await decodePixels(png)).toEqual([...colours]);
  });

  it("scales 16 bits to round(v / 257), grey, RGB and RGBA, PNG and TIFF", async () => {
    const values = [0, 128, 129, 255, 256, 32767, 32768, 65406, 65407, 65535, 1000, 40000];
    const expected = values.map((value) => Math.round(value / 257));
    const grey = makePng({ width: 12, height: 1, depth: 16, colourType: 0, rows: [values] });
    const greyLevels = expected.flatMap((level) => [level, level, level]);
    expect(await decodePixels(grey)).toEqual(greyLevels);
    const tiff = await sharp(grey).toColourspace("grey16").tiff({ compression: "none" }).toBuffer();
    expect((await sharp(tiff).metadata()).depth).toBe("ushort");
    expect(await decodePixels(tiff)).toEqual(greyLevels);
    const rgb = makePng({ width: 4, height: 1, depth: 16, colourType: 2, rows: [values] });
    expect(await decodePixels(rgb)).toEqual(expected);
    const rgba = makePng({ width: 3, height: 1, depth: 16, colourType: 6, rows: [values] });
    expect(await decodePixels(rgba)).toEqual(expected.filter((_, i) => i % 4 !== 3));
  });

  it("ignores the colour profile of an RGB picture", async () => {
    const png = await fromColours().withIccProfile("p3", { attach: true }).png().toBuffer();
    expect((await sharp(png).metadata()).hasProfile).toBe(true);
    const stored = await sharp(png, { ignoreIcc: true }).raw().toBuffer();
    expect(await decodePixels(png)).toEqual([...stored]);
    expect(await sharp(png).raw().toBuffer()).not.toEqual(stored);
  });

  it("turns a picture upright as EXIF says", async () => {
    const turned = await fromColours().withMetadata({ orientation: 6 }).tiff({ compression: "none" }).toBuffer();
    const image = await decodeImage(turned);
    expect([image.width, image.height]).toEqual([HEIGHT, WIDTH]);
    // Orientation 6: the first stored row becomes the last column.
    expect([...image.data.subarray((HEIGHT - 1) * 3, HEIGHT * 3)]).toEqual([...colours.subarray(0, 3)]);
  });

  it("converts CMYK to RGB", async () => {
    const red = sharp({ create: { width: 8, height: 8, channels: 3, background: "#e01010" } });
    const cmyk = await red.toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe("cmyk");
    const [r, g, b] = await decodePixels(cmyk);
    expect(r).toBeGreaterThan(180);
    expect(Math.max(g!, b!)).toBeLessThan(70);
  });

  it("takes the first frame of an animation", async () => {
    const frames = Buffer.concat([Buffer.alloc(4 * 4 * 3, 10), Buffer.alloc(4 * 4 * 3, 240)]);
    const raw = { width: 4, height: 8, channels: 3 as const, pageHeight: 4 };
    const gif = await sharp(frames, { raw }).gif().toBuffer();
    expect((await sharp(gif).metadata()).pages).toBe(2);
    const image = await decodeImage(gif);
    expect([image.width, image.height, image.data[0]]).toEqual([4, 4, 10]);
  });

  it("returns a decoded picture as it is, and refuses one whose size does not fit", async () => {
    const image = { width: WIDTH, height: HEIGHT, data: colours };
    expect(await decodeImage(image)).toBe(image);
    await expect(decodeImage({ ...image, width: 6 })).rejects.toMatchObject({
      code: "E_IMAGE",
      message: "the given picture: 6 x 4 RGB needs a Uint8Array of 72 bytes, got 60",
    });
  });
});

describe("what decodeImage refuses", () => {
  const expectRefusal = async (source: string | Uint8Array, message: RegExp, maxPixels?: number) => {
    const refused = expect(decodeImage(source, { maxPixels })).rejects;
    await refused.toMatchObject({ code: "E_IMAGE", message: expect.stringMatching(message) });
  };

  it.each([
    ["PNG", () => fromColours().png()],
    ["JPEG", () => fromColours().jpeg()],
    ["progressive JPEG", () => fromColours().resize(64, 64).jpeg({ progressive: true })],
    ["WebP", () => fromColours().webp()],
    ["uncompressed TIFF", () => fromColours().tiff({ compression: "none" })],
  ])("a %s that is cut off", async (_, encode) => {
    const whole = await encode().toBuffer();
    for (const share of [0.3, 0.6, 0.8]) {
      await expectRefusal(
        whole.subarray(0, Math.floor(whole.length * share)),
        /^the given bytes: the \w+ is damaged.+$/,
      );
    }
  });

  it("a picture with more pixels than allowed, by its header alone", async () => {
    const bomb = makePng({ width: 60_000, height: 60_000, depth: 8, colourType: 0, rows: [[0]] });
    await expectRefusal(bomb, /^the given bytes: 60000 x 60000 pixels, more than the 178956970 that are allowed/);
    await expectRefusal(await fromColours().png().toBuffer(), /^the given bytes: 5 x 4 pixels/, WIDTH * HEIGHT - 1);
    await expect(
      decodeImage(await fromColours().png().toBuffer(), { maxPixels: WIDTH * HEIGHT }),
    ).resolves.toBeDefined();
  });

  it("floating-point pixels", async () => {
    const float = await fromColours().toColourspace("scrgb").raw({ depth: "float" }).toBuffer();
    const pixels = new Float32Array(new Uint8Array(float).buffer);
    const tiff = await sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .toColourspace("scrgb")
      .tiff({ compression: "none", bitdepth: undefined })
      .toBuffer();
    expect((await sharp(tiff).metadata()).depth).toBe("float");
    await expectRefusal(tiff, /float have no defined brightness/);
  });

  it.each([
    ["nothing", "", /empty \(0 bytes\), not a picture$/],
    ["text", "a,b\n1,2\n", /not a picture \(PNG, /],
    ["SVG", '<?xml version="1.0"?>\n<svg width="9"></svg>', /an SVG drawing has no pixels/],
    ["only a PNG signature", "\x89PNG\r\n\x1a\n", /the PNG is damaged/],
    ["only a GIF signature", "GIF89a", /the GIF is damaged/],
    ["only a WebP signature", "RIFF\x04\0\0\0WEBP", /the WebP is damaged/],
  ])("%s", async (_, content, message) => {
    await expectRefusal(Buffer.from(content, "latin1"), message);
    const path = join(folder, "content.png");
    writeFileSync(path, content, "latin1");
    await expectRefusal(path, message);
    await expectRefusal(path, new RegExp(`^${path}: `));
  });

  it("a missing file, a folder, a device, and names that no file can have", async () => {
    await expectRefusal(join(folder, "none.png"), /none\.png: no such file$/);
    await expectRefusal(folder, /: a folder, not a picture file$/);
    await expectRefusal("", /^\(an empty file name\): no such file$/);
    await expectRefusal("a\0\nb.png", /^a\\x00\\x0ab\.png: cannot be read: .+$/);
    if (process.platform !== "win32") await expectRefusal("/dev/zero", /^\/dev\/zero: not a regular file$/);
  });

  it("a limit that is no number of pixels, as a programmer's error", async () => {
    await expect(decodeImage(colours, { maxPixels: 0 })).rejects.toThrow(RangeError);
  });
});

describe("decodeMask", () => {
  it("is 255 where the picture is not black", async () => {
    const png = makePng({ width: 4, height: 1, depth: 8, colourType: 0, rows: [[0, 1, 128, 255]] });
    expect(await decodeMask(png)).toEqual({ width: 4, height: 1, data: Uint8Array.of(0, 255, 255, 255) });
  });

  it("keeps the small labels of 16-bit masks", async () => {
    const png = makePng({ width: 3, height: 1, depth: 16, colourType: 0, rows: [[0, 1, 2]] });
    expect([...(await decodeMask(png)).data]).toEqual([0, 255, 255]);
  });
});
