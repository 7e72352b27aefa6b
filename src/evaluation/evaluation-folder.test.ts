import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeProtocol } from "../results/run-file.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { requireUsable } from "./evaluation-folder.ts";

const temporary = useTemporaryFolder();

async function folderOf(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = temporary.path(name);
  await mkdir(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  return folder;
}

test("a folder with results of another kind is refused, unless it is to be overwritten", async () => {
  const folder = await folderOf("training", { "report.html": "a training" });
  await writeProtocol(folder, { "data fingerprint": "0123" });
  const error = { code: "E_CONFIG", message: `${folder} holds results of another kind: --out takes another folder` };
  await expect(requireUsable(folder, "new")).rejects.toMatchObject(error);
  await expect(requireUsable(folder, "resume")).rejects.toMatchObject(error);
  expect(await readFile(join(folder, "report.html"), "utf8")).toBe("a training");
  await requireUsable(folder, "force");
});

test("an evaluation that was killed before its first score does not hold its folder", async () => {
  const folder = await folderOf("killed", { "scores.jsonl": "" });
  await writeProtocol(folder, { "data SHA-256": "0123" });
  for (const mode of ["new", "resume", "force"] as const) await requireUsable(folder, mode);
});

test("nor does a folder without results, or with half a run.json", async () => {
  await requireUsable(temporary.path("absent"), "new");
  await requireUsable(await folderOf("notes", { "notes.txt": "mine" }), "new");
  await requireUsable(await folderOf("torn", { "run.json": '{"proto' }), "new");
});
