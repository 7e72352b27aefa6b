import { describe, expect, it } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { readFolder } from "./folder.ts";
import { openDataset } from "./open-dataset.ts";
import { writeTree } from "./picture-tree.fixture.ts";
import { writeProceduralSet } from "./procedural/write.ts";

const temporary = useTemporaryFolder();

describe("opening a data set", () => {
  it("reads the same set through meta.json, through a folder that holds one, and by its folders", async () => {
    const root = temporary.path("procedural");
    await writeProceduralSet(root, { categories: ["coin"], good: 2, perDefect: 1, size: 16 });
    const dataset = await openDataset(`${root}/meta.json`);
    expect(dataset.name).toBe("procedural");
    expect(dataset.samples.filter((sample) => sample.mask).length).toBeGreaterThan(1);
    expect(await openDataset(root)).toEqual(dataset);

    const byFolders = await readFolder(root);
    const byPath = (set: typeof dataset) => new Map(set.samples.map((sample) => [sample.image, sample]));
    expect(byPath(byFolders)).toEqual(byPath(dataset));
  });

  it("reads a folder without meta.json by its folders", async () => {
    const root = temporary.path("mugs");
    await writeTree(root, { pictures: ["good/1.png", "bad/1.png"] });
    expect((await openDataset(root)).samples.map((sample) => sample.specie)).toEqual(["bad", "good"]);
  });

  it("reads a description by another name", async () => {
    await writeTree(temporary.path("."), { pictures: ["one.png"] });
    const text = JSON.stringify({ test: { a: [{ img_path: "one.png", cls_name: "a", anomaly: 0 }] } });
    expect((await openDataset(await temporary.write("mine.JSON", text))).samples).toHaveLength(1);
  });

  it.each([
    ["nothing", "nothing: no such file or folder"],
    ["notes.txt", "notes.txt: not a data set; name its folder or its meta.json"],
    ["notes.txt/x", "notes.txt/x: no such file or folder"],
    ["x".repeat(5000), "x: no such file or folder"],
    ["a\0b", "cannot be read"],
    ["empty", "empty: no pictures found"],
  ])("says of %j: %s", async (path, message) => {
    await temporary.write("notes.txt", "");
    await writeTree(temporary.path("empty"), { pictures: [".hidden.png"] });
    await expect(openDataset(temporary.path(path))).rejects.toMatchObject({
      code: "E_DATASET",
      message: expect.stringContaining(message),
    });
  });
});
