/** A small data set on disk, and caches of the reference CLIP for it. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { referencePath } from "../../test/reference/reference.ts";
import type { Sample } from "../datasets/sample.ts";
import { encodePng } from "../image/encode.ts";
import { openClip } from "../weights/clip-weights.ts";
import { FeatureCache } from "./feature-cache.ts";
import { MaskCache } from "./mask-cache.ts";

export const SIZE = 64;

export interface PreparedFixture {
  /** Both, opened anew for every test. */
  cache: FeatureCache;
  masks: MaskCache;
  /** Path of a file of the data set. */
  path(name: string): string;
  /** Writes a picture, different for every seed, and returns its path. */
  picture(name: string, seed: number, width?: number, height?: number): Promise<string>;
  /** Writes a mask whose upper rows, as many as `rows`, are anomalous, and returns its path. */
  mask(name: string, rows: number, width?: number, height?: number): Promise<string>;
}

/** An empty folder and empty caches for each test of a file. */
export function usePreparedFixture(): PreparedFixture {
  let folder = "";
  const path = (name: string) => join(folder, "set", name);
  const write = async (name: string, data: Uint8Array, width: number, height: number) => {
    await writeFile(path(name), await encodePng({ width, height, data }));
    return path(name);
  };
  const fixture = {
    path,
    picture: (name, seed, width = 40, height = 30) => {
      const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * (seed + 3) + seed * seed) % 256);
      return write(name, data, width, height);
    },
    mask: (name, rows, width = 40, height = 30) => {
      const data = new Uint8Array(width * height * 3).fill(255, 0, width * rows * 3).fill(0, width * rows * 3);
      return write(name, data, width, height);
    },
  } as PreparedFixture;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "anomalyclip-prepare-"));
    await mkdir(join(folder, "set"));
    const cacheDir = join(folder, "cache");
    const settings = { imageSize: SIZE, layers: [4, 6], dpamFrom: 4, attention: "v-v" } as const;
    fixture.cache = await FeatureCache.open(await openClip(referencePath("clip.safetensors")), settings, { cacheDir });
    fixture.masks = await MaskCache.open(SIZE, { cacheDir });
  });
  afterEach(() => rm(folder, { recursive: true }));
  return fixture;
}

export function normal(image: string): Sample {
  return { image, mask: null, className: "nut", specie: "good", abnormal: false, split: "train" };
}

export function abnormal(image: string, mask: string | null): Sample {
  return { image, mask, className: "nut", specie: "scratch", abnormal: true, split: "train" };
}
