/** From the features of a picture to scores and maps, for several methods at once: the second half of detection. */

import { abnormalProbability, anomalyMap, logits, patchSimilarity, toPixels } from "../anomalyclip/similarity.ts";
import type { TextFeatures } from "../anomalyclip/text-features.ts";
import { add } from "../graph/elementwise.ts";
import { reshape, slice } from "../graph/layout.ts";
import { type FeedType, input, type Tensor } from "../graph/tensor.ts";
import { Session, type Values } from "../runtime/session.ts";

/** Which attention a method's local features come from: the second path's, or CLIP's own. */
export type FeaturePath = "dpam" | "original";

/** The texts that a method compares pictures of one class with. */
export interface MethodTexts {
  image: TextFeatures;
  pixel: TextFeatures;
}

export interface ScorerShape {
  /** 1 + G². */
  rows: number;
  embedDim: number;
  /** How many layers are summed in a map. */
  layers: number;
  /** The path of each method. */
  paths: readonly FeaturePath[];
  temperature: number;
  threads?: number;
  /** How features are fed. Default: `float32`. */
  fed?: FeedType;
}

/** One picture under all methods. */
export interface PictureScores {
  /** P(abnormal | image), by method. */
  scores: number[];
  /** By method [methods, G, G]: the sum over layers of S_a of the patches. Enlarged and smoothed it is the map. */
  patchMaps: Float32Array;
}

/** Scores pictures whose features are known. */
export class Scorer {
  private constructor(
    private readonly session: Session,
    private readonly shape: ScorerShape,
  ) {}

  static async create(shape: ScorerShape): Promise<Scorer> {
    const { rows, embedDim, layers, paths, temperature, threads, fed = "float32" } = shape;
    const outputs: Record<string, Tensor> = {};
    const inputs = new Map(
      [...new Set(paths)].map((path) => [
        path,
        Array.from({ length: layers }, (_, i) => input(`${path}${i}`, [1, rows, embedDim], fed)),
      ]),
    );
    for (const [method, path] of paths.entries()) {
      const imageTexts = input(`image${method}`, [2, embedDim]);
      const pixelTexts = input(`pixel${method}`, [2, embedDim]);
      const features = inputs.get(path)!;
      const image = reshape(slice(features[0]!, 1, 0, 1), [1, embedDim]);
      outputs[`score${method}`] = abnormalProbability(logits(image, imageTexts, temperature));
      outputs[`map${method}`] = features
        .map((layer) => patchSimilarity(layer, pixelTexts, temperature))
        .reduce((sum, map) => add(sum, map));
    }
    return new Scorer(await Session.create(outputs, { threads }), shape);
  }

  /**
   * @param features for each path that a method has, an array [1 + G², embed] of each layer, rows of unit length, the
   *   image feature first
   * @param texts of each method
   */
  async score(
    features: Partial<Record<FeaturePath, readonly Values[]>>,
    texts: readonly MethodTexts[],
  ): Promise<PictureScores> {
    const { paths, rows } = this.shape;
    const feeds: Record<string, Values> = {};
    for (const [path, layers] of Object.entries(features)) {
      for (const [i, layer] of layers.entries()) feeds[`${path}${i}`] = layer;
    }
    for (const [method, { image, pixel }] of texts.entries()) {
      feeds[`image${method}`] = Float32Array.of(...image.normal, ...image.abnormal);
      feeds[`pixel${method}`] = Float32Array.of(...pixel.normal, ...pixel.abnormal);
    }
    const results = await this.session.run(feeds);
    const patchMaps = new Float32Array(paths.length * (rows - 1));
    for (const method of paths.keys()) patchMaps.set(results[`map${method}`]!, method * (rows - 1));
    return { scores: paths.map((_, method) => results[`score${method}`]![0]!), patchMaps };
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

/** Enlarges and smooths maps over patches, as detection does. */
export class MapMaker {
  private constructor(private readonly session: Session) {}

  /**
   * @param grid G, patches along a side
   * @param imageSize S
   * @param sigma of the Gaussian, pixels; 0: none
   */
  static async create(grid: number, imageSize: number, sigma: number, threads?: number): Promise<MapMaker> {
    const map = anomalyMap([toPixels(input("patches", [1, grid, grid]), imageSize)], sigma);
    return new MapMaker(await Session.create({ map }, { threads }));
  }

  /** [G, G] -> [S, S] */
  async make(patchMap: Float32Array): Promise<Float32Array> {
    return (await this.session.run({ patches: patchMap })).map!;
  }

  close(): Promise<void> {
    return this.session.close();
  }
}
