import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "./open-checkpoint.ts";
import { resultOrRefusal } from "./refusal.fixture.ts";
import { useTemporaryFolder } from "./temporary-folder.fixture.ts";
import { buildTorchArchive, float32Tensor } from "./torch-archive.fixture.ts";
import { writeSafetensors } from "./write-safetensors.ts";

const folder = useTemporaryFolder();
const one = (name: string) => ({ name, dtype: "F32", shape: [1], data: Float32Array.of(1) }) as const;
const archive = buildTorchArchive(new Map([["x", float32Tensor([1], Float32Array.of(1))]]));

async function make(name: string, files: Record<string, string | Uint8Array | "tensors">): Promise<string> {
  await mkdir(folder.path(name));
  for (const [file, content] of Object.entries(files)) {
    const path = `${name}/${file}`;
    if (content === "tensors") await writeSafetensors(folder.path(path), [one(file)]);
    else await folder.write(path, content);
  }
  return folder.path(name);
}

describe("openCheckpoint", () => {
  test("a file is told by its bytes, whatever its name", async () => {
    const torch = await openCheckpoint(await folder.write("model.bin", archive));
    expect([...torch.checkpoint.tensors.keys()]).toEqual(["x"]);
    await writeSafetensors(folder.path("model.pt"), [one("y")]);
    const safe = await openCheckpoint(folder.path("model.pt"));
    expect([...safe.checkpoint.tensors.keys()]).toEqual(["y"]);
    expect(safe.configJson).toBeUndefined();
  });

  test("a Hugging Face folder brings its config.json", async () => {
    const path = await make("hf", { "config.json": '{"a":1}', "model.safetensors": "tensors", "README.md": "" });
    const opened = await openCheckpoint(path);
    expect(opened.configJson).toEqual({ a: 1 });
    expect([...opened.checkpoint.tensors.keys()]).toEqual(["model.safetensors"]);
    expect((await openCheckpoint(`${path}/model.safetensors`)).configJson).toEqual({ a: 1 });
  });

  test("an open_clip folder brings its open_clip_config.json", async () => {
    const path = await make("oc", { "open_clip_config.json": '{"b":2}', "open_clip_pytorch_model.bin": archive });
    const opened = await openCheckpoint(path);
    expect(opened.configJson).toEqual({ b: 2 });
    expect([...opened.checkpoint.tensors.keys()]).toEqual(["x"]);
  });

  test("a sharded folder gives the tensors of all shards", async () => {
    const index = { weight_map: { "1.safetensors": "1.safetensors", "2.safetensors": "2.safetensors" } };
    const path = await make("shards", {
      "config.json": "{}",
      "model.safetensors.index.json": JSON.stringify(index),
      "1.safetensors": "tensors",
      "2.safetensors": "tensors",
    });
    const { checkpoint } = await openCheckpoint(path);
    expect([...checkpoint.tensors.values()].map(({ file }) => file)).toEqual([
      join(path, "1.safetensors"),
      join(path, "2.safetensors"),
    ]);
  });

  test.each<[string, unknown, RegExp]>([
    ["a shard in another folder", { weight_map: { x: "../x.safetensors" } }, /'\.\.\/x\.safetensors' is no file name/],
    ["a shard that is missing", { weight_map: { x: "x.safetensors" } }, /x\.safetensors: no such file/],
    ["a tensor that its shard lacks", { weight_map: { x: "1.safetensors" } }, /lacks 'x'/],
    ["no weight map", [], /no weight_map/],
  ])("an index with %s is refused", async (name, index, message) => {
    const files = { "config.json": "{}", "1.safetensors": "tensors" as const };
    const path = await make(name, { ...files, "model.safetensors.index.json": JSON.stringify(index) });
    await expect(openCheckpoint(path)).rejects.toThrow(message);
  });

  test("a folder without a model, a broken configuration and a missing path are refused", async () => {
    await expect(openCheckpoint(await make("empty", {}))).rejects.toThrow(/holds no model: expected config\.json/);
    const broken = await make("broken", { "config.json": "{", "model.safetensors": "tensors" });
    await expect(openCheckpoint(broken)).rejects.toThrow(/config\.json: is not JSON/);
    await expect(openCheckpoint(folder.path("nowhere"))).rejects.toThrow(/nowhere: no such file; check the path/);
  });

  test.skipIf(process.platform === "win32")("a device is refused instead of being read without end", async () => {
    await expect(openCheckpoint("/dev/zero")).rejects.toThrow(/not a regular file/);
  });

  test("random files give what little they hold, or a refusal that names them", async () => {
    const starts = [[], [0x50, 0x4b, 3, 4], [0x80, 2], [2, 0, 0, 0, 0, 0, 0, 0, 0x7b]];
    const content = fc.tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }));
    await fc.assert(
      fc.asyncProperty(content, async ([start, rest]) => {
        const path = await folder.write("random", Uint8Array.from([...start, ...rest]));
        const opened = await resultOrRefusal(openCheckpoint(path));
        if (typeof opened === "string") expect(opened).toContain(path);
        else expect(opened.checkpoint.tensors.size).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
