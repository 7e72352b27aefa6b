import { mkdir, readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { BENCHMARK_TREES } from "./benchmarks/benchmark-trees.fixture.ts";
import { openBenchmark } from "./benchmarks/open-benchmark.ts";
import { readMetaJson } from "./meta-json.ts";
import { writeTree } from "./picture-tree.fixture.ts";
import type { Dataset } from "./sample.ts";
import { writeMetaJson } from "./write-meta-json.ts";

const temporary = useTemporaryFolder();
const normal = { mask: null, className: "mug", specie: "good", abnormal: false, split: null };

describe("writing meta.json", () => {
  it("writes the released format, with paths from its own folder", async () => {
    const root = temporary.path("format");
    await writeTree(root, { pictures: ["mugs/1.png", "mugs/2.png", "far/3.png"], marked: ["mugs/2_mask.png"] });
    const dataset: Dataset = {
      name: "mugs",
      samples: [
        { ...normal, image: `${root}/mugs/1.png`, split: "train" },
        {
          image: `${root}/mugs/../mugs/2.png`,
          mask: `${root}/mugs/2_mask.png`,
          className: "mug",
          specie: "chip",
          abnormal: true,
          split: "test",
        },
        { ...normal, image: `${root}/far/3.png`, className: "cup" },
      ],
    };
    await writeMetaJson(dataset, `${root}/mugs/meta.json`);
    const text = await readFile(`${root}/mugs/meta.json`, "utf8");
    const good = { mask_path: "", cls_name: "mug", specie_name: "good", anomaly: 0 };
    expect(JSON.parse(text)).toEqual({
      train: { mug: [{ img_path: "1.png", ...good }] },
      test: {
        mug: [{ img_path: "2.png", mask_path: "2_mask.png", cls_name: "mug", specie_name: "chip", anomaly: 1 }],
        cup: [{ img_path: "../far/3.png", ...good, cls_name: "cup" }],
      },
    });
    expect(text.startsWith('{\n    "train": {\n')).toBe(true);
  });

  it.each(BENCHMARK_TREES)("is read as what it was written from: $id, $layout", async ({ id, layout, files }) => {
    const root = temporary.path(`${id}/${layout.replaceAll(/\W/g, "-")}`);
    await writeTree(root, files);
    const dataset = await openBenchmark(id, root);
    await writeMetaJson(dataset, `${root}/meta.json`);
    const { samples } = await openBenchmark(id, root);
    const expected = dataset.samples.map((sample) => ({ ...sample, split: sample.split ?? "test" }));
    expect(new Set(samples)).toEqual(new Set(expected));
  });

  it("takes any name for that of a class", async () => {
    const root = temporary.path("names");
    await writeTree(root, { pictures: ["1.png"] });
    const samples = [{ ...normal, image: `${root}/1.png`, className: "__proto__" }];
    await writeMetaJson({ name: "names", samples }, `${root}/meta.json`);
    expect((await readMetaJson(`${root}/meta.json`)).samples).toMatchObject([{ className: "__proto__" }]);
  });

  it.skipIf(process.platform === "win32")("refuses a name that meta.json cannot hold", async () => {
    const samples = [{ ...normal, image: "a\\b.png" }];
    await expect(writeMetaJson({ name: "x", samples }, temporary.path("x.json"))).rejects.toMatchObject({
      code: "E_DATASET",
      message: expect.stringMatching(/a\\b\.png has a backslash in a name/),
    });
  });

  it("leaves nothing behind where it cannot write", async () => {
    const folder = temporary.path("taken");
    await mkdir(`${folder}/meta.json`, { recursive: true });
    await expect(writeMetaJson({ name: "x", samples: [] }, `${folder}/meta.json`)).rejects.toMatchObject({
      code: "E_DATASET",
      message: expect.stringContaining("taken/meta.json: cannot be written"),
    });
    expect(await readdir(folder)).toEqual(["meta.json"]);
  });
});
