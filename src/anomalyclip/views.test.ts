import { beforeAll, expect, test } from "vitest";
import { expectedTensor, referencePath, relativeL2 } from "../../test/reference/reference.ts";
import { frozenParameters, type Parameters } from "../clip/parameters.ts";
import { constant, input } from "../graph/tensor.ts";
import { UNKNOWN_LENGTH } from "../graph/unknown-length.ts";
import { evaluate, Session } from "../runtime/session.ts";
import { type ClipWeights, openClip } from "../weights/clip-weights.ts";
import { encodeImages, visionOptions } from "./dpam.ts";
import { encodeViews, VIEW_COUNTS } from "./views.ts";

let clip: ClipWeights;
let frozen: Parameters;
let pictures: { values: Float32Array; shape: readonly number[] };
beforeAll(async () => {
  clip = await openClip(referencePath("clip.safetensors"));
  frozen = await frozenParameters(clip);
  pictures = await expectedTensor("encode/images");
});

/** Squares of a side, the channels apart (`first`) or together, in which (y, x) is what was at `from(y, x)`. */
function move(values: Float32Array, side: number, channels: number, first: boolean, from: Way): Float32Array {
  const moved = new Float32Array(values.length);
  const place = (square: number, c: number, y: number, x: number) =>
    first ? ((square * channels + c) * side + y) * side + x : ((square * side + y) * side + x) * channels + c;
  for (let square = 0; square < values.length / (channels * side * side); square++) {
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) moved[place(square, c, y, x)] = values[place(square, c, ...from(y, x, side))]!;
      }
    }
  }
  return moved;
}

/** Where a view's pixel comes from. */
type Way = (y: number, x: number, side: number) => [y: number, x: number];

const WAYS: readonly { there: Way; back: Way }[] = [
  ...both((y, x) => [y, x]),
  ...both((y, x, s) => [y, s - 1 - x]),
  ...both((y, x, s) => [s - 1 - y, x]),
  ...both((y, x, s) => [s - 1 - y, s - 1 - x]),
  ...both((y, x) => [x, y]),
  { there: (y, x, s) => [x, s - 1 - y], back: (y, x, s) => [s - 1 - x, y] },
  { there: (y, x, s) => [s - 1 - x, y], back: (y, x, s) => [x, s - 1 - y] },
  ...both((y, x, s) => [s - 1 - x, s - 1 - y]),
];

function both(way: Way) {
  return [{ there: way, back: way }];
}

/** Rows of `width` numbers, each of unit length. */
function unitRows(values: Float32Array, width: number): Float32Array {
  return values.map((value, i) => {
    const row = values.subarray(i - (i % width), i - (i % width) + width);
    return value / Math.hypot(...row);
  });
}

function sumOf(arrays: readonly Float32Array[]): Float32Array {
  return arrays[0]!.map((_, i) => arrays.reduce((sum, array) => sum + array[i]!, 0));
}

test.each(VIEW_COUNTS.slice(1))("%i views are as many pictures, and their patches moved back", async (views) => {
  const { embedDim } = clip.config;
  const options = visionOptions(clip.config, { layers: [clip.config.vision.layers] });
  const [batch, , side] = pictures.shape as [number, number, number];
  const images: Float32Array[] = [];
  const patches: Float32Array[] = [];
  for (const { there, back } of WAYS.slice(0, views)) {
    const seen = constant(move(pictures.values, side, 3, true, there), pictures.shape);
    const encoded = encodeImages(frozen, clip.config, seen, options);
    const found = await evaluate({ image: encoded.image, tokens: encoded.patches[0]! });
    images.push(unitRows(found.image!, embedDim));
    patches.push(move(withoutClass(unitRows(found.tokens!, embedDim), batch), gridOf(side), embedDim, false, back));
  }
  const encoded = encodeViews(frozen, clip.config, constant(pictures.values, pictures.shape), { ...options, views });
  expect(encoded.image.shape).toEqual([batch, embedDim]);
  const found = await evaluate({ image: encoded.image, tokens: encoded.patches[0]! });
  expect(relativeL2(found.image!, sumOf(images))).toBeLessThan(1e-5);
  expect(relativeL2(withoutClass(found.tokens!, batch), sumOf(patches))).toBeLessThan(1e-5);
  // The reference's features do depend on how a picture is turned.
  expect(relativeL2(images[1]!, images[0]!)).toBeGreaterThan(1e-3);
});

test("a batch whose length is not known yet has views too", async () => {
  const [, , side] = pictures.shape as [number, number, number];
  const options = { ...visionOptions(clip.config), views: 4 };
  const fixed = encodeViews(frozen, clip.config, constant(pictures.values, pictures.shape), options);
  const open = encodeViews(frozen, clip.config, input("image", [UNKNOWN_LENGTH, 3, side, side]), options);
  const wanted = await evaluate({ patches: fixed.patches[0]! });
  const session = await Session.create({ patches: open.patches[0]! });
  try {
    const { patches } = await session.run({ image: pictures.values });
    expect(relativeL2(patches!, wanted.patches!)).toBeLessThan(1e-6);
  } finally {
    await session.close();
  }
});

function gridOf(side: number): number {
  return side / clip.config.patchSize;
}

/** [batch, 1 + G², embed] without the class tokens. */
function withoutClass(tokens: Float32Array, batch: number): Float32Array {
  const each = tokens.length / batch;
  const rest = each - clip.config.embedDim;
  const kept = new Float32Array(batch * rest);
  for (let i = 0; i < batch; i++) kept.set(tokens.subarray((i + 1) * each - rest, (i + 1) * each), i * rest);
  return kept;
}
