/** How much there is to compute for a picture. */

import type { Settings } from "../anomalyclip/settings.ts";
import type { ClipConfig } from "../weights/clip-config.ts";
import type { StemConvolution } from "../weights/stem.ts";

/** Floating-point operations, multiply-adds counted twice. */
export interface PictureWork {
  /** Of products with weights, which may be in 8 bits. */
  linear: number;
  /** Of products within attention, which are float32 always. */
  attention: number;
}

/** What the work depends on. */
export type Backbone = Pick<ClipConfig, "vision" | "patchSize" | "embedDim">;
export type Reading = Pick<Settings, "imageSize" | "views" | "attention" | "dpamFrom">;

/** What the paper computes: ViT-L/14@336px at 518 pixels, with V-V attention from the 6th block. */
export const PAPER: { backbone: Backbone; reading: Reading } = {
  backbone: { vision: { width: 1024, layers: 24, heads: 16, mlpWidth: 4096 }, patchSize: 14, embedDim: 768 },
  reading: { imageSize: 518, views: 1, attention: "v-v", dpamFrom: 6 },
};

/** The vision tower's work on one picture, by the shapes of the method (`dpam.ts`); norms and softmaxes are left out. */
export function pictureWork({ vision, patchSize, embedDim }: Backbone, reading: Reading): PictureWork {
  const { width, mlpWidth, layers } = vision;
  const stem = stemWork(vision.stem ?? [], patchSize, reading.imageSize);
  const tokens = 1 + (reading.imageSize / patchSize) ** 2;
  const projection = tokens * width * width;
  // Queries, keys, values, output and both layers of the MLP. Of the last block the class token alone is wanted, but the
  // keys and values of all tokens.
  const original = (layers - 1) * (4 * projection + 2 * tokens * width * mlpWidth) + 2 * projection;
  // The second path has the values from the original one, and no MLP.
  const second = reading.attention === "none" ? 0 : layers - reading.dpamFrom + 1;
  const ends = tokens * width * (stem.channels * stem.patchSize ** 2 + embedDim);
  return {
    linear: 2 * reading.views * (original + second * projection + ends + stem.products),
    attention: 2 * reading.views * (layers - 1 + second) * (2 * tokens * tokens * width),
  };
}

/** Multiply-adds of the stem's convolutions, and what patches are cut from. */
function stemWork(stem: readonly StemConvolution[], patchSize: number, imageSize: number) {
  let [products, channels, scale] = [0, 3, 1];
  for (const { channels: out, stride } of stem) {
    scale *= stride;
    products += 9 * channels * out * (imageSize / scale) ** 2;
    channels = out;
  }
  return { products, channels, patchSize: patchSize / scale };
}
