import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freeBytes, showBytes } from "./disk-space.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anomalyclip-disk-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a folder that does not exist yet has the room of the one it will be made in", async () => {
  const [there, planned] = [await freeBytes(folder), await freeBytes(join(folder, "a", "b", "c"))];
  expect(there).toBeGreaterThan(0);
  // Others write to this disk too.
  expect(Math.abs(planned! - there!)).toBeLessThan(1e9);
});

test("a folder below a file is refused by name", async () => {
  await writeFile(join(folder, "file"), "");
  await expect(freeBytes(join(folder, "file", "inner"))).rejects.toMatchObject({
    code: "E_CONFIG",
    message: expect.stringContaining(join(folder, "file", "inner")),
  });
});

test("bytes are shown in powers of 1000", () => {
  expect([0, 999, 1000, 2_105_000, 63_400_000, 3_600_000_000, 4.2e15].map(showBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "2.1 MB",
    "63 MB",
    "3.6 GB",
    "4200 TB",
  ]);
});
