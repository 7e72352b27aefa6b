/** The frozen vision tower as a program of its own: a picture in, its features out. */

import type { Settings } from "../anomalyclip/settings.ts";
import { encodeViews } from "../anomalyclip/views.ts";
import { gridSize } from "../clip/vision.ts";
import { concat, reshape, slice } from "../graph/layout.ts";
import { unitLength } from "../graph/normalize.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import type { RgbImage } from "../image/image.ts";
import { preprocess } from "../image/preprocess.ts";
import { openTower } from "../quantization/open-tower.ts";
import { Session } from "../runtime/session.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";

/** What features depend on besides weights and picture. */
export type FeatureSettings = Pick<Settings, "imageSize" | "layers" | "dpamFrom" | "attention"> &
  Partial<Pick<Settings, "views" | "precision">>;

/**
 * Features of one picture, an array [1 + G², embed] for each of the settings' layers: the image feature (the class token
 * of the original path), then the layer's patch features row by row, all of unit length.
 */
export interface PictureFeatures {
  layers: Float32Array[];
  /** With the patches of the original path, which has CLIP's own attention; none unless they were asked for. */
  originalLayers: Float32Array[];
}

export interface PictureEncoderOptions {
  /** Threads that the computation may use. Default: one for each core. */
  threads?: number;
  /** Default: false. */
  withOriginal?: boolean;
}

/** Runs one picture at a time. */
export class PictureEncoder {
  private constructor(
    private readonly session: Session,
    private readonly imageSize: number,
    private readonly features: PictureFeatures,
    private readonly outputs: Record<string, Float32Array>,
  ) {}

  static async start(
    clip: ClipWeights,
    settings: FeatureSettings,
    { threads, withOriginal = false }: PictureEncoderOptions = {},
  ): Promise<PictureEncoder> {
    const { imageSize, layers } = settings;
    const image = input("image", [1, 3, imageSize, imageSize]);
    const { embedDim } = clip.config;
    const size = (1 + gridSize(clip.config, imageSize) ** 2) * embedDim;
    const { parameters, linear } = await openTower(clip, settings.precision);
    const encoded = encodeViews(parameters, clip.config, image, settings, { withOriginal, linear });
    const graph: Record<string, Tensor> = {};
    const outputs: Record<string, Float32Array> = {};
    const add = (name: string, patches: Tensor): Float32Array => {
      graph[name] = rowsOf(encoded.image, patches);
      // Written to at every run, which saves allocating megabytes for each picture.
      outputs[name] = new Float32Array(size);
      return outputs[name];
    };
    const features: PictureFeatures = {
      layers: encoded.patches.map((patches, i) => add(`layer${layers[i]}`, patches)),
      originalLayers: encoded.originalPatches.map((patches, i) => add(`original${layers[i]}`, patches)),
    };
    return new PictureEncoder(await Session.create(graph, { threads }), imageSize, features, outputs);
  }

  /** The features of a picture, in memory that the next call writes to. */
  async encode(image: RgbImage): Promise<PictureFeatures> {
    await this.session.run({ image: preprocess(image, this.imageSize) }, this.outputs);
    return this.features;
  }

  /** Frees the memory of the model. */
  close(): Promise<void> {
    return this.session.close();
  }
}

// --- internal ---

/** The image feature [1, embed] and a layer's class token and patches [1, 1 + G², embed] -> rows [1, 1 + G², embed]. */
function rowsOf(image: Tensor, patches: Tensor): Tensor {
  const [batch, tokens, width] = patches.shape as [number, number, number];
  const first = reshape(unitLength(image), [batch, 1, width]);
  return concat([first, unitLength(slice(patches, 1, 1, tokens))], 1);
}
