import { readdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { EMBEDDED_MODEL, EMBEDDED_PROMPTS } from "../weights/embedded-model.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { type PlanOptions, planDetection } from "./detection-plan.ts";
import type { ProviderState } from "./runtime.ts";
import { examineStorage, type Storage } from "./storage.ts";

const temporary = useTemporaryFolder();

const PROVIDERS: ProviderState[] = [
  { id: "cuda", hardware: "NVIDIA GPU", state: "not installed", note: "buy one" },
  { id: "webgpu", hardware: "GPU", state: "fails", note: "no adapter" },
  { id: "cpu", hardware: "the processor", state: "works" },
];

async function plan(options: PlanOptions, { providers = PROVIDERS, storage = {} as Partial<Storage> } = {}) {
  const found = await examineStorage(temporary.path("cache"));
  return planDetection(options, providers, { ...found, ...storage });
}

describe("the plan of a detection", () => {
  test("is the small model on the processor by default", async () => {
    expect(await plan({})).toEqual({
      works: true,
      model: "embedded",
      prompts: "embedded",
      imageSize: 256,
      provider: "cpu",
      download: null,
    });
  });

  test("takes a model and prompts from files", async () => {
    const files = { model: EMBEDDED_MODEL, prompts: EMBEDDED_PROMPTS };
    expect(await plan(files)).toMatchObject({ works: true, ...files, imageSize: 256, download: null });
  });

  test("says what will be downloaded, under the registry's name, and downloads nothing", async () => {
    const planned = await plan({ model: "vit-l-14-336", prompts: EMBEDDED_PROMPTS });
    expect(planned).toMatchObject({
      works: true,
      model: "ViT-L/14@336px",
      imageSize: null,
      download: { state: "missing", size: 934_088_680 },
    });
    await expect(readdir(temporary.path("cache"))).rejects.toThrow("ENOENT");
  });

  test("does not work where the download does not fit the disk", async () => {
    const options = { model: "ViT-L/14@336px", prompts: EMBEDDED_PROMPTS };
    const full = await plan(options, { storage: { free: 900_000_000 } });
    expect(full).toMatchObject({
      works: false,
      reason: expect.stringMatching(/the disk is too full.*ANOMALYCLIP_CACHE/),
    });
    expect(await plan(options, { storage: { free: null } })).toMatchObject({ works: true });
  });

  test("takes a complete download from the cache", async () => {
    const { models } = await examineStorage(temporary.path("cache"));
    const complete = models.map((model) => ({ ...model, path: EMBEDDED_MODEL, state: "complete" as const }));
    const options = { model: "ViT-B/32", prompts: EMBEDDED_PROMPTS };
    const planned = await plan(options, { storage: { models: complete } });
    expect(planned).toMatchObject({ works: true, model: "ViT-B/32", imageSize: 256, download: null });
  });

  test.each<[string, PlanOptions, RegExp]>([
    ["an unknown model", { model: "ViT-Q", prompts: EMBEDDED_PROMPTS }, /^model "ViT-Q": no such file, .*known: ViT-L/],
    ["a model without prompts", { model: "ViT-L/14" }, /^model ViT-L\/14 needs prompts/],
    ["prompts that are missing", { model: "ViT-L/14", prompts: "none.pth" }, /^none\.pth: /],
    ["prompts that are none", { prompts: EMBEDDED_MODEL }, /clip\.safetensors: /],
    ["a provider that is not installed", { provider: "cuda" }, /^provider cuda .*installed: webgpu, cpu$/],
    ["a provider that fails", { provider: "webgpu" }, /^provider webgpu is installed but does not work: no adapter$/],
  ])("does not work with %s, and says why", async (_, options, reason) => {
    expect(await plan(options)).toEqual({ works: false, reason: expect.stringMatching(reason) });
  });

  test("takes the best provider that works when it may choose", async () => {
    expect(await plan({ provider: "auto" })).toMatchObject({ provider: "cpu" });
    const providers = PROVIDERS.map((one) => ({ ...one, state: "works" as const }));
    expect(await plan({ provider: "auto" }, { providers })).toMatchObject({ provider: "cuda" });
  });
});
