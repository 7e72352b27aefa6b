import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { useTemporaryFolder } from "../../weights/temporary-folder.fixture.ts";
import type { Exhibit } from "../evaluation.ts";
import { drawExhibit, type ExhibitPictures, PICTURE_SIDE } from "./exhibit-pictures.ts";

const folder = useTemporaryFolder();
const SIDE = 4;

async function writePicture(name: string, width: number, height: number, level = 128): Promise<string> {
  const background = { r: level, g: level, b: level };
  return folder.write(
    name,
    await sharp({ create: { width, height, channels: 3, background } })
      .png()
      .toBuffer(),
  );
}

/** A mask with one box, `[left, top, width, height]`. */
async function writeMask(name: string, width: number, height: number, box: readonly number[]): Promise<string> {
  const [left, top, w, h] = box as [number, number, number, number];
  const data = new Uint8Array(width * height);
  for (let y = top; y < top + h; y++) data.fill(255, y * width + left, y * width + left + w);
  return folder.write(
    name,
    await sharp(data, { raw: { width, height, channels: 1 } })
      .png()
      .toBuffer(),
  );
}

function exhibit(changes: Partial<Exhibit>): Exhibit {
  const map = new Float32Array(SIDE ** 2);
  const facts = { className: "bottle", specie: "crack", abnormal: true, score: 0.9 };
  return { image: "", mask: null, ...facts, map, mapSize: SIDE, ...changes };
}

/** A pixel of one of the pictures, as `[r, g, b]`. */
async function pixelOf(jpeg: string, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(Buffer.from(jpeg, "base64")).raw().toBuffer({ resolveWithObject: true });
  return [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)];
}

async function sizesOf({ picture, overlay }: ExhibitPictures): Promise<number[][]> {
  const metadata = [picture, overlay].map((jpeg) => sharp(Buffer.from(jpeg, "base64")).metadata());
  return (await Promise.all(metadata)).map(({ width, height }) => [width, height]);
}

describe("the pictures of an exhibit", () => {
  it("have the picture's own proportions, and fit a square; small ones stay small", async () => {
    for (const [width, height, expected] of [
      [1000, 500, [PICTURE_SIDE, PICTURE_SIDE / 2]],
      [300, 3000, [PICTURE_SIDE / 10, PICTURE_SIDE]],
      [3000, 2, [PICTURE_SIDE, 1]],
      [40, 20, [40, 20]],
    ] as const) {
      const drawn = await drawExhibit(exhibit({ image: await writePicture("sized.png", width, height) }));
      expect([drawn!.width, drawn!.height]).toEqual(expected);
      expect(await sizesOf(drawn!)).toEqual([expected, expected]);
    }
  });

  it("have the map where it belongs, un-squashed, on a scale from 0 to 1", async () => {
    const map = new Float32Array(SIDE ** 2);
    // The upper right quarter of the square.
    for (const i of [2, 3, 6, 7]) map[i] = 1;
    const drawn = await drawExhibit(exhibit({ image: await writePicture("wide.png", 200, 80), map }));
    const [r, g, b] = await pixelOf(drawn!.overlay, 180, 10);
    expect(r! - Math.max(g!, b!)).toBeGreaterThan(60);
    for (const [x, y] of [
      [20, 10],
      [180, 70],
      [20, 70],
    ] as const) {
      for (const level of await pixelOf(drawn!.overlay, x, y)) expect(Math.abs(level - 128)).toBeLessThan(8);
      for (const level of await pixelOf(drawn!.picture, x, y)) expect(Math.abs(level - 128)).toBeLessThan(8);
    }
  });

  it("have the outline of the mask around the defect, of a mask of another size too", async () => {
    const image = await writePicture("outlined.png", 200, 100);
    for (const [width, height] of [
      [200, 100],
      [400, 200],
      [100, 50],
    ] as const) {
      const box = [width * 0.25, height * 0.4, width * 0.2, height * 0.2].map(Math.round);
      const mask = await writeMask("mask.png", width, height, box);
      const drawn = await drawExhibit(exhibit({ image, mask }));
      expect(drawn!.outlined).toBe(true);
      // Left of the box, from 50 on, are black, white and black, blurred by the size and by JPEG.
      const levels = [];
      for (let x = 44; x < 50; x++) levels.push((await pixelOf(drawn!.overlay, x, 50))[0]!);
      expect(Math.max(...levels)).toBeGreaterThan(210);
      expect(Math.min(...levels)).toBeLessThan(45);
      expect(Math.abs((await pixelOf(drawn!.overlay, 20, 20))[0]! - 128)).toBeLessThan(8);
      expect(Math.abs((await pixelOf(drawn!.picture, 47, 50))[0]! - 128)).toBeLessThan(8);
    }
  });

  it("show the outline of the smallest defect of a large picture", async () => {
    const image = await writePicture("large.png", 2800, 1400);
    const mask = await writeMask("dot.png", 2800, 1400, [1400, 700, 2, 2]);
    expect((await drawExhibit(exhibit({ image, mask })))!.outlined).toBe(true);
  });

  it("have no outline for normal pictures, without a mask, and of one that is empty or cannot be read", async () => {
    const image = await writePicture("plain.png", 20, 20);
    const mask = await writeMask("some.png", 20, 20, [5, 5, 5, 5]);
    const empty = await writeMask("empty.png", 20, 20, [0, 0, 0, 0]);
    const broken = await folder.write("broken.png", "no picture");
    for (const changes of [{ mask, abnormal: false }, { mask: null }, { mask: empty }, { mask: broken }]) {
      expect((await drawExhibit(exhibit({ image, ...changes })))!.outlined).toBe(false);
    }
  });

  it("are not there where the picture cannot be read any more", async () => {
    expect(await drawExhibit(exhibit({ image: folder.path("absent.png") }))).toBeNull();
    expect(await drawExhibit(exhibit({ image: await folder.write("torn.png", "no picture") }))).toBeNull();
  });
});
