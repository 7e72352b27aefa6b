import { readdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { writeAtomically } from "./atomic-file.ts";
import { useTemporaryFolder } from "./temporary-folder.fixture.ts";

const folder = useTemporaryFolder();

const partsBeside = async (path: string) => (await readdir(dirname(path))).filter((name) => name.endsWith(".part"));

test("the old file stands until the new one is complete", async () => {
  const path = await folder.write("a", "old");
  await writeAtomically(path, async (file) => {
    await file.writeFile("new");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await partsBeside(path)).toHaveLength(1);
  });
  expect(await readFile(path, "utf8")).toBe("new");
  expect(await partsBeside(path)).toEqual([]);
});

test("a write that fails halfway leaves the old file, no rest, and one line that names the file", async () => {
  const path = await folder.write("b", "old");
  const written = writeAtomically(path, async (file) => {
    await file.writeFile("ne");
    throw new Error("no space\nleft");
  });
  await expect(written).rejects.toThrow(`${path}: cannot be written: no space left`);
  await expect(written).rejects.toMatchObject({ code: "E_WEIGHTS" });
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await partsBeside(path)).toEqual([]);
});

test("a folder that is not there is reported, and what should be written is never asked for", async () => {
  const path = folder.path("nowhere/c");
  const write = () => Promise.reject(new Error("asked"));
  await expect(writeAtomically(path, write)).rejects.toThrow(/nowhere\/c: cannot be written: ENOENT/);
});
