/** How long a picture takes, from the rate at which the processor multiplies matrices. */

import { openDetection } from "../anomalyclip/open-detection.ts";
import { type MatrixRate, matrixRate } from "./matrix-rate.ts";
import { PAPER, pictureWork } from "./picture-work.ts";

export interface Speed {
  rate: MatrixRate;
  /** Rough times of a picture, seconds; decoding and drawing are left out. */
  paper: PictureTime & { int8Seconds: number };
  /** Null where the model in the package cannot be opened. */
  embedded: PictureTime | null;
}

export interface PictureTime {
  imageSize: number;
  float32Seconds: number;
}

/** Measures the rate, which takes about a second, and derives the times. */
export async function measureSpeed(): Promise<Speed> {
  const rate = await matrixRate();
  const { linear, attention } = pictureWork(PAPER.backbone, PAPER.reading);
  return {
    rate,
    paper: {
      imageSize: PAPER.reading.imageSize,
      float32Seconds: (linear + attention) / rate.float32,
      int8Seconds: linear / rate.int8 + attention / rate.float32,
    },
    embedded: await timeEmbedded(rate).catch(() => null),
  };
}

// --- internal ---

async function timeEmbedded({ float32 }: MatrixRate): Promise<PictureTime> {
  const { config, settings } = await openDetection({});
  const { linear, attention } = pictureWork(config, settings);
  return { imageSize: settings.imageSize, float32Seconds: (linear + attention) / float32 };
}
