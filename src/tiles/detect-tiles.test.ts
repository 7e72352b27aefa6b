import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import type { RgbImage } from "../image/image.ts";
import { findRegions, type Region } from "../image/regions.ts";
import { resizeMap } from "../image/resample.ts";
import { detectInOnePiece, lookAtRed, makeNoise, S } from "./detect-in-one-piece.fixture.ts";
import { detectTiles, type WindowResult } from "./detect-tiles.ts";

const folder = mkdtempSync(join(tmpdir(), "detect-tiles-"));
const temporary = join(folder, "temporary");
mkdirSync(temporary);
vi.stubEnv("TMPDIR", temporary);
// Whatever a test does, no temporary file may be left behind, nor kept open where its name is gone already.
afterEach(() => {
  expect(readdirSync(temporary)).toEqual([]);
  expect(openFiles().filter((path) => path.startsWith(temporary))).toEqual([]);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** What this process holds open, where the system tells. */
function openFiles(): string[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc/self/fd").flatMap((file) => {
    try {
      return readlinkSync(`/proc/self/fd/${file}`);
    } catch {
      // The folder's own file is gone by now.
      return [];
    }
  });
}

const OPTIONS = { tile: 24, imageSize: S, mapThreshold: 0.5 };
const IN_A_FILE = { inMemory: 1, unreduced: 1e6 };

/** A picture whose pixels say where they lie: column in red, row in green. */
function makeCoordinates(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set([i % width, Math.floor(i / width), 0], i * 3);
  return { width, height, data };
}

function expectNear(map: Float32Array, expected: Float32Array, tolerance: number): void {
  expect(map).toHaveLength(expected.length);
  for (const [i, value] of map.entries()) {
    if (!(Math.abs(value - expected[i]!) <= tolerance)) expect({ i, value }).toEqual({ i, value: expected[i] });
  }
}

describe("the map", () => {
  it("has no seams where windows agree: a constant comes back", async () => {
    for (const [width, height, overlap] of [
      [97, 61, 0.25],
      [64, 200, 0.9],
      [48, 49, 0],
      [101, 10, 0.5],
    ] as const) {
      const look = async () => ({ score: 0.3, map: new Float32Array(S * S).fill(0.7) });
      const { map, score } = await detectTiles(makeNoise(width, height), look, { ...OPTIONS, overlap });
      expectNear(map, new Float32Array(width * height).fill(0.7), 1e-6);
      expect(score).toBeCloseTo(0.3, 12);
    }
  });

  it.each([
    [16, 97, 61],
    [16, 33, 250],
    [17, 50, 18],
    [24, 101, 47],
  ])("has no seams where windows agree: a ramp comes back (windows of %i on %i x %i)", async (tile, width, height) => {
    const image = makeCoordinates(width, height);
    // The whole, which comes first, says nothing here.
    let first = true;
    const look = async (window: RgbImage): Promise<WindowResult> => {
      const whole = first;
      first = false;
      const [left, top] = window.data;
      const map = Float32Array.from({ length: S * S }, (_, i) => {
        const x = left! + (((i % S) + 0.5) * window.width) / S;
        const y = top! + ((Math.floor(i / S) + 0.5) * window.height) / S;
        return whole ? 0 : (x + 2 * y) / 255;
      });
      return { score: 0, map };
    };
    const { map } = await detectTiles(image, look, { ...OPTIONS, tile });
    // A window's map is held constant over the outermost half of its pixels, which shows where nothing overlaps.
    // Inside the picture that is where the window counts for little.
    const edge = Math.ceil(tile / S / 2);
    for (let y = edge; y < height - edge; y++) {
      for (let x = edge; x < width - edge; x++) {
        const deviation = Math.abs(map[y * width + x]! / 0.75 - (x + 0.5 + 2 * (y + 0.5)) / 255);
        expect(deviation).toBeLessThan(tile === S ? 1e-5 : 1e-3);
      }
    }
  });

  it("equals what one gets in one piece, for pictures and windows of any size, from memory and from a file", async () => {
    const sides = fc.integer({ min: 1, max: 90 });
    const overlaps = fc.constantFrom(0, 0.1, 0.25, 0.5, 0.8, 0.9);
    const cases = fc.tuple(
      sides,
      sides,
      fc.integer({ min: 16, max: 40 }),
      overlaps,
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([width, height, tile, overlap, inFlight, inFile]) => {
        const image = makeNoise(width, height, width);
        const options = { ...OPTIONS, tile, overlap, inFlight };
        const source = inFile
          ? await sharp(image.data, { raw: { ...image, channels: 3 } })
              .png()
              .toBuffer()
          : image;
        const found = await detectTiles(source, lookAtRed, options, inFile ? IN_A_FILE : undefined);
        const expected = await detectInOnePiece(image, tile, overlap);
        expectNear(found.map, expected.map, 1e-5);
        expect(found.score).toBeCloseTo(expected.score, 6);
        expect(found.windows).toBe(expected.windows);
        expect(found).toMatchObject({ width, height, reduction: 1, image });
        expect(found.regions).toEqual(findRegions(found.map, width, height, OPTIONS.mapThreshold));
      }),
      { numRuns: 40 },
    );
  });
});

describe("regions", () => {
  it("are those of the whole map at full resolution, also across rows of windows, where image and map are reduced", async () => {
    const image = makeNoise(150, 331);
    // Long diagonal stripes.
    for (let i = 0; i < image.data.length; i++) {
      const [x, y] = [Math.floor(i / 3) % 150, Math.floor(i / 450)];
      image.data[i] = (x + 2 * y) % 90 < 30 ? 230 : 20;
    }
    const bytes = await sharp(image.data, { raw: { width: 150, height: 331, channels: 3 } })
      .png()
      .toBuffer();
    const full = await detectTiles(image, lookAtRed, OPTIONS);
    const reduced = await detectTiles(bytes, lookAtRed, OPTIONS, { inMemory: 1, unreduced: 10_000 });
    expect(full.regions).toEqual(findRegions(full.map, 150, 331, OPTIONS.mapThreshold));
    expect(full.regions.some(({ height }) => height > 2 * OPTIONS.tile)).toBe(true);
    expect(reduced).toMatchObject({ regions: full.regions, score: full.score, windows: full.windows });
    expect(reduced).toMatchObject({ width: 150, height: 331, reduction: 3, image: { width: 50, height: 111 } });
    expect(reduced.map).toHaveLength(50 * 111);
    expect(reduced.map[50 + 2]).toBe(
      Math.max(...[3, 4, 5].flatMap((y) => [...full.map.subarray(y * 150 + 6, y * 150 + 9)])),
    );
    const green = [3, 4, 5].flatMap((y) => [6, 7, 8].map((x) => image.data[(y * 150 + x) * 3 + 1]!));
    expect(reduced.image.data[(50 + 2) * 3 + 1]).toBe(Math.round(green.reduce((a, b) => a + b) / 9));
  });

  it("are found in a picture that is too large for memory as it is", async () => {
    const [width, height] = [9000, 8000];
    const path = join(folder, "large.png");
    const spot = { create: { width: 150, height: 150, channels: 3 as const, background: "#f00" } };
    await sharp({ create: { width, height, channels: 3, background: "#000" } })
      .composite([{ input: await sharp(spot).png().toBuffer(), left: 8100, top: 6300 }])
      .png({ compressionLevel: 1 })
      .toFile(path);
    // Fast for large windows: the pixels in the middle of the map's.
    const look = async (window: RgbImage) => {
      const middle = (i: number, side: number) => Math.floor(((i + 0.5) * side) / S);
      const map = Float32Array.from({ length: S * S }, (_, i) => {
        const [x, y] = [middle(i % S, window.width), middle(Math.floor(i / S), window.height)];
        return window.data[(y * window.width + x) * 3]! / 255;
      });
      return { score: Math.max(...map), map };
    };
    const found = await detectTiles(path, look, { ...OPTIONS, tile: 1600 });
    rmSync(path);
    const { reduction, image, windows, score, regions } = found;
    expect([found.width, found.height, reduction, image.width, image.height]).toEqual([width, height, 2, 4500, 4000]);
    expect(windows).toBe(8 * 7 + 1);
    // The highest window saw nothing but red, the whole hardly any.
    expect(score).toBeGreaterThan(0.5);
    expect(score).toBeLessThan(0.6);
    expect(regions).toHaveLength(1);
    const [{ x, y, width: across, height: down, area, peak }] = regions as [Region];
    // A pixel of the map stands for 100 of the picture.
    expect(Math.abs(x + across / 2 - 8175)).toBeLessThan(75);
    expect(Math.abs(y + down / 2 - 6375)).toBeLessThan(75);
    expect(area).toBeGreaterThan(1000);
    expect(peak).toBe(found.map.reduce((most, value) => Math.max(most, value)));
    const corner = (3150 * 4500 + 4050) * 3;
    expect([...image.data.subarray(corner - 3, corner + 3)]).toEqual([0, 0, 0, 255, 0, 0]);
  });
});

describe("windows", () => {
  it("come in order after the whole, several at a time", async () => {
    const seen: number[][] = [];
    let [under, most] = [0, 0];
    const look = async ({ width, height, data }: RgbImage) => {
      seen.push([width, height, data[0]!, data[1]!]);
      most = Math.max(most, ++under);
      await new Promise((done) => setTimeout(done, seen.length % 3));
      under--;
      return { score: 0, map: new Float32Array(S * S) };
    };
    const { windows } = await detectTiles(makeCoordinates(40, 60), look, { ...OPTIONS, inFlight: 3 });
    expect(seen[0]!.slice(0, 2)).toEqual([S, S]);
    const corners = [0, 18, 36].flatMap((y) => [0, 16].map((x) => [24, 24, x, y]));
    expect(seen.slice(1)).toEqual(corners);
    expect(windows).toBe(7);
    expect(most).toBe(3);
  });

  it("are not looked at where the whole is one", async () => {
    let looks = 0;
    const look = (window: RgbImage) => {
      looks++;
      return lookAtRed(window);
    };
    const image = makeNoise(24, 20);
    const { windows, map, score } = await detectTiles(image, look, OPTIONS);
    const whole = await lookAtRed(image);
    expect([looks, windows, score]).toEqual([1, 1, whole.score]);
    expect(map).toEqual(resizeMap(whole.map, S, S, 24, 20));
  });
});

describe("windows of the model's size, where the picture asks for them", () => {
  it.each([
    [24, 24, 1],
    [25, 8, 3],
    [25, 17, 5],
  ])("%i x %i pixels: %i looks", async (width, height, looks) => {
    const image = makeNoise(width, height);
    const auto = await detectTiles(image, lookAtRed, { ...OPTIONS, tile: "auto" });
    expect(auto.windows).toBe(looks);
    if (looks > 1) expect(auto).toEqual(await detectTiles(image, lookAtRed, { ...OPTIONS, tile: S }));
    else expect(auto.map).toEqual(resizeMap((await lookAtRed(image)).map, S, S, width, height));
  });
});

describe("what ends the work", () => {
  const bytes = () =>
    sharp(makeNoise(100, 100).data, { raw: { width: 100, height: 100, channels: 3 } })
      .png()
      .toBuffer();

  it.each([0, 1, 2, 5, 36])("a look that fails: number %i", async (failing) => {
    let [looks, under] = [0, 0];
    const look = async (window: RgbImage) => {
      const failed = looks++ === failing;
      under++;
      await new Promise((done) => setTimeout(done, failed ? 0 : 2));
      under--;
      if (failed) throw new Error("out of sight");
      return lookAtRed(window);
    };
    await expect(detectTiles(await bytes(), look, OPTIONS, IN_A_FILE)).rejects.toThrow("out of sight");
    expect(looks).toBeLessThanOrEqual(failing + 2);
    expect(under).toBe(0);
  });

  it.each([0, 1, 2, 7])("a signal during look number %i", async (last) => {
    const stop = new AbortController();
    let looks = 0;
    const look = (window: RgbImage) => {
      if (looks++ === last) stop.abort(new Error("enough"));
      return lookAtRed(window);
    };
    const detecting = detectTiles(await bytes(), look, { ...OPTIONS, signal: stop.signal }, IN_A_FILE);
    await expect(detecting).rejects.toThrow("enough");
    expect(looks).toBe(last + 1);
  });

  it("a signal before the first look", async () => {
    const look = async () => expect.unreachable();
    const aborted = detectTiles(await bytes(), look, { ...OPTIONS, signal: AbortSignal.abort(new Error("enough")) });
    await expect(aborted).rejects.toThrow("enough");
    const stop = new AbortController();
    setImmediate(() => stop.abort(new Error("enough")));
    const stopped = detectTiles(makeNoise(2, 40_000), look, { ...OPTIONS, signal: stop.signal });
    await expect(stopped).rejects.toThrow("enough");
  });

  it.each([
    [{ tile: 15 }, "the side of a window must be auto, or a whole number from 16, got 15"],
    [{ tile: 20.5 }, "the side of a window must be auto, or a whole number from 16, got 20.5"],
    [{ overlap: 0.95 }, "the overlap of windows must be from 0 to 0.9, got 0.95"],
    [{ overlap: Number.NaN }, "the overlap of windows must be from 0 to 0.9, got NaN"],
    [{ inFlight: 0 }, "the number of windows at a time must be a whole number from 1, got 0"],
  ])("an option out of range: %o", async (option, message) => {
    const detecting = detectTiles(makeNoise(4, 4), lookAtRed, { ...OPTIONS, ...option });
    await expect(detecting).rejects.toMatchObject({ code: "E_CONFIG", message });
  });

  it("a picture so wide that its rows of windows would fill the memory", async () => {
    const image = { width: 65_000, height: 1000, data: new Uint8Array(65_000_000 * 3) };
    const detecting = detectTiles(image, lookAtRed, { ...OPTIONS, tile: 1000 });
    await expect(detecting).rejects.toMatchObject({
      code: "E_CONFIG",
      message:
        "the given picture: windows of 1000 pixels over a width of 65000 need too much memory; take smaller windows, or turn the picture by 90 degrees",
    });
  });
});
