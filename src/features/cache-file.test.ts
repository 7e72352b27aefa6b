import { mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cachedLength, readCacheFile, removeStrayFiles, writeCacheFile } from "./cache-file.ts";

const disk = vi.hoisted(() => ({ full: false }));
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const rename: typeof real.rename = async (from, to) => {
    if (disk.full) throw Object.assign(new Error("ENOSPC: no space left on device, rename"), { code: "ENOSPC" });
    await real.rename(from, to);
  };
  return { ...real, rename };
});

const payload = Uint8Array.from({ length: 1000 }, (_, i) => (i * 31) % 251);

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "anomalyclip-cache-"));
  path = join(folder, "ab", "file");
});
afterEach(async () => {
  disk.full = false;
  await rm(folder, { recursive: true });
});

test("what was written is read, from an aligned place, and no other file is left", async () => {
  await writeCacheFile(path, payload);
  const into = new Uint8Array(payload.length);
  expect(await readCacheFile(path, into)).toBe("ok");
  expect(into).toEqual(payload);
  expect(await cachedLength(path)).toBe(payload.length);
  expect([...(await readFile(path)).subarray(64)]).toEqual([...payload]);
  expect(await readdir(join(folder, "ab"))).toEqual(["file"]);
});

test("the payload lands in the part of memory that was given, and nowhere else", async () => {
  await writeCacheFile(path, payload);
  const memory = new Uint8Array(1200).fill(9);
  expect(await readCacheFile(path, memory.subarray(100, 1100))).toBe("ok");
  expect(memory.subarray(100, 1100)).toEqual(payload);
  expect([...memory.subarray(0, 100), ...memory.subarray(1100)].every((byte) => byte === 9)).toBe(true);
});

test("a file that is not there is missing, in a folder that is not there too", async () => {
  expect(await readCacheFile(path, new Uint8Array(3))).toBe("missing");
  expect(await cachedLength(path)).toBe(null);
  await writeFile(join(folder, "ab"), "a file where a folder should be");
  expect(await readCacheFile(path, new Uint8Array(3))).toBe("missing");
});

test.each([0, 5, 12, 18, 64, 700, 1063])("a changed bit in byte %i is damage", async (position) => {
  await writeCacheFile(path, payload);
  const bytes = await readFile(path);
  bytes[position]! ^= 4;
  await writeFile(path, bytes);
  expect(await readCacheFile(path, new Uint8Array(payload.length))).toBe("damaged");
});

test("a file of another length, or what is no file, is damage", async () => {
  await writeCacheFile(path, payload);
  expect(await readCacheFile(path, new Uint8Array(payload.length - 1))).toBe("damaged");
  await truncate(path, 1000);
  expect(await readCacheFile(path, new Uint8Array(payload.length))).toBe("damaged");
  await truncate(path, 10);
  expect(await readCacheFile(path, new Uint8Array(0))).toBe("damaged");
  expect(await readCacheFile(folder, new Uint8Array(payload.length))).toBe("damaged");
});

test("where the new file cannot be put in place, the old one stays and no temporary file does", async () => {
  await writeCacheFile(path, payload);
  disk.full = true;
  await expect(writeCacheFile(path, new Uint8Array(5))).rejects.toMatchObject({
    code: "E_CONFIG",
    message: expect.stringMatching(/^\S*ab: the disk is full; .*--cache-dir/),
  });
  expect(await readCacheFile(path, new Uint8Array(payload.length))).toBe("ok");
  expect(await readdir(join(folder, "ab"))).toEqual(["file"]);
});

test("a folder that cannot be made is one clear line", async () => {
  await writeFile(join(folder, "ab"), "a file where a folder should be");
  await expect(writeCacheFile(path, payload)).rejects.toMatchObject({
    code: "E_CONFIG",
    message: expect.stringMatching(/ab: cannot write the cache: .*--cache-dir/),
  });
});

test("temporary files of a killed process go after a day; younger ones and all others stay", async () => {
  const inner = join(folder, "ab");
  await mkdir(inner);
  const stray = (digit: string) => `.file.${digit.repeat(8)}-1111-1111-1111-111111111111.part`;
  const yesterday = Date.now() / 1000 - 25 * 3600;
  for (const name of [stray("a"), stray("b"), "file", "notes.part", ".hidden"]) await writeFile(join(inner, name), "x");
  for (const name of [stray("a"), "file", "notes.part", ".hidden"])
    await utimes(join(inner, name), yesterday, yesterday);
  await removeStrayFiles(folder);
  expect((await readdir(inner)).sort()).toEqual([stray("b"), ".hidden", "file", "notes.part"].sort());
  await removeStrayFiles(join(folder, "nowhere"));
});
