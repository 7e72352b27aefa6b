import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { readMetaJson } from "./meta-json.ts";
import { writeTree } from "./picture-tree.fixture.ts";

const temporary = useTemporaryFolder();
let count = 0;

/** Writes `content` as the meta.json of a folder called `set` with three pictures and a mask, and returns its path. */
async function write(content: unknown): Promise<string> {
  const root = temporary.path(`${count++}/set`);
  await writeTree(root, { pictures: ["a/1.png", "a/2.png", "a/3.png", "a/1_mask.png"] });
  const text = typeof content === "string" ? content : JSON.stringify(content);
  await temporary.write(`${count - 1}/set/meta.json`, text);
  return `${root}/meta.json`;
}

const normal = { img_path: "a/2.png", mask_path: "", cls_name: "a", specie_name: "good", anomaly: 0 };
const abnormal = { img_path: "a/1.png", mask_path: "a/1_mask.png", cls_name: "a", specie_name: "bent", anomaly: 1 };

describe("reading meta.json", () => {
  it("reads the released format in the order of the file", async () => {
    const file = await write({
      train: { b: [{ ...normal, cls_name: "b", img_path: "a/3.png" }], a: [normal] },
      test: { a: [abnormal] },
    });
    const root = dirname(file);
    const good = { image: `${root}/a/2.png`, mask: null, className: "a", specie: "good", abnormal: false };
    expect(await readMetaJson(file)).toEqual({
      name: "set",
      samples: [
        { ...good, image: `${root}/a/3.png`, className: "b", split: "train" },
        { ...good, split: "train" },
        {
          image: `${root}/a/1.png`,
          mask: `${root}/a/1_mask.png`,
          className: "a",
          specie: "bent",
          abnormal: true,
          split: "test",
        },
      ],
    });
  });

  it("reads what released scripts write: capital splits, no specie, backslashes, absolute paths", async () => {
    const absolute = `${temporary.path(`${count}/set`)}/a/3.png`;
    const file = await write({
      Test: {
        a: [
          { ...abnormal, img_path: "a\\1.png", specie_name: "" },
          { img_path: absolute, cls_name: "a", anomaly: 1 },
          { ...normal, specie_name: null, mask_path: null },
        ],
      },
    });
    const { samples } = await readMetaJson(file);
    expect(samples.map((sample) => sample.image)).toEqual([
      `${dirname(file)}/a/1.png`,
      absolute,
      `${dirname(file)}/a/2.png`,
    ]);
    expect(samples.map((sample) => sample.specie)).toEqual(["defect", "defect", "good"]);
    expect(samples.map((sample) => sample.mask !== null)).toEqual([true, false, false]);
    expect(samples.every((sample) => sample.split === "test")).toBe(true);
  });

  it.each([
    [0, false],
    [1, true],
    ["0", false],
    ["1", true],
    [false, false],
    [true, true],
  ])("takes the anomaly %j for %j", async (anomaly, expected) => {
    const { samples } = await readMetaJson(await write({ test: { a: [{ ...normal, anomaly }] } }));
    expect(samples[0]!.abnormal).toBe(expected);
  });

  it("passes over a byte order mark, a class without pictures in one split, and masks of normal pictures", async () => {
    const text = JSON.stringify({ train: { a: [] }, test: { a: [{ ...normal, mask_path: "nowhere.png" }] } });
    const { samples } = await readMetaJson(await write(`\uFEFF${text}`));
    expect(samples).toMatchObject([{ mask: null }]);
  });

  it("takes a picture that is in both splits", async () => {
    const { samples } = await readMetaJson(await write({ train: { a: [normal] }, test: { a: [normal] } }));
    expect(samples.map((sample) => sample.split)).toEqual(["train", "test"]);
  });

  it("takes any name for that of a class", async () => {
    const sample = JSON.stringify({ ...normal, cls_name: "__proto__" });
    const { samples } = await readMetaJson(await write(`{"test": {"__proto__": [${sample}]}}`));
    expect(samples).toMatchObject([{ className: "__proto__" }]);
  });
});

describe("refusing meta.json", () => {
  const { img_path: _, ...withoutPath } = normal;
  it.each<[unknown, string]>([
    ["", "not JSON"],
    ["{'train': {}}", "not JSON"],
    ["[".repeat(100_000), "not JSON"],
    ["null", "must be an object"],
    [[], "must be an object"],
    [{}, 'no data set: neither "train" nor "test"'],
    [{ name: "a package" }, 'no data set: neither "train" nor "test"'],
    [{ train: {}, valid: {} }, 'unknown split "valid"'],
    [{ test: {}, Test: {} }, "the split test stands there twice"],
    [{ test: [] }, "test must be an object of classes"],
    [{ test: null }, "test must be an object of classes"],
    [{ test: { a: {} } }, "test/a must be a list"],
    [{ test: { a: [normal, 3] } }, "test/a[1] must be an object"],
    [{ test: { a: [withoutPath] } }, "test/a[0]: img_path is missing"],
    [{ test: { a: [{ ...normal, cls_name: "" }] } }, "test/a[0]: cls_name is missing"],
    [{ test: { a: [{ ...normal, img_path: ["a/1.png"] }] } }, 'test/a[0]: img_path must be text, got ["a/1.png"]'],
    [{ test: { a: [{ ...abnormal, mask_path: 0 }] } }, "test/a[0]: mask_path must be text, got 0"],
    [{ test: { a: [{ ...normal, anomaly: 2 }] } }, "test/a[0]: anomaly must be 0 or 1, got 2"],
    [{ test: { a: [{ ...normal, anomaly: undefined }] } }, "test/a[0]: anomaly must be 0 or 1, got nothing"],
    [{ train: {}, test: {} }, "it lists no pictures"],
    [{ train: { b: [] }, test: { a: [normal], b: [] } }, 'class "b" lists no pictures'],
    [{ test: { a: [normal], b: [{ ...normal, img_path: "a/../a\\2.png" }] } }, "test/b[0] lists"],
    [{ test: { "\u001b[31m": 1 } }, "test/\\x1b[31m must be a list"],
  ])("%j: %s", async (content, message) => {
    await expect(readMetaJson(await write(content))).rejects.toMatchObject({
      code: "E_DATASET",
      message: expect.stringContaining(`set/meta.json: ${message}`),
    });
  });

  it("says how many files are missing and names the first", async () => {
    const missing = [
      normal,
      { ...abnormal, mask_path: "a" },
      { ...normal, img_path: "a/\0" },
      { ...normal, img_path: "a/9.png" },
    ];
    const file = await write({ test: { a: missing } });
    await expect(readMetaJson(file)).rejects.toMatchObject({
      code: "E_DATASET",
      message: expect.stringContaining(
        `3 of the 5 files that it lists are missing, first ${dirname(file)}/a (test/a[1])`,
      ),
    });
  });

  it("does not read a file that is too large, or no file", async () => {
    const file = await write("{}");
    const handle = await open(file, "r+");
    await handle.truncate(2 ** 28 + 1);
    await handle.close();
    await expect(readMetaJson(file)).rejects.toThrow("at most 256 MiB are read");
    await mkdir(temporary.path("folder.json"));
    await expect(readMetaJson(temporary.path("folder.json"))).rejects.toThrow("not a regular file");
    await expect(readMetaJson(temporary.path("none.json"))).rejects.toMatchObject({ code: "E_DATASET" });
  });
});
