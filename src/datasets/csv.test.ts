import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { readCsv } from "./csv.ts";
import { writeTree } from "./picture-tree.fixture.ts";

const temporary = useTemporaryFolder();
let count = 0;

/** Writes a CSV into a folder called `mugs` with three pictures and a mask. */
async function write(content: string | Uint8Array): Promise<string> {
  const root = temporary.path(`${count++}/mugs`);
  await writeTree(root, {
    pictures: ["1.png", "2.png", "sub/3, 4.png", "1_mask.png"],
    others: { "list.csv": content },
  });
  return `${root}/list.csv`;
}

describe("reading a CSV", () => {
  it("reads pictures with everything that may be said about them", async () => {
    const file = await write(
      'Split,image , label,mask,class,specie,note\r\ntest,1.png,1,1_mask.png,mug,chip,"a ""note"""\r\n\r\n' +
        'val,"sub\\3, 4.png",good,gone.png,cup,,\r\n,./2.png,NG,,,,\r\n',
    );
    const root = dirname(file);
    expect(await readCsv(file)).toEqual({
      name: "mugs",
      samples: [
        {
          image: `${root}/1.png`,
          mask: `${root}/1_mask.png`,
          className: "mug",
          specie: "chip",
          abnormal: true,
          split: "test",
        },
        // A mask of a normal picture is passed over, though it is not there.
        {
          image: `${root}/sub/3, 4.png`,
          mask: null,
          className: "cup",
          specie: "good",
          abnormal: false,
          split: "train",
        },
        { image: `${root}/2.png`, mask: null, className: "mugs", specie: "defect", abnormal: true, split: null },
      ],
    });
  });

  it("reads VisA's columns, those of meta.json, semicolons, tabs, a byte order mark, and absolute paths", async () => {
    const visa = await write(
      "\uFEFFobject;split;label;image;mask\npcb1;train;normal;1.png;\npcb1;test;anomaly;2.png;1_mask.png\n",
    );
    expect((await readCsv(visa)).samples).toMatchObject([
      { className: "pcb1", abnormal: false, split: "train" },
      { className: "pcb1", abnormal: true, split: "test", mask: `${dirname(visa)}/1_mask.png` },
    ]);
    const meta = await write(`cls_name\timg_path\tanomaly\na\t${dirname(visa)}/1.png\t0\n`);
    expect((await readCsv(meta)).samples).toMatchObject([{ className: "a", image: `${dirname(visa)}/1.png` }]);
  });

  it.each([
    ...["0", "false", "Normal", "GOOD", "ok", "no", "defect-free", "negative"].map((word) => [word, false] as const),
    ...["1", "TRUE", "yes", "Abnormal", "anomaly", "defect", "bad", "NG", "not ok", "positive"].map(
      (word) => [word, true] as const,
    ),
  ])("takes the label %j for %j", async (word, abnormal) => {
    expect((await readCsv(await write(`image,label\n1.png,${word}\n`))).samples).toMatchObject([{ abnormal }]);
  });
});

describe("refusing a CSV", () => {
  it.each([
    ["", "list.csv: the file is empty; its first line must name the columns"],
    ["\n\n", "the file is empty"],
    ["a,b\n1,2\n", 'no column "image"; the columns are a, b'],
    ["image\n1.png\n", 'no column "label" or "anomaly"; the columns are image'],
    ["image,label,anomaly\n1.png,0,0\n", 'both a column "label" and a column "anomaly"; keep one'],
    ["image,label,Label \n", 'two columns are called "label"'],
    ["image,label\n", "it lists no pictures"],
    ["image,label\n1.png,0\n2.png\n", "list.csv: line 3: not a table ("],
    ["image,label\n1.png,0,1\n", "list.csv: line 2: not a table ("],
    ['image,label\n"1.png,0\n2.png,0\n', "not a table ("],
    [`image,label\n${"x".repeat(70_000)},0\n`, "not a table ("],
    [`image,label\n"${"x\n".repeat(40_000)}`, "not a table ("],
    [`${Array.from({ length: 65 }, (_, index) => `c${index}`).join(",")}\n`, "65 columns; at most 64 are read"],
    [Uint8Array.of(0xff, 0xfe, 0x69, 0), "the text is UTF-16; save it as UTF-8"],
    ["image,label\n,0\n", "line 2: no picture is named"],
    ["image,label\n1.png,\n", 'line 2: "" in the column "label" is neither 0 nor 1'],
    ["image,label\n1.png,0\n2.png,scratch\n", 'line 3: "scratch" in the column "label" is neither 0 nor 1'],
    ["image,anomaly\n1.png,2\n", 'line 2: "2" in the column "anomaly"'],
    ["image,label,split\n1.png,0,dev\n", 'line 2: unknown split "dev"; known are train and test'],
    ["image,label\n1.png,0\n\nsub/../1.png,1\n", "line 4: 1.png stands on line 2 already"],
    ["image,label,mask\n1.png,1,gone.png\n2.png,1,\n3.png,0,\n", "2 of the 4 files that it lists are missing, first "],
    ["image,label\n\u001b[31m,0\n", "1 of the 1 files that it lists is missing, "],
  ])("%j: %s", async (content, message) => {
    await expect(readCsv(await write(content))).rejects.toMatchObject({
      code: "E_DATASET",
      message: expect.stringContaining(message),
    });
  });

  it("never prints control characters of the file", async () => {
    const error = await readCsv(await write("image,label\n\u001b[31m.png,0\n")).catch(
      (thrown: Error) => thrown.message,
    );
    expect(error).toContain("\\x1b[31m.png");
    expect(error).not.toContain("\u001b");
  });

  it("does not read what is too large, missing or no file", async () => {
    const file = await write("");
    const handle = await open(file, "r+");
    await handle.truncate(2 ** 26 + 1);
    await handle.close();
    await expect(readCsv(file)).rejects.toThrow("at most 64 MiB are read");
    await mkdir(temporary.path("folder.csv"));
    await expect(readCsv(temporary.path("folder.csv"))).rejects.toThrow("folder.csv: not a regular file");
    await expect(readCsv(temporary.path("none.csv"))).rejects.toThrow("none.csv: cannot be read (ENOENT");
  });
});
