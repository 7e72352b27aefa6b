import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parse } from "csv-parse/sync";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { AnomalyDetector } from "../anomalyclip/detector.ts";
import { encodePng } from "../image/encode.ts";
import { Random } from "../random.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { explainDataset } from "./explain-dataset.ts";
import { referenceModel, writeObjectAware } from "./reference-model.fixture.ts";

const temporary = useTemporaryFolder();

/** A picture of noise about a colour. */
async function noise(seed: number): Promise<Uint8Array> {
  const random = new Random(seed);
  const base = [random.int(0, 200), random.int(0, 200), random.int(0, 200)];
  const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => base[i % 3]! + random.int(0, 55));
  return encodePng({ width: 32, height: 32, data });
}

async function writeSet(name: string, classes: readonly string[], each = 4): Promise<string> {
  let seed = 0;
  for (const className of classes) {
    for (const state of ["good", "crack"]) {
      for (let i = 0; i < each; i++) {
        const path = temporary.path(join(name, className, "test", state, `${i}.png`));
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, await noise(seed++));
      }
    }
  }
  return temporary.path(name);
}

let data: string;
beforeAll(async () => {
  data = await writeSet("set", ["metal_nut", "pcb"]);
});

async function rowsOf(out: string): Promise<Record<string, string>[]> {
  return parse(await readFile(join(out, "features.csv")), { columns: true });
}

describe("the explanation of a data set", () => {
  test("is a page with two charts, the charts as files, and their points", async () => {
    const out = temporary.path("whole");
    const done: string[] = [];
    const onPicture = (count: number, total: number) => done.push(`${count}/${total}`);
    const { pictures, leftOut, auroc, page } = await explainDataset(data, { ...referenceModel, out }, { onPicture });
    expect([pictures, leftOut]).toEqual([16, 0]);
    expect(done.at(-1)).toBe("16/16");
    expect((await readdir(out)).sort()).toEqual([
      ...["explain.html", "explain.json", "features.csv", "features.png", "features.svg"],
      ...["score-axis.png", "score-axis.svg"],
    ]);
    for (const name of ["features", "score-axis"]) {
      const { width, height, channels } = await sharp(join(out, `${name}.png`)).metadata();
      expect([width! > 1500, height! > 1500, channels]).toEqual([true, true, 3]);
    }
    const html = await readFile(page, "utf8");
    expect(html.match(/<svg /g)).toHaveLength(2);
    for (const text of ["metal_nut", "pcb", "threshold 0.500", "learned", "CLIP-AC", auroc!.toFixed(3)]) {
      expect(html).toContain(text);
    }
    expect(html).not.toMatch(/<script| style="| on\w+="/);
  });

  test("places each picture by the score that detection gives it", async () => {
    const out = temporary.path("scores");
    await explainDataset(data, { ...referenceModel, out });
    const rows = (await rowsOf(out)).filter(({ kind }) => kind === "picture");
    const detector = await AnomalyDetector.load(referenceModel);
    for (const { name, score, margin } of rows.slice(0, 4)) {
      const detected = await detector.detect(name!);
      expect(Number(score)).toBeCloseTo(detected.score, 4);
      expect(1 / (1 + Math.exp(-Number(margin) / 0.07))).toBeCloseTo(detected.score, 4);
    }
    await detector.close();
    const texts = (await rowsOf(out)).filter(({ kind }) => kind === "prompt");
    expect(texts.map(({ name, label }) => `${name} ${label}`)).toEqual([
      ...["learned normal", "learned abnormal", "CLIP-AC normal", "CLIP-AC abnormal"],
    ]);
  });

  test("chooses as many pictures of each class as asked, of the classes asked, the same again", async () => {
    const out = temporary.path("limit");
    const options = { ...referenceModel, out, limit: 2, classes: ["pcb"], force: true };
    expect((await explainDataset(data, options)).pictures).toBe(2);
    const before = await rowsOf(out);
    expect(before.filter(({ kind }) => kind === "picture").map(({ label }) => label)).toEqual(["abnormal", "normal"]);
    await explainDataset(data, options);
    expect(await rowsOf(out)).toEqual(before);
  });

  test("tells states apart by colour where there is one class only", async () => {
    const out = temporary.path("one");
    await explainDataset(data, { ...referenceModel, out, classes: ["pcb"] });
    const html = await readFile(join(out, "explain.html"), "utf8");
    expect(html).toContain("Colours tell the state of a picture");
    expect(html).toContain(">crack</text>");
  });

  test("asks about each class by its name with prompts that name the object", async () => {
    const prompts = await writeObjectAware(temporary.path("aware.safetensors"));
    const out = temporary.path("aware");
    await explainDataset(data, { ...referenceModel, prompts, out });
    const rows = await rowsOf(out);
    const { name, score } = rows.find(({ class: className }) => className === "metal_nut")!;
    const detector = await AnomalyDetector.load({ ...referenceModel, prompts, object: "metal nut" });
    expect(Number(score)).toBeCloseTo((await detector.detect(name!)).score, 4);
    await detector.close();
    const named = rows.filter(({ kind, label }) => kind === "prompt" && label === "normal");
    expect(named.map((row) => row.name)).toEqual(["metal_nut", "pcb", "CLIP-AC"]);
  });

  test("leaves out pictures that cannot be read, and says so", async () => {
    const set = await writeSet("broken", ["pcb"], 2);
    await writeFile(join(set, "pcb/test/good/0.png"), "text");
    const out = temporary.path("broken-out");
    const notes: string[] = [];
    const result = await explainDataset(set, { ...referenceModel, out }, { onNote: (text) => notes.push(text) });
    expect(result).toMatchObject({ pictures: 3, leftOut: 1 });
    expect(notes).toEqual([expect.stringMatching(/0\.png: not a picture/)]);
    expect(await readFile(join(out, "explain.html"), "utf8")).toContain("0.png: not a picture");
  });

  test("has no AUROC of pictures of one kind", async () => {
    const set = await writeSet("kind", ["pcb"], 2);
    for (const i of [0, 1]) await writeFile(join(set, `pcb/test/crack/${i}.png`), "text");
    const result = await explainDataset(set, { ...referenceModel, out: temporary.path("kind-out") });
    expect(result).toMatchObject({ pictures: 2, auroc: null });
  });

  test("makes hostile names harmless", async () => {
    const set = await writeSet("hostile", [`<img src=x onerror=alert(1)>&"'=1`], 1);
    const out = temporary.path("hostile-out");
    await explainDataset(set, { ...referenceModel, out });
    expect(await readFile(join(out, "explain.html"), "utf8")).not.toContain("<img src=x");
    await sharp(join(out, "features.svg")).metadata();
  });
});

describe("nothing is written where", () => {
  const out = () => temporary.path("nothing");

  test.each([
    ["there is no data set", "missing", {}, /missing: no such file or folder/],
    ["a class is unknown", "set", { classes: ["bottle"] }, /unknown class "bottle"/],
    ["a word is not known", "set", { object: "gizmo" }, /does not know the word "gizmo"/],
  ] as const)("%s", async (_, name, options, message) => {
    await expect(explainDataset(temporary.path(name), { ...referenceModel, ...options, out: out() })).rejects.toThrow(
      message,
    );
    await expect(readdir(out())).rejects.toThrow("ENOENT");
  });

  test("no picture can be read", async () => {
    const set = await writeSet("unreadable", ["pcb"], 1);
    for (const state of ["good", "crack"]) await writeFile(join(set, `pcb/test/${state}/0.png`), "text");
    await expect(explainDataset(set, { ...referenceModel, out: out() })).rejects.toMatchObject({
      code: "E_DATASET",
      message: expect.stringMatching(/none of 2 pictures can be read; the first: .*0\.png: not a picture/),
    });
  });

  test("it was stopped", async () => {
    const stop = new AbortController();
    const onPicture = () => stop.abort(new Error("enough"));
    const attempt = explainDataset(data, { ...referenceModel, out: out() }, { onPicture, signal: stop.signal });
    await expect(attempt).rejects.toThrow("enough");
    await expect(readdir(out())).rejects.toThrow("ENOENT");
  });
});
