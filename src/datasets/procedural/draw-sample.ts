/** Draws one picture of a set into its files. */

import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { mixSeed, Random } from "../../random.ts";
import { type ProceduralSample, renderSample } from "./render.ts";

/** A picture to draw, and where to. */
export interface DrawTask {
  root: string;
  /** Relative to the root, with forward slashes. */
  path: string;
  /** Empty for a normal picture. */
  maskPath: string;
  category: string;
  defect: string | null;
  seed: number;
  /** Pixels on a side. */
  size: number;
}

/** Captions of one picture in `captions.jsonl`: six that name the category, three that do not. */
const NAMED_CAPTIONS = 6;
const GENERIC_CAPTIONS = 3;

/** Writes the picture and its mask (0 or 255). @returns some captions that fit it */
export async function drawSample({ root, path, maskPath, category, defect, seed, size }: DrawTask): Promise<string[]> {
  const sample = renderSample({ category, defect, seed, size });
  await writePng(join(root, path), sample.image.data, size, 3);
  if (maskPath !== "") {
    const levels = sample.mask.map((inside) => 255 * inside);
    await writePng(join(root, maskPath), levels, size, 1);
  }
  return chooseCaptions(sample, seed);
}

// --- internal ---

async function writePng(path: string, data: Uint8Array, size: number, channels: 1 | 3): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const picture = sharp(data, { raw: { width: size, height: size, channels } });
  await (channels === 1 ? picture.toColourspace("b-w") : picture).png().toFile(path);
}

function chooseCaptions(sample: ProceduralSample, seed: number): string[] {
  const random = new Random(mixSeed("captions", seed));
  const draw = (texts: readonly string[], count: number) => Array.from({ length: count }, () => random.pick(texts));
  return [...new Set([...draw(sample.captions, NAMED_CAPTIONS), ...draw(sample.objectCaptions, GENERIC_CAPTIONS)])];
}
