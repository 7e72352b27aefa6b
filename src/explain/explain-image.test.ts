import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../image/decode.ts";
import { encodePng } from "../image/encode.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { explainImage } from "./explain-image.ts";
import { PICTURE, referenceModel, writeObjectAware } from "./reference-model.fixture.ts";

const temporary = useTemporaryFolder();
const read = (folder: string, file: string) => readFile(join(folder, file), "utf8");

describe("the explanation of a picture", () => {
  test("is a page, its figures as files, and the numbers", async () => {
    const out = temporary.path("whole");
    const patches = [{ x: 10, y: 20 }];
    const { score, verdict, page, figures } = await explainImage(PICTURE, { ...referenceModel, out, patches });
    expect(page).toBe(join(out, "explain.html"));
    expect(figures.map((path) => path.slice(out.length + 1))).toEqual([
      "map.png",
      "attention-10-20.png",
      "layers.png",
      "prompts.png",
    ]);
    expect((await readdir(out)).length).toBe(figures.length + 2);
    for (const figure of figures) expect((await sharp(figure).metadata()).format).toBe("png");

    const html = await read(out, "explain.html");
    // One for the map figure's two panels, four for each block of attention and of layers, two for each wording.
    expect(html.match(/<img alt="[^"]+"/g)).toHaveLength(2 + 12 + 12 + 4);
    expect(html.match(/<img (?!alt=)/g)).toBeNull();
    expect(html).toContain(`<dd>${score.toFixed(3)}</dd>`);
    expect(html).toContain("The patch at 10, 20: as asked");
    expect(html).toContain("anomalyclip train --object-aware learns some");
    expect(html).not.toMatch(/<script| style="| on\w+="/);

    const data = JSON.parse(await read(out, "explain.json"));
    expect(data).toMatchObject({ image: PICTURE, score, verdict, patches: [{ x: 10, y: 20, why: "as asked" }] });
    expect(data.patches[0].attention).toHaveLength(3 * 4);
    expect(data.patches[0].attention[3]).toMatchObject({ block: 4, kind: "v-v", itself: expect.any(Number) });
    expect(data.prompts.at(-1)).toEqual({ name: "Learned, object-agnostic", score });
  });

  test("shows prompts that name the object in a column of their own", async () => {
    const objectAwarePrompts = await writeObjectAware(temporary.path("aware.safetensors"));
    const out = temporary.path("aware");
    await explainImage(PICTURE, { ...referenceModel, objectAwarePrompts, object: "metal nut", out, blocks: [6] });
    const html = await read(out, "explain.html");
    expect(html).toContain("learned words that are followed by “metal nut”");
    expect(html).toContain("Learned, object-aware<small>score");
    expect(html).not.toContain("anomalyclip train --object-aware");
  });

  test("makes a hostile file name harmless", async () => {
    const name = `<img src=x onerror=alert(1)>&"'.png`;
    const path = temporary.path(name);
    await writeFile(path, await encodePng(await decodeImage(PICTURE)));
    const out = temporary.path("hostile");
    await explainImage(path, { ...referenceModel, out, blocks: [6] });
    expect(await read(out, "explain.html")).not.toContain("<img src=x");
  });

  test.each([
    [1, 1],
    [1, 300],
  ])("can be given of a picture of %d x %d pixels", async (width, height) => {
    const path = await temporary.write(
      `${width}-${height}.png`,
      await encodePng({ width, height, data: new Uint8Array(width * height * 3).fill(99) }),
    );
    const out = temporary.path(`${width}-${height}`);
    const { figures } = await explainImage(path, { ...referenceModel, out, blocks: [6] });
    expect((await sharp(figures[0]).metadata()).width).toBeGreaterThan(400);
  });
});

describe("nothing is written where", () => {
  test.each([
    ["the picture is none", "text.png", {}, "E_IMAGE", /text\.png: not a picture/],
    ["there is no picture", "none.png", {}, "E_IMAGE", /none\.png: no such file/],
    [
      "a patch is outside",
      PICTURE,
      { patches: [{ x: 9999, y: 0 }] },
      "E_CONFIG",
      /patch 9999,0 is outside the picture/,
    ],
    [
      "a block does not exist",
      PICTURE,
      { blocks: [7] },
      "E_CONFIG",
      /block 7 does not exist: the model has blocks 1 to 6/,
    ],
    ["a word is not known", PICTURE, { object: "gizmo" }, "E_PROMPTS", /does not know the word "gizmo"/],
    ["prompts are another backbone's", PICTURE, { model: undefined }, "E_PROMPTS", /belong to another backbone/],
  ] as const)("%s", async (_, name, options, code, message) => {
    await writeFile(temporary.path("text.png"), "just text");
    const out = temporary.path("nothing");
    const path = name === PICTURE ? PICTURE : temporary.path(name);
    // Their settings would not fit the embedded model, which is refused for its prompts first.
    const model = "model" in options ? { prompts: referenceModel.prompts } : referenceModel;
    const attempt = explainImage(path, { ...model, out, ...options });
    await expect(attempt).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await expect(readdir(out)).rejects.toThrow("ENOENT");
  });

  test("an explanation lies already, unless it is to be replaced", async () => {
    const out = temporary.path("twice");
    await mkdir(out);
    await writeFile(join(out, "notes.txt"), "mine");
    const options = { ...referenceModel, out, blocks: [6], patches: [{ x: 10, y: 20 }] };
    await explainImage(PICTURE, options);
    await expect(explainImage(PICTURE, options)).rejects.toThrow(/already holds an explanation: --force/);
    await explainImage(PICTURE, { ...options, patches: [{ x: 0, y: 0 }], force: true });
    const files = await readdir(out);
    expect(files).toContain("attention-0-0.png");
    expect(files).toContain("notes.txt");
    expect(files).not.toContain("attention-10-20.png");
  });
});
