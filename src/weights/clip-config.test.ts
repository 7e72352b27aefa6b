import { describe, expect, test } from "vitest";
import type { Checkpoint } from "./checkpoint.ts";
import { type ClipHints, inferClipConfig } from "./clip-config.ts";
import { nameClipTensors } from "./clip-names.ts";
import type { StemConvolution } from "./stem.ts";
import {
  stemOf,
  TINY_CONFIG,
  type TinyTensors,
  tinyClip,
  toHuggingFaceNames,
  toOpenAiNames,
  withStem,
} from "./tiny-clip.fixture.ts";

const tiny = tinyClip();

/** Shapes are all that configuration needs: no file is behind this. */
function checkpointOf(shapes: ReadonlyMap<string, { shape: readonly number[] }>, path = "model.pt"): Checkpoint {
  const entries = [...shapes].map(([name, { shape }]) => {
    return [name, { name, dtype: "F16" as const, shape, file: path, offset: 0 }] as const;
  });
  return { path, tensors: new Map(entries), metadata: {} };
}

function infer(tensors: ReadonlyMap<string, { shape: readonly number[] }>, hints: ClipHints = {}, path = "model.pt") {
  return inferClipConfig(nameClipTensors(checkpointOf(tensors, path)), hints);
}

/** A CLIP's shapes in OpenAI's names, of any size. */
function openAiShapes(width: number, textWidth: number): Map<string, { shape: number[] }> {
  const shapes: Record<string, number[]> = {
    "visual.class_embedding": [width],
    "visual.positional_embedding": [1 + 37 * 37, width],
    "visual.conv1.weight": [width, 3, 14, 14],
    "visual.proj": [width, 768],
    "token_embedding.weight": [49408, textWidth],
    positional_embedding: [77, textWidth],
    text_projection: [textWidth, 768],
  };
  const norms: [string, number][] = [
    ["visual.ln_pre", width],
    ["visual.ln_post", width],
    ["ln_final", textWidth],
  ];
  for (const [prefix, w] of [
    ["visual.transformer", width],
    ["transformer", textWidth],
  ] as const) {
    const block = `${prefix}.resblocks.0`;
    norms.push([`${block}.ln_1`, w], [`${block}.ln_2`, w]);
    Object.assign(shapes, {
      [`${block}.attn.in_proj_weight`]: [3 * w, w],
      [`${block}.attn.in_proj_bias`]: [3 * w],
      [`${block}.attn.out_proj.weight`]: [w, w],
      [`${block}.attn.out_proj.bias`]: [w],
      [`${block}.mlp.c_fc.weight`]: [4 * w, w],
      [`${block}.mlp.c_fc.bias`]: [4 * w],
      [`${block}.mlp.c_proj.weight`]: [w, 4 * w],
      [`${block}.mlp.c_proj.bias`]: [w],
    });
  }
  for (const [name, w] of norms) Object.assign(shapes, { [`${name}.weight`]: [w], [`${name}.bias`]: [w] });
  return new Map(Object.entries(shapes).map(([name, shape]) => [name, { shape }]));
}

const change = (tensors: TinyTensors, name: string, shape: number[] | undefined) => {
  const changed = new Map<string, { shape: number[] }>(tensors);
  if (shape) changed.set(name, { shape });
  else changed.delete(name);
  return changed;
};

describe("inferClipConfig", () => {
  test.each([
    [768, 512, 12, 8],
    [1024, 768, 16, 12],
    [896, 640, 14, 10],
    [1280, 1024, 16, 16],
    [1408, 1024, 16, 16],
    [1664, 1280, 16, 20],
  ])("towers %d and %d wide have %d and %d heads", (width, textWidth, heads, textHeads) => {
    const config = infer(openAiShapes(width, textWidth));
    expect(config.vision).toEqual({ width, layers: 1, heads, mlpWidth: 4 * width });
    expect(config.text.heads).toBe(textHeads);
    expect([config.imageSize, config.patchSize, config.embedDim]).toEqual([518, 14, 768]);
  });

  test.each([
    ["ViT-L-14-336px.pt", "quick_gelu"],
    ["laion/ViT-B-32.pt", "gelu"],
    ["open_clip_pytorch_model.bin", "gelu"],
    ["open_clip/ViT-B-16-quickgelu.pt", "quick_gelu"],
  ])("without a configuration, %s is taken to use %s", (path, activation) => {
    expect(infer(openAiShapes(768, 512), {}, path).activation).toBe(activation);
  });

  test("an archive with OpenAI's scalars uses quick_gelu, wherever it lies", () => {
    const shapes = openAiShapes(768, 512).set("input_resolution", { shape: [] });
    expect(infer(shapes, {}, "open_clip/model.pt").activation).toBe("quick_gelu");
  });

  test("a configuration decides activation, epsilon and heads", () => {
    const huggingFace = { vision_config: { hidden_act: "gelu", layer_norm_eps: 1e-6, num_attention_heads: 2 } };
    expect(infer(toHuggingFaceNames(tiny), { configJson: huggingFace })).toMatchObject({
      activation: "gelu",
      layerNormEps: 1e-6,
      vision: { heads: 2 },
    });
    const openClip = { model_cfg: { vision_cfg: { width: 64, head_width: 32 }, text_cfg: { heads: 4 } } };
    expect(infer(toOpenAiNames(tiny), { configJson: openClip })).toMatchObject({
      activation: "gelu",
      vision: { heads: 2 },
      text: { heads: 4 },
    });
  });

  test.each<[string, unknown, RegExp]>([
    ["another depth", { vision_config: { num_hidden_layers: 24 } }, /number of vision blocks 24, its tensors 2/],
    ["another picture", { vision_config: { image_size: 336 } }, /image size 336, its tensors 8/],
    ["another vocabulary", { vision_config: {}, text_config: { vocab_size: 5 } }, /vocabulary 5, its tensors 10/],
    ["heads that do not divide", { vision_config: { num_attention_heads: 7 } }, /7 attention heads do not divide/],
    ["no heads", { vision_config: { num_attention_heads: 0 } }, /0 attention heads/],
    ["a fractional width", { vision_config: { hidden_size: 1.5 } }, /hidden_size is 1\.5; expected a whole number/],
    ["an unknown activation", { vision_config: { hidden_act: "relu" } }, /activation is "relu"/],
    ["two activations", { vision_config: { hidden_act: "gelu" }, text_config: {} }, /differ between its towers/],
    ["a wrong epsilon", { vision_config: { layer_norm_eps: "x" } }, /epsilon of its layer norms is "x"/],
  ])("a configuration with %s is refused", (_, configJson, message) => {
    expect(() => infer(toHuggingFaceNames(tiny), { configJson })).toThrow(message);
  });

  test.each(["null", "{", '{"activation":"relu"}', '{"vision":{"width":-1}}'])(
    "the header %s cannot crash it",
    (json) => {
      const hints = { metadata: { clip_config: json } };
      if (json === "null") expect(infer(tiny, hints).vision.heads).toBe(1);
      else expect(() => infer(tiny, hints)).toThrow(/model\.pt: /);
    },
  );
});

describe("a convolutional stem", () => {
  const headerOf = (stem: unknown, patchSize = 4) => ({
    metadata: { clip_config: JSON.stringify({ ...TINY_CONFIG, patchSize, vision: { ...TINY_CONFIG.vision, stem } }) },
  });

  const two = stemOf([5, 2], [6, 2]);

  test.each([
    [stemOf([5, 2])],
    [two],
    [stemOf([5, 2], [5, 1], [6, 2], [6, 1])],
    [[...stemOf([5, 2]), ...Array<StemConvolution>(11).fill({ channels: 5, stride: 1 })]],
  ])("is what the header declares, and patches count in pixels: %j", (stem) => {
    const { vision, patchSize, imageSize } = infer(withStem(tiny, stem), headerOf(stem));
    expect([vision.stem, patchSize, imageSize]).toEqual([stem, 4, 8]);
  });

  test("is absent where the header declares none", () => {
    expect(infer(tiny, headerOf(undefined)).vision).not.toHaveProperty("stem");
  });

  const convolution = /stem\[0\] is .*; expected channels of 1 to 4096 and stride 1 or 2$/;

  test.each([
    ["an empty list", [], /stem is a list of 0; expected a list of 1 to 12 convolutions$/],
    ["too many", Array(13).fill({ channels: 1, stride: 2 }), /stem is a list of 13; expected a list of 1 to 12/],
    ["a number", 8, /stem is 8; expected a list/],
    ["channels alone", [8, 16], /stem\[0\] is 8; expected channels/],
    ["null", [null], /stem\[0\] is null; expected/],
    ["no channels", [{ channels: 0, stride: 2 }], convolution],
    ["broken channels", [{ channels: 1.5, stride: 2 }], convolution],
    ["words", [{ channels: "8", stride: 2 }], convolution],
    ["far too many channels", [{ channels: 1e9, stride: 2 }], convolution],
    ["no stride", [{ channels: 8 }], convolution],
    ["a stride of 3", [{ channels: 8, stride: 3 }], convolution],
    ["a first stride of 1", stemOf([3, 1]), /stem\[0\] has stride 1 .*; the first convolution must have stride 2$/],
    ["other channels at stride 1", stemOf([5, 2], [6, 1]), /stem\[1\] has stride 1 and 6 channels; expected 5$/],
    ["more halvings than a patch bears", stemOf([5, 2], [6, 2], [7, 2]), /patchSize is 4; .* a multiple of 8$/],
  ])("of %s is refused in one line", (_, stem, message) => {
    const attempt = () => infer(tiny, headerOf(stem));
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(/^model\.pt: its configuration does not fit a CLIP ViT: .*$/);
  });

  const stemmed = withStem(tiny, two);

  test.each<[string, string, number[] | undefined, RegExp]>([
    ["without one of its weights", "vision.stem.0.weight", undefined, /has no vision\.stem\.0\.weight$/],
    ["without a bias", "vision.stem.1.bias", undefined, /has no vision\.stem\.1\.bias$/],
    ["of other kernels", "vision.stem.0.weight", [5, 3, 5, 5], /is \[5, 3, 5, 5\]; expected \[5, 3, 3, 3\]$/],
    ["of other channels", "vision.stem.0.weight", [7, 3, 3, 3], /is \[7, 3, 3, 3\]; expected \[5, 3, 3, 3\]$/],
    ["that does not chain", "vision.stem.1.weight", [6, 4, 3, 3], /is \[6, 4, 3, 3\]; expected \[6, 5, 3, 3\]$/],
    ["with pixels' patches", "vision.patch.weight", [64, 3, 4, 4], /expected \[64, 6, P, P\]$/],
    ["longer than declared", "vision.stem.2.bias", [6], /has 2 convolutions by clip_config .*, 3 by its tensors$/],
    ["too long", "vision.stem.12.weight", [6, 6, 3, 3], /holds 'vision\.stem\.12\.weight': not a CLIP/],
  ])("%s is refused", (_, name, shape, message) => {
    expect(() => infer(change(stemmed, name, shape), headerOf(two))).toThrow(message);
  });

  test("shorter than declared, or not declared, is refused: its tensors do not show its strides", () => {
    const declared = stemOf([5, 2], [6, 2], [6, 1]);
    const message = (count: number) =>
      `model.pt: its stem has ${count} convolutions by clip_config in its header, 2 by its tensors`;
    expect(() => infer(stemmed, headerOf(declared))).toThrow(message(3));
    expect(() => infer(stemmed, headerOf(undefined))).toThrow(message(0));
    expect(() => infer(stemmed)).toThrow(message(0));
  });
});

describe("the tensors of a CLIP", () => {
  test.each<[string, TinyTensors, string, number[] | undefined, RegExp]>([
    ["a missing norm", tiny, "vision.post_norm.bias", undefined, /incomplete: it has no vision\.post_norm\.bias/],
    ["a missing block", tiny, "vision.blocks.0.fc1.weight", undefined, /no vision\.blocks\.0\.fc1\.weight/],
    ["half a text tower", tiny, "text.final_norm.weight", undefined, /no text\.final_norm\.weight/],
    ["a wrong width", tiny, "vision.blocks.1.out.weight", [64, 32], /out\.weight' is \[64, 32\]; expected \[64, 64\]$/],
    ["oblong patches", tiny, "vision.patch.weight", [64, 3, 4, 2], /expected \[64, 3, P, P\]/],
    ["a grid that is no square", tiny, "vision.position", [7, 64], /is \[7, 64\]; expected \[1\+G\*G, 64\]/],
    ["an axis too many", tiny, "vision.class_token", [64, 1], /is \[64, 1\]; expected \[W\]/],
    ["an empty vocabulary", tiny, "text.token", [0, 64], /is \[0, 64\]; expected \[vocabulary, 64\]/],
    [
      "a stored transpose of the wrong shape",
      toOpenAiNames(tiny),
      "text_projection",
      [16, 64],
      /'text_projection' is \[16, 64\]; expected \[64, 16\] as text\.projection/,
    ],
    [
      "a fused weight that is not three",
      toOpenAiNames(tiny),
      "transformer.resblocks.0.attn.in_proj_weight",
      [191, 64],
      /in_proj_weight' is \[191, 64\]; expected \[3D, D\]/,
    ],
  ])("with %s are refused with the file, the tensor and both shapes", (_, tensors, name, shape, message) => {
    expect(() => infer(change(tensors, name, shape))).toThrow(message);
    expect(() => infer(change(tensors, name, shape))).toThrow(/^model\.pt: /);
  });

  test("integers are no weights", () => {
    const checkpoint = checkpointOf(tiny);
    const tensors = new Map(checkpoint.tensors);
    tensors.set("vision.class_token", { ...tensors.get("vision.class_token")!, dtype: "I8" });
    expect(() => inferClipConfig(nameClipTensors({ ...checkpoint, tensors }))).toThrow(
      /is I8; expected floating-point/,
    );
  });

  test.each<[string, string, RegExp]>([
    ["a ResNet", "visual.layer1.0.conv1.weight", /CLIP with a ResNet; AnomalyCLIP needs one with a vision transformer/],
    ["a timm tower", "visual.trunk.patch_embed.proj.weight", /timm image tower/],
    ["prompts", "prompt_learner.ctx_pos", /learned prompts, no CLIP/],
    ["something else", "layer.0.weight", /holds no CLIP: none of visual\.class_embedding, vision_model/],
  ])("%s is no usable CLIP, and the message says what it is", (_, name, message) => {
    expect(() => infer(new Map([[name, { shape: [1] }]]))).toThrow(message);
  });

  test.each([
    "visual.transformer.resblocks.0.ls_1.gamma",
    "visual.attn_pool.query",
    "transformer.resblocks.0.attn.q_norm.weight",
    "visual.constructor",
  ])("%s means another architecture, and is not passed over", (name) => {
    const tensors = new Map<string, { shape: number[] }>(toOpenAiNames(tiny)).set(name, { shape: [64] });
    expect(() => infer(tensors)).toThrow(`model.pt: holds '${name}': not a CLIP ViT as OpenAI built it`);
  });

  test("a file with two CLIPs is refused", () => {
    const twice = new Map([...tiny, ...[...tiny].map(([name, tensor]) => [`model.${name}`, tensor] as const)]);
    expect(() => infer(twice)).toThrow(/holds several CLIPs/);
  });

  test("Hugging Face's stored position ids are passed over", () => {
    const tensors = new Map<string, { shape: number[] }>(toHuggingFaceNames(tiny));
    tensors.set("text_model.embeddings.position_ids", { shape: [1, 8] });
    expect(infer(tensors).text.contextLength).toBe(8);
  });
});
