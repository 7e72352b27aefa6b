import { access, appendFile, mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeNpy } from "../image/npy.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { csvHeader } from "./csv.ts";
import { drawn, fakeDetection } from "./fake-detector.fixture.ts";
import { requireUsable } from "./results-folder.ts";
import { ResultsWriter, type ResultsWriterOptions } from "./results-writer.ts";

const temporary = useTemporaryFolder();
const IMAGES = ["a/x.png", "b/x.png", "c.png"];

function openWriter(folder: string, options: Partial<ResultsWriterOptions> = {}): Promise<ResultsWriter> {
  return ResultsWriter.open(folder, { protocol: { sigma: 4 }, images: IMAGES, mode: "new", maps: false, ...options });
}

async function linesOf(folder: string, name: string): Promise<string[]> {
  return (await readFile(join(folder, name), "utf8")).trimEnd().split("\n");
}

/** A folder with one abnormal picture, one failure and one normal picture. */
async function makeResults(name: string): Promise<string> {
  const folder = temporary.path(name);
  const writer = await openWriter(folder);
  await writer.write(IMAGES[0]!, await drawn(fakeDetection(0.75)));
  await writer.fail(IMAGES[1]!, "broken");
  await writer.write(IMAGES[2]!, fakeDetection(0.25));
  await writer.close();
  return folder;
}

describe("writing results", () => {
  it("has every line on disk as soon as it was written", async () => {
    const folder = temporary.path("lines");
    const writer = await openWriter(folder);
    await writer.write(IMAGES[0]!, fakeDetection(0.75));
    expect(JSON.parse((await linesOf(folder, "results.jsonl"))[0]!)).toMatchObject({
      image: "a/x.png",
      width: 24,
      height: 16,
      score: 0.75,
      verdict: "abnormal",
      threshold: 0.5,
      mapMax: 0.75,
      regions: [{ width: 3, height: 2 }],
      overlay: null,
      map: null,
    });
    await writer.fail(IMAGES[1]!, "broken");
    expect(JSON.parse((await linesOf(folder, "results.jsonl"))[1]!)).toEqual({ image: "b/x.png", error: "broken" });
    const csv = await linesOf(folder, "results.csv");
    expect(csv.map((line) => line.split(",")[0])).toEqual(["image", "a/x.png", "b/x.png"]);
    await writer.close();
  });

  it("writes the files that the lines name, apart for pictures with one name", async () => {
    const folder = temporary.path("files");
    const writer = await openWriter(folder, { maps: true });
    const detection = await drawn(fakeDetection(0.75));
    const first = await writer.write(IMAGES[0]!, detection);
    const second = await writer.write(IMAGES[1]!, detection);
    await writer.close();
    expect([first.overlay, second.overlay]).toEqual(["overlays/a-x.png", "overlays/b-x.png"]);
    for (const file of [first.overlay!, ...first.thumbnails!, second.overlay!, second.map!]) {
      await access(join(folder, file));
    }
    const map = decodeNpy(await readFile(join(folder, first.map!)));
    expect(map.shape).toEqual([8, 8]);
    expect(map.data).toEqual(detection.map);
  });

  it("keeps the thumbnails of a picture apart from those of one that is named like an overlay", async () => {
    const writer = await openWriter(temporary.path("alike"), { images: ["part.png", "part.overlay.png"] });
    const detection = await drawn(fakeDetection(0.75));
    const files = [];
    for (const image of ["part.png", "part.overlay.png"])
      files.push(...(await writer.write(image, detection)).thumbnails!);
    await writer.close();
    expect(new Set(files).size).toBe(4);
  });

  it("says which folder cannot be written", async () => {
    const file = await temporary.write("a-file", "");
    await expect(openWriter(file)).rejects.toMatchObject({ code: "E_CONFIG", message: expect.stringContaining(file) });
  });
});

describe("results from before", () => {
  it("are refused unless they are to be resumed or replaced", async () => {
    const folder = await makeResults("refused");
    await expect(requireUsable(folder, "new")).rejects.toMatchObject({ code: "E_CONFIG" });
    await requireUsable(folder, "resume");
    await requireUsable(folder, "force");
    await requireUsable(temporary.path("nowhere"), "new");
  });

  it("are resumed after a torn line, and failures are forgotten", async () => {
    const folder = await makeResults("torn");
    await appendFile(join(folder, "results.jsonl"), '{"image":"d.png","wid');
    await appendFile(join(folder, "results.csv"), "d.png,1");
    const writer = await openWriter(folder, { mode: "resume", images: [...IMAGES, "d.png"] });
    expect([...writer.earlier.images]).toEqual([
      ["a/x.png", "abnormal"],
      ["c.png", "normal"],
    ]);
    await writer.write("d.png", fakeDetection(0.75));
    await writer.close();
    const images = (await linesOf(folder, "results.jsonl")).map((line) => JSON.parse(line).image);
    expect(images).toEqual(["a/x.png", "c.png", "d.png"]);
    const csv = await linesOf(folder, "results.csv");
    expect(csv.map((line) => line.split(",")[0])).toEqual(["image", ...images]);
  });

  it("keep failures of pictures that are not asked for again", async () => {
    const folder = await makeResults("kept");
    await (await openWriter(folder, { mode: "resume", images: ["c.png"] })).close();
    expect(await linesOf(folder, "results.jsonl")).toHaveLength(3);
  });

  it("all stay of a name that was used again", async () => {
    const folder = await makeResults("again");
    const writer = await openWriter(folder, { mode: "resume" });
    await writer.write("c.png", fakeDetection(0.75));
    await writer.close();
    const resumed = await openWriter(folder, { mode: "resume", images: ["c.png"] });
    expect(resumed.earlier.images.get("c.png")).toBe("abnormal");
    await resumed.close();
    const images = (await linesOf(folder, "results.jsonl")).map((line) => JSON.parse(line).image);
    expect(images.filter((image) => image === "c.png")).toHaveLength(2);
  });

  it("keep their file names to themselves", async () => {
    const folder = await makeResults("names");
    const writer = await openWriter(folder, { mode: "resume", images: ["a-x.png"] });
    const record = await writer.write("a-x.png", await drawn(fakeDetection(0.75)));
    expect(record.overlay).toBe("overlays/a-x-2.png");
    await writer.close();
  });

  it("are left as they are when the options have changed", async () => {
    const folder = await makeResults("changed");
    const before = await readFile(join(folder, "results.jsonl"));
    await expect(openWriter(folder, { mode: "resume", protocol: { sigma: 2 } })).rejects.toThrow(/sigma was 4, now 2/);
    expect(await readFile(join(folder, "results.jsonl"))).toEqual(before);
  });

  it("are not added to when nothing tells how they were made", async () => {
    const folder = await makeResults("unknown");
    await truncate(join(folder, "run.json"));
    await expect(openWriter(folder, { mode: "resume" })).rejects.toThrow(/run\.json/);
  });

  it("are removed by force, and nothing else is", async () => {
    const folder = await makeResults("forced");
    await mkdir(join(folder, "maps"));
    await writeFile(join(folder, "maps", "mine.txt"), "");
    const evil = { ...JSON.parse((await linesOf(folder, "results.jsonl"))[0]!), overlay: "../../results.test" };
    await appendFile(join(folder, "results.jsonl"), `${JSON.stringify(evil)}\n`);
    await temporary.write("results.test", "");
    const writer = await openWriter(folder, { mode: "force", protocol: { sigma: 2 } });
    await writer.close();
    expect(await readFile(join(folder, "results.jsonl"), "utf8")).toBe("");
    expect(await readFile(join(folder, "results.csv"), "utf8")).toBe(csvHeader());
    expect(await readdir(join(folder, "overlays"))).toEqual([]);
    await access(join(folder, "maps", "mine.txt"));
    await access(temporary.path("results.test"));
  });
});
