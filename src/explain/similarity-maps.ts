/** From the features of a picture to scores and maps, one layer at a time. */

import { abnormalProbability, anomalyMap, logits, patchSimilarity, toPixels } from "../anomalyclip/similarity.ts";
import type { TextFeatures } from "../anomalyclip/text-features.ts";
import { reshape, slice } from "../graph/layout.ts";
import { input } from "../graph/tensor.ts";
import { Session } from "../runtime/session.ts";
import type { OpenedModel } from "./open-model.ts";

/** What one layer says under one pair of texts. */
export interface LayerSimilarity {
  /** P(abnormal | image), 0..1: the same for all layers. */
  score: number;
  /** S_a of the patches, [G, G], 0..1. */
  patches: Float32Array;
  /** The same enlarged to pixels, [S, S]. */
  map: Float32Array;
  /** The same smoothed, [S, S]. */
  smoothed: Float32Array;
}

/** Compares features with texts. */
export class SimilarityMaps {
  private constructor(private readonly session: Session) {}

  static async create({ clip, settings, grid, threads }: OpenedModel): Promise<SimilarityMaps> {
    const { embedDim } = clip.config;
    const { imageSize, temperature, sigma } = settings;
    const features = input("features", [1, 1 + grid * grid, embedDim]);
    const texts = input("texts", [2, embedDim]);
    const imageFeature = reshape(slice(features, 1, 0, 1), [1, embedDim]);
    const patches = patchSimilarity(features, texts, temperature);
    const map = toPixels(patches, imageSize);
    const outputs = {
      score: abnormalProbability(logits(imageFeature, texts, temperature)),
      patches,
      map,
      smoothed: anomalyMap([map], sigma),
    };
    return new SimilarityMaps(await Session.create(outputs, { threads }));
  }

  /** @param features rows of unit length [1 + G², embed], the image feature first, then the patches of a layer */
  async compare(features: Float32Array, { normal, abnormal }: TextFeatures): Promise<LayerSimilarity> {
    const results = await this.session.run({ features, texts: Float32Array.of(...normal, ...abnormal) });
    const { score, patches, map, smoothed } = results;
    return { score: score![0]!, patches: patches!, map: map!, smoothed: smoothed! };
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

/** The mean of maps, element by element: of the maps of several layers, it lies in 0..1 as each of them does. */
export function meanMap(maps: readonly Float32Array[]): Float32Array {
  return maps[0]!.map((_, i) => maps.reduce((sum, map) => sum + map[i]!, 0) / maps.length);
}
