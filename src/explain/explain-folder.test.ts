import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { requireFree, writeExplanation } from "./explain-folder.ts";

const temporary = useTemporaryFolder();

const first = new Map<string, string>([
  ["attention-1-2.png", "a"],
  ["map.png", "b"],
  ["explain.html", "c"],
]);

describe("the folder of an explanation", () => {
  test("is free until there is one, and again when it is to be replaced", async () => {
    const folder = temporary.path("free/inner");
    await requireFree(folder, false);
    await writeExplanation(folder, first, {});
    await expect(requireFree(folder, false)).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringMatching(/inner already holds an explanation: --force replaces it/),
    });
    await requireFree(folder, true);
  });

  test("loses the files of the earlier one, and nothing else", async () => {
    const folder = temporary.path("again");
    await writeExplanation(folder, first, {});
    await writeFile(join(folder, "mine.png"), "mine");
    await writeExplanation(folder, new Map([["explain.html", "d"]]), { score: 0.5 });
    expect((await readdir(folder)).sort()).toEqual(["explain.html", "explain.json", "mine.png"]);
    expect(JSON.parse(await readFile(join(folder, "explain.json"), "utf8"))).toEqual({
      score: 0.5,
      files: ["explain.html"],
    });
  });

  test("keeps what a list that was tampered with names", async () => {
    const folder = temporary.path("tampered");
    await mkdir(folder);
    const victim = await temporary.write("victim.png", "mine");
    await writeFile(join(folder, "mine.png"), "mine");
    const files = ["../victim.png", victim, "mine.png", 7, { a: 1 }];
    await writeFile(join(folder, "explain.json"), JSON.stringify({ files }));
    await writeExplanation(folder, first, {});
    expect(await readFile(victim, "utf8")).toBe("mine");
    expect(await readFile(join(folder, "mine.png"), "utf8")).toBe("mine");
  });

  test.each(["{", "null", '{"files":3}'])("can be written over a broken list (%s)", async (text) => {
    const folder = temporary.path("broken");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "explain.json"), text);
    await writeExplanation(folder, first, {});
    expect(await readFile(join(folder, "map.png"), "utf8")).toBe("b");
  });

  test("must be a folder with a name", async () => {
    const file = await temporary.write("file", "");
    await expect(writeExplanation(file, first, {})).rejects.toMatchObject({ code: "E_CONFIG" });
    await expect(requireFree("", false)).rejects.toThrow("--out needs the name of a folder");
  });
});
