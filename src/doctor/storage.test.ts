import { mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { defaultFeatureCacheDir } from "../features/feature-cache.ts";
import { CLIP_MODELS, defaultCacheDir } from "../weights/registry.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { examineStorage } from "./storage.ts";

const temporary = useTemporaryFolder();

describe("what lies on disk", () => {
  test("is a state of each model that can be downloaded", async () => {
    const folder = temporary.path("models");
    await mkdir(folder);
    const [large, old, small] = CLIP_MODELS;
    for (const [name, size] of [
      ["ViT-L-14-336px.pt", large!.size],
      ["ViT-L-14.pt", old!.size - 1],
      ["ViT-B-16.pt.part", 1000],
    ] as const) {
      await writeFile(`${folder}/${name}`, "");
      // Without blocks on disk.
      await truncate(`${folder}/${name}`, size);
    }
    const { models } = await examineStorage(folder);
    expect(models.map(({ name, state, present }) => [name, state, present])).toEqual([
      ["ViT-L/14@336px", "complete", large!.size],
      ["ViT-L/14", "damaged", old!.size - 1],
      ["ViT-B/16", "incomplete", 1000],
      ["ViT-B/32", "missing", 0],
    ]);
    expect(models[2]).toMatchObject({ path: `${folder}/ViT-B-16.pt`, size: small!.size });
  });

  test("is the size of all features, and the room that is left", async () => {
    const folder = temporary.path("with-features");
    await mkdir(`${folder}/features/key/ab`, { recursive: true });
    await writeFile(`${folder}/features/key/key.json`, "12345");
    await writeFile(`${folder}/features/key/ab/abc.24.f16`, new Uint8Array(1000));
    await symlink(`${folder}/features`, `${folder}/features/key/loop`);
    const { features, free, embedded } = await examineStorage(folder);
    expect(features).toEqual({ folder: `${folder}/features`, bytes: 1005 });
    expect(free).toBeGreaterThan(0);
    expect(embedded.bytes).toBeGreaterThan(10_000_000);
  });

  test("may be nothing yet", async () => {
    const { features, free, models } = await examineStorage(temporary.path("not/there"));
    expect(features.bytes).toBe(0);
    expect(free).toBeGreaterThan(0);
    expect(models.every(({ state }) => state === "missing")).toBe(true);
  });

  test("is looked for where the other commands put it", async () => {
    const { cacheDir, features } = await examineStorage();
    expect(cacheDir).toBe(defaultCacheDir());
    expect(features.folder).toBe(defaultFeatureCacheDir());
  });
});
