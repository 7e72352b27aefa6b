/** Everything that is measured of a picture, before anything is drawn. */

import { type AttentionRows, attentionMaps, COMPARISONS, type Comparison } from "../anomalyclip/attention-maps.ts";
import { frozenParameters } from "../clip/parameters.ts";
import { PictureEncoder } from "../features/picture-encoder.ts";
import { input, integers, type Tensor } from "../graph/tensor.ts";
import type { RgbImage } from "../image/image.ts";
import { preprocess } from "../image/preprocess.ts";
import { Session } from "../runtime/session.ts";
import { type ChosenPatch, extremePatches, type Place, patchesAt } from "./choose-patches.ts";
import { type OpenedModel, shownBlocks } from "./open-model.ts";
import type { PromptVariant, PromptVariants } from "./prompt-variants.ts";
import { meanMap, SimilarityMaps } from "./similarity-maps.ts";

/** A map [S, S] before and after smoothing. */
export interface MapPair {
  map: Float32Array;
  smoothed: Float32Array;
}

/** What a block says under the learned prompts. */
export interface LayerMaps {
  block: number;
  original: MapPair;
  /** Null before the second path begins. */
  second: MapPair | null;
}

/** What the picture looks like under one wording of the question. */
export interface VariantMaps {
  variant: PromptVariant;
  /** P(abnormal | image). */
  score: number;
  /** Smoothed, the mean over the layers of the settings, [S, S]. */
  original: Float32Array;
  second: Float32Array;
}

/** What a patch attends to at one block: the mean over heads, [1 + G²], the class token first. */
export interface BlockAttention {
  block: number;
  rows: Record<Comparison, Float32Array>;
}

export interface AskedPatch extends ChosenPatch {
  /** S_a of the patch, as the anomaly map has it before it is enlarged and smoothed. */
  similarity: number;
  blocks: BlockAttention[];
}

export interface ImageMeasurements {
  /** Under the learned prompts. */
  score: number;
  /** [S, S], 0..1: what `detect` draws, for one layer. */
  map: Float32Array;
  layers: LayerMaps[];
  /** The learned prompts come last. */
  variants: VariantMaps[];
  patches: AskedPatch[];
}

export interface MeasureOptions {
  /** Default: the most and the least anomalous patch. */
  patches?: readonly Place[];
  /** Blocks to show. Default: see {@link shownBlocks}. */
  blocks?: readonly number[];
}

const MOST_ATTENTION_BLOCKS = 4;
const MOST_LAYERS = 8;

/** @throws AnomalyClipError E_CONFIG for a block that the model does not have */
export async function measureImage(
  model: OpenedModel,
  image: RgbImage,
  variants: PromptVariants,
  options: MeasureOptions = {},
): Promise<ImageMeasurements> {
  const { settings, grid, threads } = model;
  const attentionBlocks = shownBlocks(model, options.blocks, MOST_ATTENTION_BLOCKS);
  const mapBlocks = shownBlocks(model, options.blocks, MOST_LAYERS);
  const similarity = await measureSimilarity(model, image, variants, mapBlocks);
  const size = { width: image.width, height: image.height };
  const { patchMap, ...rest } = similarity;
  const chosen = options.patches ? patchesAt(options.patches, size, grid) : extremePatches(patchMap, size, grid);

  const { imageSize } = settings;
  const picture = input("image", [1, 3, imageSize, imageSize]);
  const asking = integers(chosen.map(({ column, row }) => 1 + row * grid + column));
  const parameters = await frozenParameters(model.clip);
  const maps = attentionMaps(parameters, model.clip.config, picture, attentionBlocks, asking);
  const session = await Session.create(attentionOutputs(maps), { threads });
  try {
    const results = await session.run({ image: preprocess(image, imageSize) });
    const tokens = 1 + grid * grid;
    const patches = chosen.map(
      (patch, i): AskedPatch => ({
        ...patch,
        similarity: patchMap[patch.row * grid + patch.column]!,
        blocks: attentionBlocks.map((block, b) => ({
          block,
          rows: rowsOf((kind) => results[outputName(b, kind)]!.slice(i * tokens, (i + 1) * tokens)),
        })),
      }),
    );
    return { ...rest, patches };
  } finally {
    await session.close();
  }
}

// --- internal ---

/** One model in memory at a time: the encoder is closed before the attention is computed. */
async function measureSimilarity(
  model: OpenedModel,
  image: RgbImage,
  variants: PromptVariants,
  blocks: readonly number[],
): Promise<Omit<ImageMeasurements, "patches"> & { patchMap: Float32Array }> {
  const { clip, settings, secondPath, threads } = model;
  const layers = [...new Set([...blocks, ...settings.layers])].sort((a, b) => a - b);
  const encoder = await PictureEncoder.start(
    clip,
    { ...settings, layers, attention: secondPath },
    { threads, withOriginal: true },
  );
  const features = await encoder.encode(image).finally(() => encoder.close());
  const comparer = await SimilarityMaps.create(model);
  try {
    const at = (path: readonly Float32Array[], block: number) => path[layers.indexOf(block)]!;
    const ofVariant = async ({ texts }: PromptVariant, path: readonly Float32Array[]) => {
      const found = [];
      for (const layer of settings.layers) found.push(await comparer.compare(at(path, layer), texts.pixel));
      return {
        smoothed: meanMap(found.map(({ smoothed }) => smoothed)),
        patches: meanMap(found.map(({ patches }) => patches)),
      };
    };
    const { pixel } = variants.learned.texts;
    const layerMaps: LayerMaps[] = [];
    for (const block of blocks) {
      const original = await comparer.compare(at(features.originalLayers, block), pixel);
      const second = block < settings.dpamFrom ? null : await comparer.compare(at(features.layers, block), pixel);
      layerMaps.push({ block, original, second });
    }
    const variantMaps: VariantMaps[] = [];
    for (const variant of [...variants.others, variants.learned]) {
      const { score } = await comparer.compare(features.layers[0]!, variant.texts.image);
      const original = (await ofVariant(variant, features.originalLayers)).smoothed;
      const second = (await ofVariant(variant, features.layers)).smoothed;
      variantMaps.push({ variant, score, original, second });
    }
    const read = settings.attention === "none" ? features.originalLayers : features.layers;
    const { smoothed: map, patches: patchMap } = await ofVariant(variants.learned, read);
    return { score: variantMaps.at(-1)!.score, map, patchMap, layers: layerMaps, variants: variantMaps };
  } finally {
    await comparer.close();
  }
}

function attentionOutputs(maps: readonly AttentionRows[]): Record<string, Tensor> {
  return Object.fromEntries(
    maps.flatMap((rows, b) => COMPARISONS.map((kind) => [outputName(b, kind), rows[kind]] as const)),
  );
}

function outputName(index: number, kind: Comparison): string {
  return `block ${index} ${kind}`;
}

function rowsOf(row: (kind: Comparison) => Float32Array): Record<Comparison, Float32Array> {
  return { "q-k": row("q-k"), "q-q": row("q-q"), "k-k": row("k-k"), "v-v": row("v-v") };
}
