import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { encodePng } from "../../image/encode.ts";
import { useTemporaryFolder } from "../../weights/temporary-folder.fixture.ts";
import { type Tree, writeTree } from "../picture-tree.fixture.ts";
import { checkDataset, type DatasetCheck } from "./check-dataset.ts";

const temporary = useTemporaryFolder();
let count = 0;

/** A picture of the masks' size; no two shades give the same bytes. */
const shade = (level: number) => encodePng({ width: 2, height: 1, data: new Uint8Array(6).fill(level) });
const [dark, light, third] = await Promise.all([shade(10), shade(200), shade(90)]);

/** Two normal and two abnormal pictures with masks. */
const SOUND: Tree = {
  others: { "good/1.png": dark, "good/2.png": await shade(20), "bad/1.png": light, "bad/2.png": await shade(210) },
  marked: ["masks/bad/1.png", "masks/bad/2.png"],
};

const half = new Uint8Array(600).fill(7);
half.set([0, 0, 0]);
const large = await encodePng({ width: 20, height: 10, data: half });
const three = await encodePng({ width: 3, height: 1, data: Uint8Array.of(0, 0, 0, 9, 9, 9, 255, 255, 255) });
const labels = await sharp(Uint16Array.of(0, 1), { raw: { width: 2, height: 1, channels: 1 } })
  .toColourspace("grey16")
  .png()
  .toBuffer();

async function check(files: Tree, { id = "folder", decode = false } = {}): Promise<DatasetCheck> {
  const root = temporary.path(`${count++}/set`);
  await writeTree(root, files);
  const found = await checkDataset(id, root, { decode });
  return JSON.parse(JSON.stringify(found).replaceAll(JSON.stringify(root).slice(1, -1), "ROOT"));
}

/** The sound set with some files put in or replaced, and some left out. */
function spoilt(others: NonNullable<Tree["others"]>, leave = ""): Tree {
  const kept = Object.entries(SOUND.others!).filter(([path]) => path !== leave);
  return { others: { ...Object.fromEntries(kept), ...others }, marked: SOUND.marked!.filter((path) => path !== leave) };
}

describe("checking a data set", () => {
  it.each([false, true])("finds nothing wrong with a sound one, decoding every picture or not: %s", async (decode) => {
    expect(await check(SOUND, { decode })).toEqual({
      id: "folder",
      folder: "ROOT",
      layout: null,
      classes: [{ name: "set", train: { normal: 0, abnormal: 0 }, test: { normal: 2, abnormal: 2 }, masks: 2 }],
      published: null,
      problems: [],
      notes: [],
    });
  });

  it.each<[string, Tree, string, string[]]>([
    ["an empty picture", spoilt({ "good/1.png": "" }), "1 damaged picture", ["ROOT/good/1.png: empty"]],
    [
      "a damaged mask",
      spoilt({ "masks/bad/1.png": "" }),
      "1 damaged mask",
      [expect.stringContaining("ROOT/masks/bad/1.png: empty")],
    ],
    [
      "a mask of another size",
      spoilt({ "masks/bad/1.png": large }),
      "1 mask is not of its picture's size",
      ["ROOT/masks/bad/1.png: 20 x 10, the picture is 2 x 1"],
    ],
    [
      "an abnormal picture without a mask",
      spoilt({}, "masks/bad/2.png"),
      "1 abnormal picture has no mask",
      ["ROOT/bad/2.png"],
    ],
    ["a mask without a picture", spoilt({}, "bad/2.png"), "1 mask belongs to no picture", ["ROOT/masks/bad/2.png"]],
    [
      "a mask that is all 0",
      { ...spoilt({}, "masks/bad/2.png"), blank: ["masks/bad/2.png"] },
      "1 mask of an abnormal picture is all 0",
      ["ROOT/masks/bad/2.png"],
    ],
  ])("finds %s", async (_, files, text, examples) => {
    const { problems, notes } = await check(files);
    expect({ problems, notes }).toMatchObject({ problems: [{ count: 1, text, examples }], notes: [] });
  });

  it("does not take 16-bit labels for 0", async () => {
    expect((await check(spoilt({ "masks/bad/1.png": labels }))).problems).toEqual([]);
  });

  it("notes masks of many values", async () => {
    const { notes } = await check(spoilt({ "masks/bad/1.png": three }));
    expect(notes).toMatchObject([{ kind: "many-valued-mask", examples: ["ROOT/masks/bad/1.png"] }]);
  });

  it("finds damage behind the header, copies, and contradictions where it decodes", async () => {
    const files = spoilt({
      "good/cut.png": large.subarray(0, large.length - 20),
      "good/copy.png": dark,
      "bad/2.png": dark,
      "good/3.png": third,
      "good/4.png": third,
    });
    expect(await check(files)).toMatchObject({ problems: [], notes: [] });
    const { problems, notes } = await check(files, { decode: true });
    expect(problems).toMatchObject([
      { kind: "damaged-picture", examples: [expect.stringContaining("ROOT/good/cut.png: ")] },
      { kind: "contradiction", count: 1, text: "1 picture is there both as normal and as abnormal" },
    ]);
    expect(notes).toMatchObject([
      { kind: "copy", count: 3, examples: expect.arrayContaining(["ROOT/good/4.png = ROOT/good/3.png"]) },
    ]);
  });

  it("shows a few examples of many", async () => {
    const many = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`good/e${index}.png`, ""]));
    const { problems } = await check(spoilt(many));
    expect(problems).toMatchObject([{ count: 8, text: "8 damaged pictures", examples: { length: 5 } }]);
  });

  it("counts what is done", async () => {
    const root = temporary.path("progress");
    await writeTree(root, SOUND);
    const steps: string[] = [];
    await checkDataset("folder", root, { onProgress: (done, total) => steps.push(`${done}/${total}`) });
    expect(steps).toEqual(["1/6", "2/6", "3/6", "4/6", "5/6", "6/6"]);
  });
});

describe("checking a benchmark", () => {
  it("tells what is missing of it, in which counts it differs, and what else lies there", async () => {
    const files: Tree = {
      others: { "Normal/images/1.png": dark, "Lung_Opacity/images/2.png": light },
      marked: ["Normal/masks/1.png"],
    };
    const { folder, layout, problems, notes, published } = await check(files, { id: "covid19" });
    expect({ folder, layout }).toEqual({ folder: "ROOT", layout: "as downloaded today" });
    expect(problems.map(({ kind, text }) => [kind, text])).toEqual([
      ["incomplete", "no abnormal pictures"],
      ["counts-differ", "1 normal test pictures, published are 10192"],
      ["counts-differ", "0 abnormal test pictures, published are 3616"],
    ]);
    expect(published!.differences).toHaveLength(2);
    expect(notes).toMatchObject([{ kind: "not-in-set", examples: ["ROOT/Lung_Opacity/images/2.png"] }]);
  });

  it("does not take blank masks of normal pictures for masks without pictures", async () => {
    const others = { "kos01/Part0.jpg": dark, "kos01/Part1.jpg": light };
    const files: Tree = { others, blank: ["kos01/Part0_label.bmp"], marked: ["kos01/Part1_label.bmp"] };
    const { problems, notes } = await check(files, { id: "SDD" });
    expect(problems.map(({ kind }) => kind)).toEqual(["counts-differ", "counts-differ", "counts-differ"]);
    expect(notes).toEqual([]);
  });

  it("is refused where there is none", async () => {
    await expect(check(SOUND, { id: "mvtec" })).rejects.toMatchObject({ code: "E_DATASET" });
  });
});

describe("checking a list", () => {
  it("looks at the folder of a CSV, and at what it does not list", async () => {
    const root = temporary.path("listed");
    await writeTree(root, {
      ...SOUND,
      others: { ...SOUND.others, "list.csv": "image,label\ngood/1.png,0\nbad/1.png,1\n" },
    });
    const found = await checkDataset("csv", `${root}/list.csv`);
    expect(found).toMatchObject({ id: "csv", folder: root, problems: [], notes: [{ kind: "not-in-set", count: 2 }] });
  });
});
