import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { makeReady, promptsPath, requireUsable, trainingFolder } from "./training-folder.ts";

const temporary = useTemporaryFolder();

/** A folder with a training of two epochs, and files that are somebody else's. */
async function trained(name: string) {
  const folder = trainingFolder(temporary.path(name));
  await mkdir(folder.checkpoints, { recursive: true });
  const files = [
    ...[1, 2].map((epoch) => folder.checkpoint(epoch)),
    ...[folder.log, folder.report, promptsPath(folder, "safetensors"), promptsPath(folder, "pth")],
    ...[join(folder.path, "notes.txt"), join(folder.checkpoints, "mine.safetensors")],
  ];
  for (const file of files) await writeFile(file, "");
  return folder;
}

test("a folder with a training is refused as new, and its epochs are told otherwise", async () => {
  const folder = await trained("used");
  await expect(requireUsable(folder, "new")).rejects.toMatchObject({
    code: "E_CONFIG",
    message: expect.stringMatching(/already holds a training \(2 epochs\): --resume .*, --force .*, --out /),
  });
  for (const mode of ["resume", "force"] as const) expect(await requireUsable(folder, mode)).toEqual([1, 2]);
});

test("a folder without epochs may be used, whatever else lies in it", async () => {
  expect(await requireUsable(trainingFolder(temporary.path("absent")), "new")).toEqual([]);
  const folder = trainingFolder(temporary.path("other"));
  await mkdir(folder.path);
  await writeFile(join(folder.path, "notes.txt"), "");
  expect(await requireUsable(folder, "new")).toEqual([]);
});

test("force removes the training and nothing else", async () => {
  const folder = await trained("forced");
  await makeReady(folder, "force");
  expect(await readdir(folder.path)).toEqual(["checkpoints", "notes.txt"]);
  expect(await readdir(folder.checkpoints)).toEqual(["mine.safetensors"]);
});

test("resume keeps all of it", async () => {
  const folder = await trained("resumed");
  const before = await readdir(folder.path, { recursive: true });
  await makeReady(folder, "resume");
  expect(await readdir(folder.path, { recursive: true })).toEqual(before);
});

test("a folder that cannot be made is one line", async () => {
  await temporary.write("file", "");
  await expect(makeReady(trainingFolder(temporary.path("file/out")), "new")).rejects.toMatchObject({
    code: "E_CONFIG",
    message: expect.stringMatching(/^\S+file\/out: cannot write to the results folder: /),
  });
});
