/** What can be had of a picture that was looked at: itself, its map, and both drawn together. */

import sharp from "sharp";
import type { ColormapName } from "../image/colormap.ts";
import { decodeImage } from "../image/decode.ts";
import { encodeGray16, encodeJpeg, encodePng, encodeThumbnail } from "../image/encode.ts";
import type { RgbImage } from "../image/image.ts";
import { overlay } from "../image/overlay.ts";
import { resizeMap } from "../image/resample.ts";
import { identifyImage } from "../image/source.ts";
import { pictureScale, THUMBNAIL_SIDE } from "../pipeline/draw-pictures.ts";
import type { PicturePool } from "../pipeline/picture-pool.ts";
import type { KeptResult } from "./history.ts";
import type { PictureStore } from "./picture-store.ts";

export interface EncodedPicture {
  type: "image/png" | "image/jpeg" | "image/webp" | "image/gif";
  bytes: Uint8Array;
}

/** What every browser shows as it is; others are sent as PNG. */
const SHOWN: Readonly<Record<string, EncodedPicture["type"]>> = {
  PNG: "image/png",
  JPEG: "image/jpeg",
  WebP: "image/webp",
};

export class ResultFiles {
  constructor(
    private readonly store: PictureStore,
    private readonly pool: PicturePool,
  ) {}

  /** The file as it was sent. */
  sent({ id }: KeptResult): Promise<Uint8Array> {
    return this.store.picture(id);
  }

  /** The map as a `.npy` file. */
  mapFile({ id }: KeptResult): Promise<Uint8Array> {
    return this.store.mapFile(id);
  }

  /** The picture in a format that browsers show. */
  async picture({ id }: KeptResult): Promise<EncodedPicture> {
    const bytes = await this.store.picture(id);
    const type = SHOWN[(await identifyImage(bytes)).format];
    return type === undefined
      ? { type: "image/png", bytes: await encodePng(await decodeImage(bytes)) }
      : { type, bytes };
  }

  /** The picture at its own size with the map over it. */
  async overlay({ id, layers, regions }: KeptResult, colormap: ColormapName): Promise<EncodedPicture> {
    const [source, map] = await Promise.all([this.store.picture(id), this.store.map(id)]);
    const bytes = await this.pool.redraw({ source, ...map, layers, regions, draw: { colormap } });
    return { type: "image/png", bytes };
  }

  /** At most `THUMBNAIL_SIDE` pixels wide and high. */
  async thumbnail({ id }: KeptResult): Promise<EncodedPicture> {
    return { type: "image/jpeg", bytes: await encodeThumbnail(await this.#small(id), THUMBNAIL_SIDE) };
  }

  async overlayThumbnail({ id, layers }: KeptResult, colormap: ColormapName): Promise<EncodedPicture> {
    const [image, { map, rows, columns }] = await Promise.all([this.#small(id), this.store.map(id)]);
    const small = resizeMap(map, columns, rows, image.width, image.height);
    return {
      type: "image/jpeg",
      bytes: await encodeJpeg(overlay(image, small, pictureScale(layers, { colormap })), 80),
    };
  }

  /** The map as 16-bit grey: 65535 is the number of layers, its largest possible value. */
  async mapPng({ id, layers }: KeptResult): Promise<EncodedPicture> {
    const { map, rows, columns } = await this.store.map(id);
    return { type: "image/png", bytes: await mapPng(map, columns, rows, layers) };
  }

  async #small(id: string): Promise<RgbImage> {
    const bytes = await this.store.picture(id);
    // sharp reads a JPEG at a fraction of its size, which is many times as fast; BMP it does not know.
    const { format } = await identifyImage(bytes);
    const input = format === "BMP" ? await encodePng(await decodeImage(bytes)) : bytes;
    const { data, info } = await sharp(input, { limitInputPixels: false })
      .autoOrient()
      .resize({ width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE, fit: "inside", withoutEnlargement: true })
      .removeAlpha()
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: asRgb(data, info.channels) };
  }
}

/** A map as a 16-bit grey PNG. */
export function mapPng(map: Float32Array, width: number, height: number, layers: number): Promise<Uint8Array> {
  const levels = Uint16Array.from(map, (value) => Math.round((65535 * Math.min(Math.max(value, 0), layers)) / layers));
  return encodeGray16(levels, width, height);
}

// --- internal ---

function asRgb(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return data;
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let i = 0; i < rgb.length; i++) rgb[i] = data[Math.trunc(i / 3) * channels]!;
  return rgb;
}
