/** What a thread of the `PicturePool` does: everything about a picture but the model. */

import { decodeImage } from "../image/decode.ts";
import type { RgbImage } from "../image/image.ts";
import { preprocess } from "../image/preprocess.ts";
import { findRegions, type Region } from "../image/regions.ts";
import { resizeMap } from "../image/resample.ts";
import { Moved, serve } from "../runtime/worker-pool.ts";
import { type DrawOptions, drawPictures, type Pictures } from "./draw-pictures.ts";

export interface OpenTask {
  source: string | Uint8Array | RgbImage;
  /** Model pixels. */
  imageSize: number;
}

export interface OpenedPicture {
  image: RgbImage;
  /** Normalised [3, S, S]. */
  input: Float32Array;
}

export interface FinishTask {
  image: RgbImage;
  /** [S, S] */
  map: Float32Array;
  imageSize: number;
  layers: number;
  /** Map value from which pixels form a region, over all layers. */
  mapThreshold: number;
  draw: DrawOptions | null;
}

export interface FinishedPicture {
  image: RgbImage;
  regions: Region[];
  pictures: Pictures | null;
}

export interface DrawTask {
  image: RgbImage;
  /** At the size of the picture. */
  map: Float32Array;
  layers: number;
  /** In pixels of `image`. */
  regions: readonly Region[];
  draw: DrawOptions;
}

export default serve({
  async open({ source, imageSize }: OpenTask) {
    const decoded = await decodeImage(source);
    const image = { ...decoded, data: ownMemory(decoded.data) };
    const input = preprocess(image, imageSize);
    return new Moved<OpenedPicture>({ image, input }, [image.data.buffer, input.buffer]);
  },

  async finish({ image, map, imageSize, layers, mapThreshold, draw }: FinishTask) {
    const { width, height } = image;
    // Enlarging cannot lift a map above its peak, and most pictures are sound.
    const flat = draw === null && !map.some((value) => value >= mapThreshold);
    const enlarged = flat ? null : resizeMap(map, imageSize, imageSize, width, height);
    const regions = enlarged === null ? [] : findRegions(enlarged, width, height, mapThreshold);
    const pictures = draw && enlarged && (await drawPictures(image, enlarged, layers, regions, draw));
    return new Moved<FinishedPicture>({ image, regions, pictures }, [image.data.buffer]);
  },

  async draw({ image, map, layers, regions, draw }: DrawTask) {
    const pictures = await drawPictures(image, map, layers, regions, draw);
    return new Moved({ image, map, pictures }, [image.data.buffer, map.buffer]);
  },
});

/** Bytes in memory that they alone use: small ones share a pool with others, which cannot be moved. */
function ownMemory(data: Uint8Array): Uint8Array {
  return data.byteLength === data.buffer.byteLength ? data : new Uint8Array(data);
}
