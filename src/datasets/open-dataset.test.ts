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

  it("reads a CSV", async () => {
    const root = temporary.path("listed");
    await writeTree(root, { pictures: ["1.png"], others: { "list.CSV": "image,label\n1.png,0\n" } });
    expect((await openDataset(`${root}/list.CSV`)).samples).toHaveLength(1);
  });

  it.each([
    ["nothing", "nothing: no such file or folder"],
    ["notes.txt", "notes.txt: not a data set; name its folder, its CSV or its meta.json"],
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

describe("saying what a data set is", () => {
  /** A folder that is BrainMRI by its folders, and something else by its `meta.json` and by its CSV. */
  async function ambiguous(): Promise<string> {
    const root = temporary.path("brain=x");
    const meta = { test: { mug: [{ img_path: "no/1.jpg", cls_name: "mug", anomaly: 1 }] } };
    const others = { "meta.json": JSON.stringify(meta), "list.txt": "image,label,class\nno/1.jpg,bad,pot\n" };
    await writeTree(root, { pictures: ["no/1.jpg", "yes/1.jpg"], others });
    return root;
  }

  it.each([
    ["", "", "mug"],
    ["folder=", "", "brain=x"],
    ["meta=", "", "mug"],
    ["META=", "/meta.json", "mug"],
    ["csv=", "/list.txt", "pot"],
  ])("%j decides how it is read", async (kind, file, className) => {
    const root = await ambiguous();
    expect((await openDataset(`${kind}${root}${file}`)).samples[0]!.className).toBe(className);
  });

  it("opens a benchmark", async () => {
    const root = temporary.path("mri");
    await writeTree(root, { pictures: ["no/1.jpg", "yes/1.jpg"] });
    expect(await openDataset(`BrainMRI=${root}`)).toMatchObject({ id: "brainmri", name: "brainmri" });
    expect((await openDataset(root)).id).toBeUndefined();
  });

  it("takes a path with a sign in it for a path", async () => {
    await ambiguous();
    const folder = process.cwd();
    try {
      process.chdir(temporary.path("."));
      expect((await openDataset("brain=x")).name).toBe("brain=x");
    } finally {
      process.chdir(folder);
    }
  });

  it.each([
    ["vsia=/data", "E_CONFIG", 'unknown data set "vsia" (did you mean visa?); known: mvtec, visa,'],
    ["folders=/data", "E_CONFIG", 'unknown data set "folders" (did you mean folder?)'],
    ["visa=", "E_CONFIG", "visa=: no path given, as in visa=/data/visa"],
    ["visa=/nowhere", "E_DATASET", "/nowhere: no such folder"],
    ["csv=/nowhere.csv", "E_DATASET", "/nowhere.csv: no such file or folder"],
    ["./visa=x", "E_DATASET", "./visa=x: no such file or folder"],
  ])("%j is refused", async (spec, code, message) => {
    await expect(openDataset(spec)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it("does not take a file for a folder", async () => {
    await temporary.write("file.txt", "");
    await expect(openDataset(`folder=${temporary.path("file.txt")}`)).rejects.toThrow("file.txt: not a folder");
  });
});
