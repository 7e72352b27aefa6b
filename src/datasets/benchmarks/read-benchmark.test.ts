import { mkdir, writeFile } from "node:fs/promises";
import { relative, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { useTemporaryFolder } from "../../weights/temporary-folder.fixture.ts";
import { moveTree, type Tree, writeTree } from "../picture-tree.fixture.ts";
import type { Sample } from "../sample.ts";
import { BENCHMARK_TREES, benchmarkTree } from "./benchmark-trees.fixture.ts";
import { openBenchmark } from "./open-benchmark.ts";
import { readBenchmark } from "./read-benchmark.ts";
import { requireBenchmark } from "./registry.ts";

const temporary = useTemporaryFolder();
let count = 0;

/** Writes files to a new folder. */
async function write(files: Tree): Promise<string> {
  const root = temporary.path(`${count++}/set`);
  await mkdir(root, { recursive: true });
  await writeTree(root, files);
  return root;
}

const read = (id: string, root: string) => readBenchmark(requireBenchmark(id), root);

/** Samples as the trees have them, in their order. */
function linesOf(root: string, samples: readonly Sample[]): string[] {
  const path = (file: string) => relative(root, file).replaceAll(sep, "/");
  return samples.map(({ className, specie, abnormal, split, image, mask }) =>
    [className, specie, abnormal ? "abnormal" : "normal", split ?? "any", path(image), mask ? path(mask) : "-"].join(
      " | ",
    ),
  );
}

describe("every benchmark, in every layout", () => {
  it.each(BENCHMARK_TREES)("$id, $layout", async ({ id, layout, files, samples }) => {
    const root = await write(files);
    const reading = await read(id, root);
    expect(linesOf(root, reading.dataset.samples).sort()).toEqual([...samples].sort());
    // Those in the layout of MVTec AD have a normal picture, which the set itself has not.
    expect(reading).toMatchObject({ layout, incomplete: [], dataset: { id, name: id } });
  });

  it.each(BENCHMARK_TREES)("$id, $layout, in the folder that an archive makes, in another", async (tree) => {
    const root = await write(moveTree("downloads/the archive", tree.files));
    const { samples } = await openBenchmark(tree.id.toUpperCase(), root);
    expect(linesOf(`${root}/downloads/the archive`, samples).sort()).toEqual([...tree.samples].sort());
  });
});

describe("what else lies in archives", () => {
  it("reads one of several sets of polyps by its name, and refuses to guess", async () => {
    const { files } = benchmarkTree("kvasir");
    const root = await write({
      ...moveTree("Polyp DataSet/CVC-300", files),
      ...{
        pictures: [
          ...moveTree("Polyp DataSet/CVC-300", files).pictures!,
          ...moveTree("Polyp DataSet/Kvasir", files).pictures!,
        ],
      },
      ...{
        marked: [
          ...moveTree("Polyp DataSet/CVC-300", files).marked!,
          ...moveTree("Polyp DataSet/Kvasir", files).marked!,
        ],
      },
    });
    const { dataset, folder } = await read("kvasir", root);
    expect(folder).toBe(`${root}/Polyp DataSet/Kvasir`);
    expect(dataset.samples).toHaveLength(3);
    await expect(read("endo", root)).rejects.toThrow(
      "EndoTect 2020 may lie in Polyp DataSet/CVC-300, Polyp DataSet/Kvasir; name the one that is meant",
    );
  });

  it("takes the PNGs of CVC-ClinicDB where there are TIFFs too", async () => {
    const pictures = ["CVC-ClinicDB/PNG/Original/1.png", "CVC-ClinicDB/TIF/Original/1.tif"];
    const marked = ["CVC-ClinicDB/PNG/Ground Truth/1.png", "CVC-ClinicDB/TIF/Ground Truth/1.tif"];
    const root = await write({ pictures, marked });
    expect((await openBenchmark("cvc-clinicdb", root)).samples).toMatchObject([{ image: `${root}/${pictures[0]}` }]);
  });

  it("reads BrainMRI once, though its archive has it twice", async () => {
    const { pictures } = benchmarkTree("brainmri").files;
    const root = await write({ pictures: [...pictures!, ...pictures!.map((path) => `brain_tumor_dataset/${path}`)] });
    const { samples } = await openBenchmark("brainmri", root);
    expect(linesOf(root, samples).map((line) => line.split(" | ")[4])).toEqual([
      ...["brain_tumor_dataset/no/1.jpg", "brain_tumor_dataset/yes/1.jpg"],
    ]);
  });

  it("passes over pictures that are no part of Br35H", async () => {
    const { pictures } = benchmarkTree("br35h").files;
    const root = await write({ pictures: [...pictures!, "pred/pred0.jpg", "Br35H-Mask-RCNN/TRAIN/y1.jpg"] });
    expect((await openBenchmark("br35h", root)).samples).toHaveLength(2);
  });

  it("finds the labels of HeadCT beside its folder, at the top of the archive", async () => {
    const { pictures, others } = benchmarkTree("headct", "downloaded").files;
    const root = await write({ pictures: pictures!.map((path) => `head_ct/${path}`), others });
    expect((await openBenchmark("headct", root)).samples.map((sample) => sample.abnormal)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("does not mind the case of folders", async () => {
    const root = await write({ pictures: ["NO/1.jpg", "Yes/1.jpg"] });
    expect((await openBenchmark("brainmri", root)).samples.map((sample) => sample.abnormal)).toEqual([false, true]);
  });

  it("calls classes by their names, whatever the case of folders", async () => {
    const { files } = benchmarkTree("mpdd");
    const upper = (paths: readonly string[] = []) => paths.map((path) => path.replace("tubes/", "Tubes/"));
    const root = await write({ pictures: upper(files.pictures), marked: upper(files.marked) });
    const classes = new Set((await openBenchmark("mpdd", root)).samples.map((sample) => sample.className));
    expect([...classes].sort()).toEqual(requireBenchmark("mpdd").classes);
  });
});

describe("a folder inside the benchmark", () => {
  it("reads the whole where there is one class", async () => {
    const root = await write(benchmarkTree("tn3k").files);
    expect((await openBenchmark("tn3k", `${root}/test-mask`)).samples).toHaveLength(2);
  });

  it("does not read other classes than the one that was named", async () => {
    const root = await write(benchmarkTree("mvtec").files);
    await expect(openBenchmark("mvtec", `${root}/tile`)).rejects.toThrow(
      `set/tile: one class of MVTec AD; name the folder of all of them, ${root}`,
    );
  });
});

describe("a meta.json in the folder", () => {
  const sample = { img_path: "a.png", mask_path: "", specie_name: "good", anomaly: 0 };

  it("goes before the folders, with its own names of classes", async () => {
    const root = await write({ ...benchmarkTree("sdd").files, others: { "a.png": "" } });
    const listed = { test: { "electrical commutators": [{ ...sample, cls_name: "electrical commutators" }] } };
    await writeFile(`${root}/meta.json`, JSON.stringify(listed));
    for (const path of [root, `${root}/meta.json`]) {
      const { dataset, layout } = await read("sdd", path);
      expect(layout).toBe("meta.json");
      expect(dataset).toMatchObject({ id: "sdd", name: "sdd", samples: [{ className: "electrical_commutators" }] });
    }
  });

  it("may leave out nothing", async () => {
    const root = await write({ others: { "a.png": "" } });
    await writeFile(`${root}/meta.json`, JSON.stringify({ test: { tubes: [{ ...sample, cls_name: "tubes" }] } }));
    await expect(openBenchmark("mpdd", root)).rejects.toThrow(
      "5 of 6 classes are missing: bracket_black, bracket_brown, bracket_white, connector, metal_plate; " +
        `no abnormal pictures of tubes; download the rest, or open what is there as meta=${root}`,
    );
  });

  it("is refused where it describes another set", async () => {
    const root = await write({ others: { "a.png": "" } });
    await writeFile(`${root}/meta.json`, JSON.stringify({ test: { mug: [{ ...sample, cls_name: "mug" }] } }));
    await expect(read("mpdd", root)).rejects.toThrow('"mug" is no class of MPDD: bracket_black,');
  });
});
