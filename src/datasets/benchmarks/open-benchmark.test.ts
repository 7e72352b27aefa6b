import { mkdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { useTemporaryFolder } from "../../weights/temporary-folder.fixture.ts";
import { type Tree, writeTree } from "../picture-tree.fixture.ts";
import { benchmarkTree } from "./benchmark-trees.fixture.ts";
import { openBenchmark } from "./open-benchmark.ts";

const temporary = useTemporaryFolder();
let count = 0;

/** Writes files to a new folder. */
async function write(files: Tree): Promise<string> {
  const root = temporary.path(`${count++}/set`);
  await mkdir(root, { recursive: true });
  await writeTree(root, files);
  return root;
}

/** All but the files that `leave` holds for. */
function without({ pictures = [], marked = [], ...others }: Tree, leave: (path: string) => boolean): Tree {
  return {
    ...others,
    pictures: pictures.filter((path) => !leave(path)),
    marked: marked.filter((path) => !leave(path)),
  };
}

describe("refusing what is no whole benchmark", () => {
  it.each<[string, string, Tree, string]>([
    [
      "two classes missing",
      "mvtec",
      without(benchmarkTree("mvtec").files, (path) => /^(tile|wood)/.test(path)),
      "MVTec AD is not complete: 2 of 15 classes are missing: tile, wood; download the rest, or open what is there as folder=",
    ],
    [
      "a class that was not unpacked to its end",
      "btad",
      without(benchmarkTree("btad").files, (path) => path.startsWith("02/test")),
      "no abnormal pictures of 02",
    ],
    ["no masks", "isic", { pictures: ["ISBI2016_ISIC_Part1_Test_Data/ISIC_0000003.jpg"] }, "not complete: no masks;"],
    ["no normal pictures", "brainmri", { pictures: ["yes/1.jpg"] }, "not complete: no normal pictures;"],
    [
      "pictures that its list names",
      "visa",
      without(benchmarkTree("visa").files, (path) => path.includes("pcb1/Data/Images/Normal/0001")),
      "1 file of split_csv/1cls.csv is missing, such as pcb1/Data/Images/Normal/0001.JPG",
    ],
    [
      "masks that its list names",
      "visa",
      without(benchmarkTree("visa").files, (path) => path.includes("pcb1/Data/Masks")),
      "1 file of split_csv/1cls.csv is missing, such as pcb1/Data/Masks/Anomaly/000.png",
    ],
    [
      "a label image",
      "sdd",
      {
        ...benchmarkTree("sdd", "downloaded").files,
        pictures: ["kos01/Part5.jpg", "kos01/Part0.jpg", "kos01/Part9.jpg"],
      },
      "1 picture has no mask, such as kos01/Part9.jpg",
    ],
    [
      "a label in the table",
      "headct",
      {
        ...benchmarkTree("headct", "downloaded").files,
        pictures: ["head_ct/000.png", "head_ct/001.png", "head_ct/x.png"],
      },
      "1 picture has no label, such as head_ct/x.png",
    ],
  ])("%s", async (_, id, files, message) => {
    await expect(openBenchmark(id, await write(files))).rejects.toMatchObject({
      code: "E_DATASET",
      message: expect.stringContaining(message),
    });
  });

  const table = (text: string): Tree => ({ pictures: ["head_ct/0.png"], others: { "labels.csv": text } });
  const visaList = (text: string): Tree => ({
    ...benchmarkTree("visa").files,
    others: { "split_csv/1cls.csv": `object,split,label,image,mask\n${text}` },
  });
  it.each<[string, string, Tree, string]>([
    [
      "another set",
      "mvtec",
      { pictures: ["a/1.png", "b/1.png", "c/1.png"], others: { "d.txt": "", "e.txt": "", "f.txt": "", ".g": "" } },
      "set: no MVTec AD here: looked for {class}/{split}/{specie}/* (classes bottle, cable, capsule, carpet, grid and " +
        '10 more), but the folder holds a, b, c, d.txt, e.txt and 1 more; "anomalyclip datasets mvtec" prints',
    ],
    [
      "an empty folder",
      "kvasir",
      {},
      "no Kvasir-SEG here: looked for images/*, or {split}/{specie}/*, but the folder is empty",
    ],
    [
      "two pictures of one mask",
      "mvtec",
      { ...benchmarkTree("mvtec").files, pictures: ["tile/test/bent/000.png", "tile/test/bent/000.jpg"] },
      "tile/ground_truth/bent/000_mask.png may be the mask of tile/test/bent/000.jpg or of tile/test/bent/000.png",
    ],
    [
      "two masks of one picture",
      "kvasir",
      { pictures: ["images/1.jpg"], marked: ["masks/1.jpg", "masks/1.png"] },
      "masks/1.jpg and masks/1.png may be masks of the same picture; take out the one that does not belong there",
    ],
    [
      "VisA without its list",
      "visa",
      { ...benchmarkTree("visa").files, others: {} },
      "split_csv/1cls.csv: cannot be read (ENOENT",
    ],
    [
      "a list of something else",
      "visa",
      visaList("mug,test,normal,a.png,\n"),
      'line 2: "mug" is none of the classes candle,',
    ],
    [
      "a picture that is listed twice",
      "visa",
      visaList("pcb1,test,normal,a.png,\npcb1,test,anomaly,./a.png,b.png\n"),
      "line 3: a.png stands on line 2 already",
    ],
    ["HeadCT without its table", "headct", { pictures: ["head_ct/0.png"] }, "set: labels.csv is missing"],
    ["a table of something else", "headct", table("id,x\n0,1\n"), 'no column "hemorrhage"; the columns are id, x'],
    ["a label that is none", "headct", table("id,hemorrhage\n0,2\n"), 'labels.csv: line 2: "2" must be 0 or 1'],
    ["a number that is none", "headct", table("id,hemorrhage\n-1,1\n"), 'line 2: "-1" is no number of a picture'],
    ["a number twice", "headct", table("id,hemorrhage\n0,1\n00,1\n"), "line 3: id 0 stands there twice"],
  ])("%s", async (_, id, files, message) => {
    await expect(openBenchmark(id, await write(files))).rejects.toMatchObject({
      code: "E_DATASET",
      message: expect.stringContaining(message),
    });
  });

  it("no folder, and an archive that was not unpacked", async () => {
    const root = await write({ others: { "VisA.tar": "", "notes.txt": "" } });
    await expect(openBenchmark("visa", `${root}/nowhere`)).rejects.toThrow("nowhere: no such folder");
    await expect(openBenchmark("visa", `${root}/VisA.tar`)).rejects.toThrow(
      "VisA.tar: not a folder; unpack it and name the folder",
    );
    await expect(openBenchmark("visa", `${root}/notes.txt`)).rejects.toThrow(/notes.txt: not a folder$/);
  });

  it("a damaged mask that a label hangs on", async () => {
    const root = await write({ pictures: ["kos01/Part0.jpg", "kos01/Part0_label.bmp"] });
    await expect(openBenchmark("sdd", root)).rejects.toMatchObject({ code: "E_IMAGE" });
  });

  it("an unknown benchmark", async () => {
    await expect(openBenchmark("kvasier", "x")).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringMatching(
        /^unknown data set "kvasier" \(did you mean kvasir\?\); known: mvtec, visa, .*covid19$/,
      ),
    });
  });
});
