/** What a thread of the `PicturePool` does: everything about a picture but the model. */

import { decodeImage } from "../image/decode.ts";
import { encodePng } from "../image/encode.ts";
import { EnlargedRows } from "../image/enlarged-rows.ts";
import type { RgbImage } from "../image/image.ts";
import { OverlayDrawing, overlay } from "../image/overlay.ts";
import { preprocess } from "../image/preprocess.ts";
import type { Region } from "../image/regions.ts";
import { resizeMap } from "../image/resample.ts";
import { StreamingRegions } from "../image/streaming-regions.ts";
import { Moved, serve } from "../runtime/worker-pool.ts";
import { type DrawOptions, encodePictures, type Pictures, pictureScale } from "./draw-pictures.ts";

export interface OpenTask {
  source: string | Uint8Array | RgbImage;
  /** Model pixels. */
  imageSize: number;
  /** See `DecodeOptions`. */
  maxPixels?: number;
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

/** A picture that was looked at before, and what was seen. */
export interface RedrawTask {
  /** The bytes of its file. */
  source: Uint8Array;
  /** [rows, columns], over the whole picture. */
  map: Float32Array;
  rows: number;
  columns: number;
  layers: number;
  /** In the picture's own pixels. */
  regions: readonly Region[];
  draw: DrawOptions;
}

export default serve({
  async open({ source, imageSize, maxPixels }: OpenTask) {
    const decoded = await decodeImage(source, { maxPixels });
    const image = { ...decoded, data: ownMemory(decoded.data) };
    const input = preprocess(image, imageSize);
    return new Moved<OpenedPicture>({ image, input }, [image.data.buffer, input.buffer]);
  },

  async finish({ image, map, imageSize, layers, mapThreshold, draw }: FinishTask) {
    const { width, height } = image;
    const regions = new StreamingRegions(mapThreshold);
    const drawing = draw && new OverlayDrawing(image, pictureScale(layers, draw));
    // Enlarging cannot lift a map above its peak, and most pictures are sound.
    if (drawing !== null || map.some((value) => value >= mapThreshold)) {
      // Row by row, while a row is at hand for both: a map at the size of a photograph is slow to go through twice.
      const enlarged = new EnlargedRows(map, imageSize, width, height);
      for (let y = 0; y < height; y++) {
        const row = enlarged.row(y);
        regions.add(row);
        drawing?.addRow(y, row);
      }
    }
    const found = regions.finish();
    const pictures = drawing && (await encodePictures(image, drawing.finish(found)));
    return new Moved<FinishedPicture>({ image, regions: found, pictures }, [image.data.buffer]);
  },

  async draw({ image, map, layers, regions, draw }: DrawTask) {
    const drawn = overlay(image, map, { ...pictureScale(layers, draw), regions });
    const pictures = await encodePictures(image, drawn);
    return new Moved({ image, map, pictures }, [image.data.buffer, map.buffer]);
  },

  async redraw({ source, map, rows, columns, layers, regions, draw }: RedrawTask) {
    const image = await decodeImage(source);
    const enlarged = resizeMap(map, columns, rows, image.width, image.height);
    return await encodePng(overlay(image, enlarged, { ...pictureScale(layers, draw), regions }));
  },
});

/** Bytes in memory that they alone use: small ones share a pool with others, which cannot be moved. */
function ownMemory(data: Uint8Array): Uint8Array {
  return data.byteLength === data.buffer.byteLength ? data : new Uint8Array(data);
}
