/** Goes through the vision tower block by block, sees what its linear layers read, and decides how each is computed. */

import { dualBlock, type Paths, visionOptions } from "../anomalyclip/dpam.ts";
import { type LinearLayers, storedLayers } from "../clip/block.ts";
import { frozenParameters } from "../clip/parameters.ts";
import { embedImages } from "../clip/vision.ts";
import { renderSample } from "../datasets/procedural/render.ts";
import { BLOCK_SIZE } from "../graph/quantized.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import { preprocess } from "../image/preprocess.ts";
import { Session } from "../runtime/session.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";
import type { TensorToWrite } from "../weights/write-safetensors.ts";
import { chooseMethod, type SiteChoice } from "./choose-method.ts";
import type { BlockQuantized, ChannelQuantized } from "./quantize-weights.ts";
import { type Site, sitesOf } from "./sites.ts";

/** How a site of the tower is computed, without the weights. */
export type SiteReport = Pick<SiteChoice, "method" | "errors">;

export interface QuantizeProgress {
  /** Blocks that are decided. */
  done: number;
  total: number;
}

/** Pictures on which activations are looked at: surfaces and an object, sound and damaged. */
const PICTURES = [
  { category: "carpet", defect: "hole", seed: 1 },
  { category: "washer", defect: null, seed: 2 },
  { category: "wood", defect: "scratch", seed: 3 },
] as const;

/**
 * The 8-bit weights of a vision tower, and how each site uses them.
 *
 * Activations come from drawn pictures at the size that the model was trained at, through both paths of the tower with
 * the paper's attention. Memory holds one block's weights and activations at a time, and the result.
 */
export async function quantizeTower(
  clip: ClipWeights,
  onProgress: (progress: QuantizeProgress) => void = () => {},
): Promise<{ tensors: TensorToWrite[]; sites: Record<string, SiteReport> }> {
  const { config } = clip;
  const tensors: TensorToWrite[] = [];
  const sites: Record<string, SiteReport> = {};
  let states = await embedPictures(clip);
  for (let block = 0; block < config.vision.layers; block++) {
    onProgress({ done: block, total: config.vision.layers });
    const activations = new Map<string, Float32Array[]>();
    states = await runBlock(clip, block, states, activations);
    for (const site of sitesOf(block)) {
      const weights = await Promise.all(site.layers.map((name) => readWeight(clip, name)));
      const choice = await chooseMethod(site, weights, activations.get(site.name)!);
      sites[site.name] = { method: choice.method, errors: choice.errors };
      tensors.push(...(await tensorsOf(clip, site, choice)));
    }
  }
  onProgress({ done: config.vision.layers, total: config.vision.layers });
  return { tensors, sites };
}

// --- internal ---

/** Tokens of one picture between two blocks. */
interface State {
  original: Float32Array;
  second?: Float32Array;
}

async function embedPictures({ config, ...clip }: ClipWeights): Promise<State[]> {
  const size = config.imageSize;
  const image = input("image", [1, 3, size, size]);
  const parameters = await frozenParameters({ config, ...clip });
  const session = await Session.create({ original: embedImages(parameters, config, image) });
  try {
    const states: State[] = [];
    for (const picture of PICTURES) {
      const { original } = await session.run({ image: preprocess(renderSample({ ...picture, size }).image, size) });
      states.push({ original: original! });
    }
    return states;
  } finally {
    await session.close();
  }
}

/** @param activations receives what each site reads, from all pictures and both paths */
async function runBlock(
  clip: ClipWeights,
  block: number,
  states: readonly State[],
  activations: Map<string, Float32Array[]>,
): Promise<State[]> {
  const { config } = clip;
  const parameters = await frozenParameters(clip);
  const read = new Map<string, Set<Tensor>>();
  const stored = storedLayers(parameters);
  const recording: LinearLayers = (name, x) => {
    const site = sitesOf(block).find(({ layers }) => layers.includes(name))!.name;
    read.set(site, (read.get(site) ?? new Set()).add(x));
    return stored(name, x);
  };
  const shape = [1, states[0]!.original.length / config.vision.width, config.vision.width];
  const fed: Paths = { original: input("original", shape) };
  if (states[0]!.second !== undefined) fed.second = input("second", shape);
  const paths = dualBlock(parameters, config, fed, block + 1, visionOptions(config), { linear: recording });

  const graph: Record<string, Tensor> = { "next original": paths.original };
  if (paths.second !== undefined) graph["next second"] = paths.second;
  const names = new Map<string, string>();
  for (const [site, inputs] of read) {
    for (const [i, x] of [...inputs].entries()) {
      const name = `${site}#${i}`;
      graph[name] = x;
      names.set(name, site);
    }
  }
  const session = await Session.create(graph);
  try {
    const next: State[] = [];
    for (const state of states) {
      const results = await session.run({ ...state });
      for (const [name, site] of names) activations.set(site, [...(activations.get(site) ?? []), results[name]!]);
      next.push({ original: results["next original"]!, second: results["next second"] });
    }
    return next;
  } finally {
    await session.close();
  }
}

async function readWeight(clip: ClipWeights, layer: string) {
  const name = `${layer}.weight`;
  const [out, inner] = clip.tensors.get(name)!.shape as [number, number];
  return { name: layer, values: await clip.read(name), shape: [out, inner] as const };
}

async function tensorsOf(clip: ClipWeights, site: Site, choice: SiteChoice): Promise<TensorToWrite[]> {
  const tensors = [...choice.weights].flatMap(([layer, quantized]) => {
    const [out, inner] = clip.tensors.get(`${layer}.weight`)!.shape as [number, number];
    return choice.method === "int8-blocks"
      ? blockTensors(layer, quantized as BlockQuantized, out, inner)
      : channelTensors(layer, quantized as ChannelQuantized, out, inner);
  });
  const { factors } = choice;
  if (factors === undefined || choice.method !== "int8-smoothed") return tensors;
  for (const kind of ["weight", "bias"]) {
    const name = `${site.norm}.${kind}`;
    const data = (await clip.read(name)).map((value, i) => value / factors[i]!);
    tensors.push({ name, dtype: "F32", shape: [data.length], data });
  }
  return tensors;
}

function channelTensors(layer: string, { data, scale }: ChannelQuantized, out: number, inner: number): TensorToWrite[] {
  return [
    { name: `${layer}.int8`, dtype: "I8", shape: [inner, out], data },
    { name: `${layer}.scale`, dtype: "F32", shape: [out], data: scale },
  ];
}

function blockTensors(layer: string, { data, scale }: BlockQuantized, out: number, inner: number): TensorToWrite[] {
  return [
    { name: `${layer}.blocks`, dtype: "U8", shape: [out, inner / BLOCK_SIZE, BLOCK_SIZE], data },
    { name: `${layer}.scale`, dtype: "F32", shape: [scale.length], data: scale },
  ];
}
