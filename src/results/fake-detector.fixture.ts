/** A detector without a model: the score of a picture stands in its file name, as in `scratch-0.93.png`. */

import { basename } from "node:path";
import type { Detection } from "../anomalyclip/detection.ts";
import { AnomalyClipError } from "../errors.ts";
import { overlay } from "../image/overlay.ts";
import { resizeMap } from "../image/resample.ts";
import { type DrawOptions, encodePictures, pictureScale } from "../pipeline/draw-pictures.ts";
import type { Detector } from "./detect-images.ts";

const MAP_SIZE = 8;

export interface FakeDetector extends Detector {
  /** What it was asked to look at, in order. */
  seen: string[];
  closed: boolean;
  /** Looks at one picture. */
  look(source: string): Promise<Detection>;
}

/** Pictures named `broken...` fail; all others are 24 x 16 pixels of grey with a bright map at the left top. */
export function fakeDetector(description: Record<string, string | number> = { model: "fake" }): FakeDetector {
  const seen: string[] = [];
  return {
    description,
    identify: async () => ({}),
    seen,
    closed: false,
    async look(source) {
      seen.push(source);
      const name = basename(source);
      if (name.startsWith("broken")) throw new AnomalyClipError("E_IMAGE", `${source}: not a picture`);
      return fakeDetection(Number(/\d\.\d+/.exec(name)?.[0] ?? 0.25));
    },
    async *detectMany(sources, { draw = null, signal } = {}) {
      for await (const source of sources) {
        if (signal?.aborted) return;
        try {
          const detection = await this.look(source);
          yield { source, detection: draw === null ? detection : await drawn(detection, draw) };
        } catch (error) {
          yield { source, error };
        }
      }
    },
    async close() {
      this.closed = true;
    },
  };
}

export function fakeDetection(score: number): Detection {
  const image = { width: 24, height: 16, data: new Uint8Array(24 * 16 * 3).fill(128) };
  const map = Float32Array.from({ length: MAP_SIZE * MAP_SIZE }, (_, i) => (i === 0 ? score : score / 4));
  const regions = score < 0.5 ? [] : [{ x: 0, y: 0, width: 3, height: 2, area: 6, peak: score }];
  return {
    score,
    verdict: score >= 0.5 ? "abnormal" : "normal",
    threshold: 0.5,
    mapWidth: MAP_SIZE,
    mapHeight: MAP_SIZE,
    map,
    layers: 1,
    width: image.width,
    height: image.height,
    windows: 1,
    image,
    regions,
    imageMap: () => resizeMap(map, MAP_SIZE, MAP_SIZE, image.width, image.height),
    pictures: null,
  };
}

/** The same with its pictures. */
export async function drawn(detection: Detection, draw: DrawOptions = { colormap: "turbo" }): Promise<Detection> {
  const { image, layers, regions } = detection;
  const heat = overlay(image, detection.imageMap(), { ...pictureScale(layers, draw), regions });
  return { ...detection, pictures: await encodePictures(image, heat) };
}
