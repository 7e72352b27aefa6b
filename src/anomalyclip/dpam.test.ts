import { beforeAll, expect, test } from "vitest";
import { expectedTensor, referencePath, relativeL2 } from "../../test/reference/reference.ts";
import { frozenParameters, type Parameters } from "../clip/parameters.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { evaluate } from "../runtime/session.ts";
import { type ClipWeights, openClip } from "../weights/clip-weights.ts";
import { type AttentionKind, encodeImages, visionOptions } from "./dpam.ts";

let clip: ClipWeights;
let frozen: Parameters;
let images: Tensor;
beforeAll(async () => {
  clip = await openClip(referencePath("clip.safetensors"));
  frozen = await frozenParameters(clip);
  const { values, shape } = await expectedTensor("encode/images");
  images = constant(values, shape);
});

/** Patch features with the second path in the last block alone. */
async function patchFeatures(attention: AttentionKind, parameters = frozen): Promise<Float32Array> {
  const options = visionOptions(clip.config, { dpamFrom: clip.config.vision.layers, attention });
  const [patches] = encodeImages(parameters, clip.config, images, options).patches;
  return (await evaluate({ patches: patches! })).patches!;
}

test.each([
  ["k-k", "key"],
  ["q-q", "query"],
] as const)(
  "%s is v-v where the %s projection is the value projection, and differs where it is not",
  async (kind, name) => {
    const last = `vision.blocks.${clip.config.vision.layers - 1}`;
    const shared: Parameters = (asked) => frozen(asked.replace(`${last}.${name}.`, `${last}.value.`));
    const wanted = await patchFeatures("v-v");
    expect(relativeL2(await patchFeatures(kind, shared), wanted)).toBeLessThan(1e-5);
    expect(relativeL2(await patchFeatures(kind), wanted)).toBeGreaterThan(1e-3);
  },
);
