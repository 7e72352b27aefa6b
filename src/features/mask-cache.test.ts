import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { deflate } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeCacheFile } from "./cache-file.ts";
import { MaskCache } from "./mask-cache.ts";

const SIZE = 96;
const key = "2".repeat(64);
const mask = Uint8Array.from({ length: SIZE * SIZE }, (_, i) => (i % SIZE < 30 ? 1 : 0));

let cacheDir: string;
let masks: MaskCache;
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "anomalyclip-masks-"));
  masks = await MaskCache.open(SIZE, { cacheDir });
});
afterEach(() => rm(cacheDir, { recursive: true }));

async function onlyFile(): Promise<string> {
  const names = (await readdir(masks.folder, { recursive: true })).filter((name) => name.endsWith(".mask"));
  expect(names).toHaveLength(1);
  return join(masks.folder, names[0]!);
}

test("a mask comes back, from a file much smaller than it", async () => {
  const into = new Uint8Array(SIZE * SIZE);
  expect(await masks.read(key, into)).toBe("missing");
  await masks.write(key, mask);
  expect(await masks.read(key, into)).toBe("ok");
  expect(into).toEqual(mask);
  expect((await readFile(await onlyFile())).length).toBeLessThan(200);
});

test("a mask that cannot be shrunk comes back too", async () => {
  let state = 1;
  const noise = Uint8Array.from({ length: SIZE * SIZE }, () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state >> 16;
  });
  await masks.write(key, noise);
  const into = new Uint8Array(SIZE * SIZE);
  expect(await masks.read(key, into)).toBe("ok");
  expect(into).toEqual(noise);
});

test("another size or file is another mask", async () => {
  await masks.write(key, mask);
  const into = new Uint8Array(SIZE * SIZE);
  expect(await masks.read("3".repeat(64), into)).toBe("missing");
  const smaller = await MaskCache.open(64, { cacheDir });
  expect(await smaller.read(key, new Uint8Array(64 * 64))).toBe("missing");
});

test("a changed bit is damage", async () => {
  await masks.write(key, mask);
  const path = await onlyFile();
  const bytes = await readFile(path);
  bytes[bytes.length - 3]! ^= 1;
  await writeFile(path, bytes);
  expect(await masks.read(key, new Uint8Array(SIZE * SIZE))).toBe("damaged");
});

test.each([
  ["inflates to much more", 1 << 22],
  ["has a pixel too many", SIZE * SIZE + 1],
  ["has a pixel too few", SIZE * SIZE - 1],
])("a file with a right checksum that %s is damage, and the caller's memory stays", async (_, length) => {
  await masks.write(key, mask);
  const deflated = await promisify(deflate)(new Uint8Array(length));
  await writeCacheFile(await onlyFile(), deflated);
  const into = new Uint8Array(SIZE * SIZE).fill(7);
  expect(await masks.read(key, into)).toBe("damaged");
  expect(into.every((value) => value === 7)).toBe(true);
});

test("a huge file in the place of a mask is damage, and is not read", async () => {
  await masks.write(key, mask);
  await writeCacheFile(await onlyFile(), new Uint8Array(1 << 20));
  expect(await masks.read(key, new Uint8Array(SIZE * SIZE))).toBe("damaged");
});

test("a mask of another length is a mistake of the program", async () => {
  await expect(masks.write(key, mask.subarray(1))).rejects.toThrow(RangeError);
  await expect(masks.read(key, new Uint8Array(3))).rejects.toThrow(RangeError);
});
