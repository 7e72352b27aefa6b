import { relative } from "node:path";
import { describe, expect, it } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { readFolder } from "./folder.ts";
import { writeTree } from "./picture-tree.fixture.ts";

const temporary = useTemporaryFolder();
let count = 0;

type Files = Parameters<typeof writeTree>[1];

/** Writes a set called `set` and reads it. Each sample as `class | specie | label | split | picture | mask`. */
async function read(files: Files): Promise<string[]> {
  const root = temporary.path(`${count++}/set`);
  await writeTree(root, files);
  const { name, samples } = await readFolder(root);
  expect(name).toBe("set");
  return samples.map(({ className, specie, abnormal, split, image, mask }) =>
    [
      className,
      specie,
      abnormal ? "abnormal" : "normal",
      split ?? "any",
      relative(root, image),
      mask ? relative(root, mask) : "-",
    ].join(" | "),
  );
}

describe("sets whose folders are named", () => {
  it("reads the MVTec layout", async () => {
    const samples = await read({
      pictures: [
        ...["bottle/train/good/000.png", "bottle/test/good/000.png", "bottle/test/broken_large/000.png"],
        ...["tile/train/good/000.png", "tile/test/oil/001.png", "tile/test/oil/002.png"],
      ],
      marked: ["bottle/ground_truth/broken_large/000_mask.png", "tile/ground_truth/oil/002_mask.png"],
    });
    expect(samples).toEqual([
      "bottle | broken_large | abnormal | test | bottle/test/broken_large/000.png | bottle/ground_truth/broken_large/000_mask.png",
      "bottle | good | normal | test | bottle/test/good/000.png | -",
      "bottle | good | normal | train | bottle/train/good/000.png | -",
      "tile | oil | abnormal | test | tile/test/oil/001.png | -",
      "tile | oil | abnormal | test | tile/test/oil/002.png | tile/ground_truth/oil/002_mask.png",
      "tile | good | normal | train | tile/train/good/000.png | -",
    ]);
  });

  it("reads one class of it under the root's name", async () => {
    const samples = await read({
      pictures: ["Train/good/0.png", "Test/good/0.png", "Test/bent/0.png", "Valid/good/0.png"],
      marked: ["ground_truth/bent/0_mask.png"],
    });
    expect(samples).toEqual([
      "set | bent | abnormal | test | Test/bent/0.png | ground_truth/bent/0_mask.png",
      "set | good | normal | test | Test/good/0.png | -",
      "set | good | normal | train | Train/good/0.png | -",
      "set | good | normal | train | Valid/good/0.png | -",
    ]);
  });

  it("reads BTAD, with `ok` and masks without a suffix", async () => {
    const samples = await read({
      pictures: ["01/train/ok/0000.bmp", "01/test/ok/0000.bmp", "01/test/ko/0000.bmp"],
      marked: ["01/ground_truth/ko/0000.png"],
    });
    expect(samples).toEqual([
      "01 | ko | abnormal | test | 01/test/ko/0000.bmp | 01/ground_truth/ko/0000.png",
      "01 | ok | normal | test | 01/test/ok/0000.bmp | -",
      "01 | ok | normal | train | 01/train/ok/0000.bmp | -",
    ]);
  });

  it("reads two folders, of any depth and without splits or masks", async () => {
    expect(await read({ pictures: ["yes/Y1.jpg", "no/1 no.jpeg"] })).toEqual([
      "set | no | normal | any | no/1 no.jpeg | -",
      "set | yes | abnormal | any | yes/Y1.jpg | -",
    ]);
    expect(await read({ pictures: ["2024/mug/defect/top/1.jpg", "2024/mug/good/top/1.jpg"] })).toEqual([
      "mug | defect | abnormal | any | 2024/mug/defect/top/1.jpg | -",
      "mug | good | normal | any | 2024/mug/good/top/1.jpg | -",
    ]);
  });

  it("reads magnetic tiles: species at the root, masks beside pictures, blank ones beside normal pictures", async () => {
    const samples = await read({
      pictures: ["MT_Free/Imgs/1.jpg", "MT_Crack/Imgs/1.jpg"],
      marked: ["MT_Crack/Imgs/1.png"],
      blank: ["MT_Free/Imgs/1.png"],
    });
    expect(samples).toEqual([
      "set | MT_Crack | abnormal | any | MT_Crack/Imgs/1.jpg | MT_Crack/Imgs/1.png",
      "set | MT_Free | normal | any | MT_Free/Imgs/1.jpg | -",
    ]);
  });

  it("reads VisA as it is published", async () => {
    const samples = await read({
      pictures: ["pcb1/Data/Images/Normal/000.JPG", "pcb1/Data/Images/Anomaly/000.JPG"],
      marked: ["pcb1/Data/Masks/Anomaly/000.png"],
    });
    expect(samples).toEqual([
      "pcb1 | Anomaly | abnormal | any | pcb1/Data/Images/Anomaly/000.JPG | pcb1/Data/Masks/Anomaly/000.png",
      "pcb1 | Normal | normal | any | pcb1/Data/Images/Normal/000.JPG | -",
    ]);
  });

  it("passes over masks that mark something else than anomalies", async () => {
    const samples = await read({
      pictures: ["COVID/images/1.png", "Normal/images/1.png", "Normal/images/2.png"],
      marked: ["COVID/masks/1.png", "Normal/masks/1.png", "Normal/masks/2.png"],
    });
    expect(samples).toEqual([
      "set | COVID | abnormal | any | COVID/images/1.png | -",
      "set | Normal | normal | any | Normal/images/1.png | -",
      "set | Normal | normal | any | Normal/images/2.png | -",
    ]);
  });

  it("keeps masks where a single normal picture has one by mistake", async () => {
    const samples = await read({
      pictures: ["good/1.png", "good/2.png", "good/3.png", "bad/1.png"],
      marked: ["masks/good/1.png", "masks/bad/1.png"],
    });
    expect(samples[0]).toBe("set | bad | abnormal | any | bad/1.png | masks/bad/1.png");
  });

  it("does not ask normal pictures whether they want the mask of an abnormal one", async () => {
    const samples = await read({ pictures: ["good/1.png", "bad/1.png"], marked: ["masks/1.png"] });
    expect(samples[0]).toBe("set | bad | abnormal | any | bad/1.png | masks/1.png");
  });

  it("knows a class without normal pictures by those of the others, and a class whose own name sounds normal", async () => {
    const samples = await read({ pictures: ["sugar_free/good/1.png", "sugar_free/bent/1.png", "cola/bent/1.png"] });
    expect(samples).toEqual([
      "cola | bent | abnormal | any | cola/bent/1.png | -",
      "sugar_free | bent | abnormal | any | sugar_free/bent/1.png | -",
      "sugar_free | good | normal | any | sugar_free/good/1.png | -",
    ]);
  });

  it("calls classes of the same name by the whole way to them", async () => {
    const samples = await read({ pictures: ["a/mug/good/1.png", "b/Mug/good/1.png", "b/pot/good/1.png"] });
    expect(samples.map((sample) => sample.split(" | ")[0])).toEqual(["a/mug", "b/Mug", "pot"]);
  });
});

describe("sets that only masks label", () => {
  it("reads KolektorSDD: a blank mask means normal", async () => {
    const samples = await read({
      pictures: ["kos01/Part0.jpg", "kos01/Part5.jpg", "kos02/Part0.jpg", "kos10/Part0.jpg"],
      marked: ["kos01/Part5_label.bmp"],
      blank: ["kos01/Part0_label.bmp", "kos02/Part0_label.bmp", "kos10/Part0_label.bmp"],
    });
    expect(samples).toEqual([
      "set | good | normal | any | kos01/Part0.jpg | -",
      "set | defect | abnormal | any | kos01/Part5.jpg | kos01/Part5_label.bmp",
      "set | good | normal | any | kos02/Part0.jpg | -",
      "set | good | normal | any | kos10/Part0.jpg | -",
    ]);
  });

  it("reads KolektorSDD2, with splits and the suffix _GT", async () => {
    const samples = await read({
      pictures: ["train/1.png", "test/1.png"],
      marked: ["test/1_GT.png"],
      blank: ["train/1_GT.png"],
    });
    expect(samples).toEqual([
      "set | defect | abnormal | test | test/1.png | test/1_GT.png",
      "set | good | normal | train | train/1.png | -",
    ]);
  });

  it("reads DAGM: no mask means normal, and the same numbers in both splits stay apart", async () => {
    const samples = await read({
      pictures: ["Class1/Train/0001.PNG", "Class1/Test/0001.PNG", "Class1/Test/0002.PNG", "Class2/Train/0001.PNG"],
      marked: ["Class1/Train/Label/0001_label.PNG", "Class1/Test/Label/0002_label.PNG"],
    });
    expect(samples).toEqual([
      "Class1 | good | normal | test | Class1/Test/0001.PNG | -",
      "Class1 | defect | abnormal | test | Class1/Test/0002.PNG | Class1/Test/Label/0002_label.PNG",
      "Class1 | defect | abnormal | train | Class1/Train/0001.PNG | Class1/Train/Label/0001_label.PNG",
      "Class2 | good | normal | train | Class2/Train/0001.PNG | -",
    ]);
  });

  it("reads images and masks side by side, alone and for several classes", async () => {
    const alone = { pictures: ["images/1.png", "images/2.png"], marked: ["masks/1.png"], blank: ["masks/2.png"] };
    expect(await read(alone)).toEqual([
      "set | defect | abnormal | any | images/1.png | masks/1.png",
      "set | good | normal | any | images/2.png | -",
    ]);
    const several = { pictures: ["a/images/1.png", "b/images/1.png"], marked: ["a/masks/1.png", "b/masks/1.png"] };
    expect(await read(several)).toEqual([
      "a | defect | abnormal | any | a/images/1.png | a/masks/1.png",
      "b | defect | abnormal | any | b/images/1.png | b/masks/1.png",
    ]);
  });

  it("reads TN3K and ISIC, whose splits stand in longer names", async () => {
    expect(await read({ pictures: ["test-image/0001.jpg"], marked: ["test-mask/0001.jpg"] })).toEqual([
      "set | defect | abnormal | test | test-image/0001.jpg | test-mask/0001.jpg",
    ]);
    const mask = "skin/ISBI2016_ISIC_Part1_Test_GroundTruth/ISIC_3_Segmentation.png";
    expect(await read({ pictures: ["skin/test/bad/ISIC_3.jpg"], marked: [mask] })).toEqual([
      `skin | defect | abnormal | test | skin/test/bad/ISIC_3.jpg | ${mask}`,
    ]);
  });
});

describe("refusals", () => {
  it.each<[string, Files, string]>([
    ["an empty folder", { pictures: ["notes.txt"] }, "no pictures found (png, jpg,"],
    ["nothing but masks", { pictures: [], marked: ["masks/1.png"] }, "only masks found, such as masks/1.png"],
    [
      "pictures that nothing labels",
      { pictures: ["a/1.png", "b/1.png"] },
      "nothing tells normal pictures from abnormal ones; put the normal ones into a folder named good, ok,",
    ],
    [
      "a picture that lies above the species",
      { pictures: ["mug/good/1.png", "mug/bad/1.png", "mug/sheet.png"] },
      'mug/sheet.png lies in no folder beside one of normal pictures (such as "good" of mug/good/1.png)',
    ],
    [
      "a mask of one picture or another",
      { pictures: ["good/1.png", "bent/1.png", "torn/1.png"], marked: ["masks/1.png"] },
      "masks/1.png may be the mask of bent/1.png or of torn/1.png",
    ],
  ])("refuses %s", async (_, files, message) => {
    await expect(read(files)).rejects.toMatchObject({
      code: "E_DATASET",
      message: expect.stringContaining(`set: ${message}`) as string,
    });
  });

  it("names a damaged mask that a label hangs on", async () => {
    // Pictures of the fixture are empty files.
    await expect(read({ pictures: ["images/1.png", "masks/1.png"] })).rejects.toMatchObject({
      code: "E_IMAGE",
      message: expect.stringContaining("1.png: empty"),
    });
  });

  it("names a folder that is not there", async () => {
    await expect(readFolder(temporary.path("nowhere"))).rejects.toMatchObject({ code: "E_DATASET" });
  });
});
