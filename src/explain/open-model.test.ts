import { describe, expect, test } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { openModel, requireFinite, shownBlocks } from "./open-model.ts";
import { GRID, referenceModel, writeObjectAware } from "./reference-model.fixture.ts";

const temporary = useTemporaryFolder();

describe("the model to explain", () => {
  test("is the embedded one by default, with the settings of its prompts", async () => {
    const { protocol, settings, secondPath } = await openModel({});
    expect(protocol).toMatchObject({ model: "embedded", prompts: "embedded", "image size": 256 });
    expect(settings.dpamFrom).toBe(8);
    expect(secondPath).toBe("v-v");
  });

  test("has the settings that it was given", async () => {
    const { settings, grid, secondPath } = await openModel({ ...referenceModel, attention: "q-q", sigma: 0 });
    expect(settings).toMatchObject({ layers: [2, 4, 6], dpamFrom: 4, attention: "q-q", sigma: 0 });
    expect([grid, secondPath]).toEqual([GRID, "q-q"]);
  });

  test("takes prompts to compare with only where they name the object", async () => {
    const objectAwarePrompts = await writeObjectAware(temporary.path("aware.safetensors"));
    expect((await openModel({ ...referenceModel, objectAwarePrompts })).objectAware).not.toBeNull();
    const agnostic = { ...referenceModel, objectAwarePrompts: referenceModel.prompts };
    await expect(openModel(agnostic)).rejects.toMatchObject({
      code: "E_PROMPTS",
      message: expect.stringMatching(/prompts\.pth: these prompts do not name the object but say "object"; learn some/),
    });
  });

  test.each(["", "  ", "x".repeat(301)])("refuses the object %j", async (object) => {
    await expect(openModel({ ...referenceModel, object })).rejects.toThrow("must have 1 to 300 characters");
  });

  test("must have prompts of its own", async () => {
    await expect(openModel({ model: referenceModel.model })).rejects.toThrow("needs prompts learned for it");
  });
});

describe("the blocks to show", () => {
  const blocks = (depth: number, dpamFrom: number, most: number, asked?: number[]) =>
    shownBlocks(
      { clip: { config: { vision: { layers: depth } } }, settings: { dpamFrom } } as Parameters<typeof shownBlocks>[0],
      asked,
      most,
    );

  test("are spread evenly from the first with a second path to the last", () => {
    expect(blocks(24, 6, 4)).toEqual([6, 12, 18, 24]);
    expect(blocks(24, 6, 8)).toEqual([6, 9, 11, 14, 16, 19, 21, 24]);
    expect(blocks(8, 6, 4)).toEqual([6, 7, 8]);
    expect(blocks(8, 8, 4)).toEqual([8]);
    expect(blocks(24, 6, 1)).toEqual([24]);
  });

  test("are those asked for, each once, in order", () => {
    expect(blocks(24, 6, 4, [24, 3, 3])).toEqual([3, 24]);
  });

  test.each([[[0]], [[9]], [[1.5]], [[]]])("are refused where the model has none such: %j", (asked) => {
    expect(() => blocks(8, 6, 4, asked)).toThrow("the model has blocks 1 to 8");
  });
});

test("numbers that are not finite are laid at the weights' door", async () => {
  const model = await openModel(referenceModel);
  requireFinite(model, Float32Array.of(0, 1));
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => requireFinite(model, Float32Array.of(0, bad))).toThrow(
      /clip\.safetensors: .* the weights are damaged/,
    );
  }
});
