import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { openClip } from "./clip-weights.ts";
import { useTemporaryFolder } from "./temporary-folder.fixture.ts";
import {
  asArchived,
  asSafetensors,
  TINY_CONFIG,
  type TinyTensors,
  tinyClip,
  toHuggingFaceNames,
  toOpenAiNames,
} from "./tiny-clip.fixture.ts";
import { type Archived, type ArchivedTensor, buildTorchArchive, nestModules } from "./torch-archive.fixture.ts";
import { writeSafetensors } from "./write-safetensors.ts";

const folder = useTemporaryFolder();
const tiny = tinyClip();
const openAi = toOpenAiNames(tiny);

const withPrefix = <T>(tensors: ReadonlyMap<string, T>, prefix: string) =>
  new Map([...tensors].map(([name, tensor]) => [prefix + name, tensor]));

const scalar = (value: number): ArchivedTensor => ({
  storageType: "LongStorage",
  shape: [],
  bytes: new Uint8Array(BigInt64Array.of(BigInt(value)).buffer),
});

function customText(tensors: TinyTensors): TinyTensors {
  return new Map([...tensors].map(([name, t]) => [/^(visual|logit)/.test(name) ? name : `text.${name}`, t]));
}

async function writeFolder(name: string, weights: string, tensors: TinyTensors, config: string, json: unknown) {
  await mkdir(folder.path(name));
  await writeSafetensors(folder.path(`${name}/${weights}`), asSafetensors(tensors));
  await writeFile(folder.path(`${name}/${config}`), JSON.stringify(json));
}

const huggingFaceTower = (width: number, mlpWidth: number, layers: number) => ({
  hidden_size: width,
  intermediate_size: mlpWidth,
  num_hidden_layers: layers,
  num_attention_heads: 1,
  hidden_act: "quick_gelu",
  layer_norm_eps: 1e-5,
});

beforeAll(async () => {
  const archived = asArchived(openAi);
  const scripted = new Map([...archived, ["input_resolution", scalar(8)], ["vocab_size", scalar(10)]]);
  const training = new Map<string, Archived>([
    ["epoch", 3],
    ["state_dict", withPrefix(archived, "module.")],
    ["optimizer", new Map([["state", archived.get("visual.proj")!]])],
  ]);
  await folder.write("state-dict.pt", buildTorchArchive(archived));
  await folder.write("script.pt", buildTorchArchive(nestModules(scripted)));
  await folder.write("training.pt", buildTorchArchive(training));
  await writeSafetensors(folder.path("custom-text.safetensors"), asSafetensors(customText(openAi)));
  await writeSafetensors(folder.path("own.safetensors"), asSafetensors(tiny), {
    clip_config: JSON.stringify({ ...TINY_CONFIG, activation: "quick_gelu", layerNormEps: 1e-5 }),
  });
  await writeFolder("hf", "model.safetensors", toHuggingFaceNames(tiny), "config.json", {
    projection_dim: 16,
    vision_config: { ...huggingFaceTower(64, 96, 2), image_size: 8, patch_size: 4 },
    text_config: { ...huggingFaceTower(64, 128, 1), vocab_size: 10, max_position_embeddings: 8 },
  });
  await writeFolder("open-clip", "open_clip_model.safetensors", openAi, "open_clip_config.json", {
    model_cfg: {
      embed_dim: 16,
      quick_gelu: true,
      vision_cfg: { image_size: [8, 8], patch_size: 4, width: 64, layers: 2 },
      text_cfg: { context_length: 8, vocab_size: 10, width: 64, heads: 1, layers: 1 },
    },
  });
});

describe("openClip", () => {
  test.each([
    "state-dict.pt",
    "script.pt",
    "training.pt",
    "custom-text.safetensors",
    "own.safetensors",
    "hf",
    "open-clip",
  ])("%s gives the same configuration and the same tensors as every other layout", async (name) => {
    const clip = await openClip(folder.path(name));
    expect(clip.config).toEqual({ ...TINY_CONFIG, activation: "quick_gelu", layerNormEps: 1e-5 });
    expect(clip.hasText).toBe(true);
    expect([...clip.tensors.keys()].sort()).toEqual([...tiny.keys()].sort());
    for (const [ourName, { values }] of tiny) expect(await clip.read(ourName), ourName).toEqual(values);
  });

  test("the chosen activation overrides the found one", async () => {
    expect((await openClip(folder.path("hf"), { activation: "gelu" })).config.activation).toBe("gelu");
  });

  test("only the projections of OpenAI's layout are marked as transposed", async () => {
    const marked = async (name: string) =>
      [...(await openClip(folder.path(name))).tensors].filter(([, t]) => t.transposed).map(([key]) => key);
    expect((await marked("state-dict.pt")).sort()).toEqual(["text.projection", "vision.projection"]);
    expect(await marked("hf")).toEqual([]);
  });

  test("a vision tower alone is a CLIP without text", async () => {
    const vision = new Map([...tiny].filter(([name]) => name.startsWith("vision.")));
    await writeSafetensors(folder.path("vision.safetensors"), asSafetensors(vision));
    const clip = await openClip(folder.path("vision.safetensors"));
    expect(clip.hasText).toBe(false);
    expect(clip.config.text).toEqual({ width: 0, layers: 0, heads: 0, mlpWidth: 0, contextLength: 0, vocabSize: 0 });
    await expect(clip.read("text.token")).rejects.toThrow(/has no text\.token/);
  });

  test("token ids may stand for the rows of a reduced vocabulary", async () => {
    const ids = {
      name: "token_ids",
      dtype: "I32",
      shape: [10],
      data: Int32Array.from({ length: 10 }, (_, i) => i),
    } as const;
    const config = { ...TINY_CONFIG, text: { ...TINY_CONFIG.text, vocabSize: 49408 } };
    const metadata = { clip_config: JSON.stringify(config) };
    const path = folder.path("reduced.safetensors");
    await writeSafetensors(path, [...asSafetensors(tiny), ids], metadata);
    expect((await openClip(path)).config.text.vocabSize).toBe(49408);
    await writeSafetensors(path, [...asSafetensors(tiny), { ...ids, shape: [5], data: new Int32Array(5) }], metadata);
    await expect(openClip(path)).rejects.toThrow(/'token_ids' is \[5\]; expected \[10\]/);
  });

  const reference = fileURLToPath(new URL("../../../shared/reference/", import.meta.url));
  test.skipIf(!existsSync(reference))("the three reference files of one model are equal in every respect", async () => {
    const names = ["clip-state-dict.pt", "clip-torchscript.pt", "clip-hf"];
    const [first, ...others] = await Promise.all(names.map((name) => openClip(reference + name)));
    expect(first!.tensors.size).toBe(8 + 6 + 16 * 10);
    for (const other of others) {
      expect(other.config).toEqual(first!.config);
      for (const name of first!.tensors.keys()) {
        const [a, b] = await Promise.all([first!.read(name), other.read(name)]);
        expect(Buffer.from(a.buffer).equals(Buffer.from(b.buffer)), name).toBe(true);
      }
    }
  });
});
