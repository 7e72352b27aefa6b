/** Image features of many pictures: the class token of CLIP's own path, which scores come from. */

import { setImmediate } from "node:timers/promises";
import { encodeViews } from "../anomalyclip/views.ts";
import { frozenParameters } from "../clip/parameters.ts";
import type { Sample } from "../datasets/sample.ts";
import { AnomalyClipError } from "../errors.ts";
import { unitLength } from "../graph/normalize.ts";
import { input } from "../graph/tensor.ts";
import { decodeImage } from "../image/decode.ts";
import { preprocess } from "../image/preprocess.ts";
import { Session } from "../runtime/session.ts";
import { type OpenedModel, requireFinite } from "./open-model.ts";

/** A picture and its image feature. */
export interface EncodedPicture {
  sample: Sample;
  /** Unit length, [embed]. */
  feature: Float32Array;
}

export interface EncodeEvents {
  /** Called after each picture. */
  onPicture?: (done: number, total: number) => void;
  /** Told of a picture that cannot be read, which is left out. */
  onNote?: (text: string) => void;
  /** Stops between two pictures. */
  signal?: AbortSignal;
}

/**
 * Encodes pictures one after another.
 *
 * @returns those that could be read, in the order given
 * @throws AnomalyClipError E_WEIGHTS when features are not finite; the signal's reason when it aborts
 */
export async function encodePictures(
  model: OpenedModel,
  samples: readonly Sample[],
  { onPicture, onNote, signal }: EncodeEvents = {},
): Promise<EncodedPicture[]> {
  const { clip, threads } = model;
  const { imageSize, views } = model.settings;
  const picture = input("image", [1, 3, imageSize, imageSize]);
  const last = clip.config.vision.layers;
  // With a second path in the last block alone, whose patches nobody reads, the graph has the least to compute.
  const least = { layers: [last], dpamFrom: last, attention: "v-v", views } as const;
  const { image } = encodeViews(await frozenParameters(clip), clip.config, picture, least);
  const session = await Session.create({ feature: unitLength(image) }, { threads });
  const encoded: EncodedPicture[] = [];
  try {
    for (const [i, sample] of samples.entries()) {
      // The session keeps this thread busy: here signals get in.
      await setImmediate();
      signal?.throwIfAborted();
      try {
        const decoded = await decodeImage(sample.image);
        const { feature } = await session.run({ image: preprocess(decoded, imageSize) });
        requireFinite(model, feature!);
        encoded.push({ sample, feature: feature! });
      } catch (error) {
        if (!(error instanceof AnomalyClipError && error.code === "E_IMAGE")) throw error;
        onNote?.(error.message);
      }
      onPicture?.(i + 1, samples.length);
    }
  } finally {
    await session.close();
  }
  return encoded;
}
