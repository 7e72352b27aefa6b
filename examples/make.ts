/** Draws the pictures of this folder: things that the embedded model never saw, sound and with defects that it never saw. */

import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { renderSample } from "../src/datasets/procedural/render.ts";
import { encodePng } from "../src/image/encode.ts";

const SIZE = 320;

/** Category, defect (null: sound), seed of the scene. */
const PICTURES: readonly [category: string, defect: string | null, seed: number][] = [
  ["leather", null, 11],
  ["leather", "fold", 12],
  ["leather", "burn", 13],
  ["gear", null, 21],
  ["gear", "chip", 22],
  ["coin", "corrosion", 31],
  ["coin", null, 32],
  ["perforated-sheet", null, 41],
  ["perforated-sheet", "bend", 42],
  ["tablet", null, 51],
  ["tablet", "chip", 52],
  ["knit", "loose-thread", 61],
  ["knit", null, 62],
  ["screw", "corrosion", 71],
];

for (const [category, defect, seed] of PICTURES) {
  const { image } = renderSample({ category, defect, seed, size: SIZE });
  const name = `${category}-${defect ?? "good"}.png`;
  await writeFile(fileURLToPath(new URL(name, import.meta.url)), await encodePng(image));
}
