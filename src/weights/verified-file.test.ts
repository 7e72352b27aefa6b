import { mkdtemp, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hashFile, isVerified } from "./verified-file.ts";

/** SHA-256 of "abc", from FIPS 180-2. */
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "verified-"));
  path = join(folder, "file");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test("the hash is SHA-256 in hexadecimal", async () => {
  await writeFile(path, "abc");
  expect(await hashFile(path)).toBe(ABC);
});

test("upper-case checksums are the same checksums", async () => {
  await writeFile(path, "abc");
  expect(await isVerified(path, ABC.toUpperCase())).toBe(true);
});

test("a file that was verified is not read again while its size and time stay", async () => {
  await writeFile(path, "abc");
  await utimes(path, 1000, 1000);
  expect(await isVerified(path, ABC)).toBe(true);
  await writeFile(path, "abd");
  await utimes(path, 1000, 1000);
  expect(await isVerified(path, ABC)).toBe(true);
});

test("a file that was touched is read again", async () => {
  await writeFile(path, "abc");
  await utimes(path, 1000, 1000);
  await isVerified(path, ABC);
  await writeFile(path, "abd");
  expect(await isVerified(path, ABC)).toBe(false);
});

test("the marker of one checksum does not vouch for another", async () => {
  await writeFile(path, "abc");
  await isVerified(path, ABC);
  expect(await isVerified(path, "0".repeat(64))).toBe(false);
});

test("a damaged marker is replaced", async () => {
  await writeFile(path, "abc");
  await writeFile(`${path}.verified`, "{");
  expect(await isVerified(path, ABC)).toBe(true);
  const { size, mtimeMs } = await stat(path);
  expect(JSON.parse(await readFile(`${path}.verified`, "utf8"))).toEqual({ size, mtimeMs, sha256: ABC });
});

test("what is missing or a folder is not verified", async () => {
  expect(await isVerified(path, ABC)).toBe(false);
  expect(await isVerified(folder, ABC)).toBe(false);
});
