import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { decodeImage, readHeader } from "../image/decode.ts";
import { openPicture } from "./open-picture.ts";
import { decodeToFile } from "./raw-picture.ts";

const folder = mkdtempSync(join(tmpdir(), "open-picture-"));
const temporary = join(folder, "temporary");
mkdirSync(temporary);
vi.stubEnv("TMPDIR", temporary);
// Whatever a test does, nothing may be left behind.
afterEach(() => expect(readdirSync(temporary)).toEqual([]));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const WIDTH = 23;
const HEIGHT = 17;
const raw = { width: WIDTH, height: HEIGHT, channels: 3 as const };
const colours = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => (i * 37 + (i >> 4)) % 256);
const fromColours = () => sharp(colours, { raw });
const fromDeepColours = () => {
  const levels = Uint16Array.from(colours, (level, i) => level * 256 + ((i * 91) % 256));
  return sharp(levels, { raw }).toColourspace("rgb16");
};

/** A PNG of which only the header is real. */
function announcePng(width: number, height: number, interlaced: boolean): Buffer {
  const chunk = (type: string, body: Uint8Array) => {
    const tagged = Buffer.concat([Buffer.from(type, "latin1"), body]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(body.length);
    sum.writeUInt32BE(crc32(tagged));
    return Buffer.concat([length, tagged, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, interlaced ? 1 : 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [chunk("IHDR", header), chunk("IDAT", deflateSync(Buffer.alloc(9))), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([signature, ...chunks]);
}

describe("a picture in a temporary file", () => {
  it.each([
    ["PNG", () => fromColours().png()],
    ["interlaced PNG", () => fromColours().png({ progressive: true })],
    ["16-bit PNG", () => fromDeepColours().png()],
    ["16-bit grey TIFF", () => fromDeepColours().toColourspace("grey16").tiff({ compression: "none" })],
    ["PNG with alpha", () => fromColours().ensureAlpha(0.3).png()],
    ["PNG with a palette", () => fromColours().png({ palette: true })],
    ["grey PNG", () => fromColours().toColourspace("b-w").png()],
    ["PNG with a colour profile", () => fromColours().withIccProfile("p3", { attach: true }).png()],
    ["JPEG", () => fromColours().jpeg()],
    ["CMYK JPEG", () => fromColours().toColourspace("cmyk").jpeg()],
    ["WebP", () => fromColours().webp()],
    ["GIF", () => fromColours().gif()],
  ])("has the pixels that decodeImage gives: %s", async (_, encode) => {
    const bytes = await encode().toBuffer();
    const picture = await openPicture(bytes, 1);
    const decoded = await decodeImage(bytes);
    expect(picture.image).toBeNull();
    expect(picture.read(0, 0, WIDTH, HEIGHT)).toEqual(decoded);
    await picture.close();
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("is upright, whole and in parts: orientation %i", async (orientation) => {
    for (const stored of [fromColours(), fromDeepColours()]) {
      const bytes = await stored.withMetadata({ orientation }).tiff({ compression: "none" }).toBuffer();
      const picture = await openPicture(bytes, 1);
      const decoded = await decodeImage(bytes);
      expect([picture.width, picture.height]).toEqual([decoded.width, decoded.height]);
      expect(picture.read(0, 0, picture.width, picture.height)).toEqual(decoded);
      const held = await openPicture(decoded);
      const parts: [number, number, number, number][] = [
        [0, 5, picture.width, 3],
        [4, 2, 7, 11],
        [picture.width - 1, 0, 1, 1],
      ];
      for (const part of parts) {
        expect(picture.read(...part)).toEqual(held.read(...part));
      }
      await picture.close();
    }
  });

  it("is there while the picture is open", async () => {
    const picture = await openPicture(await fromColours().png().toBuffer(), 1);
    // Where an open file can be removed it has no name any more.
    if (process.platform === "win32") expect(readdirSync(temporary)).toHaveLength(1);
    expect([...picture.read(2, 1, 1, 1).data]).toEqual([...colours.subarray((WIDTH + 2) * 3, (WIDTH + 3) * 3)]);
    await picture.close();
    expect(() => picture.read(2, 1, 1, 1)).toThrow();
  });

  it("reads a file by its name, and names it in messages", async () => {
    const path = join(folder, "cut.png");
    const whole = await fromColours().png().toBuffer();
    writeFileSync(path, whole);
    const picture = await openPicture(path, 1);
    expect([...picture.read(0, 0, WIDTH, HEIGHT).data]).toEqual([...colours]);
    await picture.close();
    writeFileSync(path, whole.subarray(0, whole.length / 2));
    await expect(openPicture(path, 1)).rejects.toMatchObject({
      code: "E_IMAGE",
      message: expect.stringMatching(/cut\.png: the PNG is damaged, incomplete or of an unsupported kind \(.+\)$/),
    });
  });

  it("is refused where the disk has no room for it", async () => {
    const bytes = await fromColours().png().toBuffer();
    const opening = decodeToFile(bytes, "x.png", await readHeader(bytes), async () => 1200);
    await expect(opening).rejects.toMatchObject({
      code: "E_IMAGE",
      message: `x.png: decoded it needs 1.2 kB in ${temporary}, where 1.2 kB are free; make room, or name another folder in TMPDIR`,
    });
    const unknown = await decodeToFile(bytes, "x.png", await readHeader(bytes), async () => null);
    await unknown.close();
  });
});

describe("openPicture", () => {
  it("holds in memory what is small enough", async () => {
    const bytes = await fromColours().png().toBuffer();
    const picture = await openPicture(bytes, WIDTH * HEIGHT);
    expect(picture.image).toEqual(await decodeImage(bytes));
    expect(picture.read(1, 2, 3, 4)).toEqual({
      width: 3,
      height: 4,
      data: Uint8Array.from(
        [2, 3, 4, 5].flatMap((y) => [...colours.subarray((y * WIDTH + 1) * 3, (y * WIDTH + 4) * 3)]),
      ),
    });
  });

  it("takes a decoded picture, and refuses one whose size does not fit", async () => {
    const image = { width: WIDTH, height: HEIGHT, data: colours };
    expect((await openPicture(image, 1)).image).toBe(image);
    await expect(openPicture({ ...image, width: 6 })).rejects.toMatchObject({ code: "E_IMAGE" });
  });

  it("refuses by the header what is too large, and what could not be decoded row by row", async () => {
    const refusal = (message: RegExp) => ({ code: "E_IMAGE", message: expect.stringMatching(message) });
    await expect(openPicture(announcePng(40_000, 25_001, false))).rejects.toMatchObject(
      refusal(/^the given bytes: 40000 x 25001 pixels, more than a gigapixel; cut it into parts$/),
    );
    await expect(openPicture(announcePng(20_000, 20_000, true))).rejects.toMatchObject(
      refusal(/^the given bytes: 20000 x 20000 pixels, which .* in one piece; save it as TIFF/),
    );
  });

  it.each([
    ["text", "a,b\n1,2\n", /not a picture \(PNG, /],
    ["only a PNG signature", "\x89PNG\r\n\x1a\n", /the PNG is damaged/],
    ["only a BMP signature", "BM", /the BMP is damaged/],
  ])("refuses %s", async (_, content, message) => {
    const opening = openPicture(Buffer.from(content, "latin1"));
    await expect(opening).rejects.toMatchObject({ code: "E_IMAGE", message: expect.stringMatching(message) });
  });

  it("refuses a file that is not there", async () => {
    await expect(openPicture(join(folder, "none.png"))).rejects.toMatchObject({
      code: "E_IMAGE",
      message: expect.stringMatching(/none\.png: no such file$/),
    });
  });
});
