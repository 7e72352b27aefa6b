import { describe, expect, test } from "vitest";
import { relativeL2 } from "../../test/reference/reference.ts";
import { bruteForceConvolution } from "../graph/convolution.fixture.ts";
import { input } from "../graph/tensor.ts";
import { Random } from "../random.ts";
import { evaluate } from "../runtime/session.ts";
import { type ClipWeights, openClip } from "../weights/clip-weights.ts";
import type { Activation } from "../weights/declared-config.ts";
import type { StemConvolution } from "../weights/stem.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { asSafetensors, stemOf, TINY_CONFIG, tinyClip, withStem } from "../weights/tiny-clip.fixture.ts";
import { writeSafetensors } from "../weights/write-safetensors.ts";
import { frozenParameters } from "./parameters.ts";
import { embedImages } from "./vision.ts";

const temporary = useTemporaryFolder();
const SHAPE = [2, 3, 8, 8] as const;
const random = new Random(4);
const images = Float32Array.from({ length: 2 * 3 * 8 * 8 }, () => random.normal());

async function openTiny(stem: readonly StemConvolution[], activation: Activation): Promise<ClipWeights> {
  const path = temporary.path(`${activation}-${JSON.stringify(stem)}.safetensors`);
  const config = {
    ...TINY_CONFIG,
    vision: { ...TINY_CONFIG.vision, ...(stem.length > 0 && { stem }) },
    activation,
    layerNormEps: 1e-5,
  };
  const tensors = asSafetensors(withStem(tinyClip(), stem));
  await writeSafetensors(path, tensors, { clip_config: JSON.stringify(config) });
  return openClip(path);
}

/** x · Φ(x), with Φ by Simpson's rule; beyond ±9 it is 0 or 1. */
function exactGelu(x: number): number {
  const steps = 200;
  const end = Math.max(-9, Math.min(9, x));
  const density = (t: number) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  let area = density(0) + density(end);
  for (let i = 1; i < steps; i++) area += (i % 2 === 0 ? 2 : 4) * density((end * i) / steps);
  return x * (0.5 + (area * end) / (3 * steps));
}

/** Tokens by the definitions: convolutions as loops, the patch embedding as one more, norms by hand. */
async function bruteForceTokens(clip: ClipWeights, stem: readonly StemConvolution[], activation: Activation) {
  const activate = activation === "gelu" ? exactGelu : (x: number) => x / (1 + Math.exp(-1.702 * x));
  let [maps, channels, side] = [images, 3, 8];
  for (const [i, { channels: out, stride }] of stem.entries()) {
    const weight = await clip.read(`vision.stem.${i}.weight`);
    const bias = await clip.read(`vision.stem.${i}.bias`);
    const x: [Float32Array, number[]] = [maps, [2, channels, side, side]];
    const y = bruteForceConvolution(x, [weight, [out, channels, 3, 3]], bias, { stride, padding: 1 }).map(activate);
    maps = stride === 1 ? y.map((value, at) => x[0][at]! + value) : y;
    [channels, side] = [out, side / stride];
  }
  const patch = side / 2;
  const embedded = bruteForceConvolution(
    [maps, [2, channels, side, side]],
    [await clip.read("vision.patch.weight"), [64, channels, patch, patch]],
    new Float32Array(64),
    { stride: patch, padding: 0 },
  );
  const names = ["class_token", "position", "pre_norm.weight", "pre_norm.bias"];
  const [classToken, position, scale, shift] = (await Promise.all(
    names.map((name) => clip.read(`vision.${name}`)),
  )) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const tokens: number[] = [];
  for (let n = 0; n < 2; n++) {
    for (let t = 0; t < 5; t++) {
      const token = Array.from({ length: 64 }, (_, w) => {
        const value = t === 0 ? classToken[w]! : embedded[(n * 64 + w) * 4 + t - 1]!;
        return value + position[t * 64 + w]!;
      });
      const average = token.reduce((sum, x) => sum + x, 0) / 64;
      const variance = token.reduce((sum, x) => sum + (x - average) ** 2, 0) / 64;
      tokens.push(...token.map((x, w) => ((x - average) / Math.sqrt(variance + 1e-5)) * scale[w]! + shift[w]!));
    }
  }
  return Float32Array.from(tokens);
}

describe("embedImages", () => {
  test.each<[string, Activation, StemConvolution[]]>([
    ["none", "quick_gelu", []],
    ["5/2", "quick_gelu", stemOf([5, 2])],
    ["5/2, 6/2", "quick_gelu", stemOf([5, 2], [6, 2])],
    ["5/2, 6/2", "gelu", stemOf([5, 2], [6, 2])],
    ["5/2, 5/1", "quick_gelu", stemOf([5, 2], [5, 1])],
    ["5/2, 5/1, 6/2, 6/1, 6/1", "quick_gelu", stemOf([5, 2], [5, 1], [6, 2], [6, 1], [6, 1])],
    ["5/2, 5/1, 6/2, 6/1, 6/1", "gelu", stemOf([5, 2], [5, 1], [6, 2], [6, 1], [6, 1])],
  ])("with a stem of %s and %s gives the tokens of the definitions", async (_, activation, stem) => {
    const clip = await openTiny(stem, activation);
    const tokens = embedImages(await frozenParameters(clip), clip.config, input("images", SHAPE));
    expect(tokens.shape).toEqual([2, 5, 64]);
    const values = (await evaluate({ tokens }, { images })).tokens!;
    expect(relativeL2(values, await bruteForceTokens(clip, stem, activation))).toBeLessThan(1e-5);
  });

  test("refuses a stem that halves a patch too often", async () => {
    const clip = await openTiny(stemOf([5, 2]), "gelu");
    const config = { ...clip.config, vision: { ...clip.config.vision, stem: stemOf([5, 2], [6, 2], [7, 2]) } };
    const parameters = await frozenParameters(clip);
    expect(() => embedImages(parameters, config, input("images", SHAPE))).toThrow(
      "the strides of the stem need a patch size that is a multiple of 8, got 4",
    );
  });
});
