import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CLIP_MODELS, defaultCacheDir, type RegisteredModel, resolveModel } from "./registry.ts";

const CONTENT = "weights";
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");
const URL_OF_TINY = "https://models.example/clip/ViT-T-7-21px.pt";
const registry: RegisteredModel[] = [
  { name: "ViT-T/7@21px", url: URL_OF_TINY, sha256: SHA256, size: CONTENT.length },
  { name: "ViT-T/7", url: "https://models.example/clip/ViT-T-7.pt", sha256: "0".repeat(64), size: 1 },
];

let folder: string;
let asked: string[];
const fetchContent = async (url: string | URL | Request) => {
  asked.push(String(url));
  return new Response(CONTENT);
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "registry-"));
  asked = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe("resolveModel", () => {
  test("an existing file or folder is returned as it is", async () => {
    const file = join(folder, "own.safetensors");
    await writeFile(file, "");
    expect(await resolveModel(file)).toBe(file);
    expect(await resolveModel(folder)).toBe(folder);
  });

  test.each(["ViT-T/7@21px", "ViT-T-7-21px", "vit-t/7@21PX", "vit_t_7_21"])("%s is a name", async (name) => {
    const path = await resolveModel(name, { cacheDir: folder, fetch: fetchContent, registry });
    expect(path).toBe(join(folder, "ViT-T-7-21px.pt"));
    expect(await readFile(path, "utf8")).toBe(CONTENT);
  });

  test("the second time nothing is downloaded, online or offline", async () => {
    const options = { cacheDir: folder, fetch: fetchContent, registry };
    await resolveModel("ViT-T/7@21px", options);
    await resolveModel("ViT-T/7@21px", options);
    await resolveModel("ViT-T/7@21px", { ...options, offline: true });
    expect(asked).toEqual([URL_OF_TINY]);
  });

  test("a file put into the cache by hand is found", async () => {
    await writeFile(join(folder, "ViT-T-7-21px.pt"), CONTENT);
    const path = await resolveModel("ViT-T/7@21px", { cacheDir: folder, fetch: fetchContent, registry });
    expect(path).toBe(join(folder, "ViT-T-7-21px.pt"));
    expect(asked).toEqual([]);
  });

  test("offline, a missing and a damaged file are told apart, with what to put where", async () => {
    const options = { cacheDir: folder, fetch: fetchContent, registry, offline: true };
    const target = join(folder, "ViT-T-7-21px.pt");
    const hint = `and downloads are off; download ${URL_OF_TINY} on another machine and put it at ${target} (sha256 ${SHA256})`;
    await expect(resolveModel("ViT-T/7@21px", options)).rejects.toMatchObject({
      code: "E_DOWNLOAD",
      message: `model ViT-T/7@21px is not in the cache ${hint}`,
    });
    await writeFile(target, "damaged");
    await expect(resolveModel("ViT-T/7@21px", options)).rejects.toThrow(`model ViT-T/7@21px is damaged ${hint}`);
    expect(asked).toEqual([]);
  });

  test.each(["RN50", "./ViT-T-7-21px.pt", ""])("%j is neither, and the known names are listed", async (name) => {
    await expect(resolveModel(name, { cacheDir: folder, registry })).rejects.toMatchObject({
      code: "E_WEIGHTS",
      message: `model "${name}": no such file, nor a model of that name; known: ViT-T/7@21px, ViT-T/7`,
    });
  });

  test("a file of that name wins over the registry", async () => {
    const before = process.cwd();
    await mkdir(join(folder, "ViT-T"));
    await writeFile(join(folder, "ViT-T", "7"), "");
    try {
      process.chdir(folder);
      expect(await resolveModel("ViT-T/7", { cacheDir: folder, registry })).toBe("ViT-T/7");
    } finally {
      process.chdir(before);
    }
  });
});

describe("CLIP_MODELS", () => {
  test.each(CLIP_MODELS)("$name: the address carries the checksum and a file name of its own", ({ url, sha256 }) => {
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(url.split("/").at(-2)).toBe(sha256);
    expect(CLIP_MODELS.filter((other) => basename(other.url) === basename(url))).toHaveLength(1);
  });
});

describe("defaultCacheDir", () => {
  test.each([
    [{ ANOMALYCLIP_CACHE: "/data/models" }, "linux", "/data/models"],
    [{ XDG_CACHE_HOME: "/var/cache/ada" }, "linux", "/var/cache/ada/anomalyclip"],
    [{ XDG_CACHE_HOME: "relative" }, "linux", "/home/ada/.cache/anomalyclip"],
    [{}, "darwin", "/home/ada/.cache/anomalyclip"],
    [{ LOCALAPPDATA: "C:\\Users\\ada\\AppData\\Local" }, "win32", "C:\\Users\\ada\\AppData\\Local\\anomalyclip"],
    [{ XDG_CACHE_HOME: "/x" }, "win32", "\\home\\ada\\AppData\\Local\\anomalyclip"],
  ] as const)("%j on %s is %s", (env, platform, expected) => {
    expect(defaultCacheDir(env, platform, "/home/ada")).toBe(expected);
  });
});
