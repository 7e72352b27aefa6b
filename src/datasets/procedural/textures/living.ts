/** Living and baked surfaces: skin, a stained section of tissue, bread. */

import type { Random } from "../../../random.ts";
import { type Cell, findCell, fractalNoise, gradientNoise } from "../noise.ts";
import { fromHsv, pickGrey, vary } from "../palette.ts";
import { blendColor, type Category, type Material, setColor, smoothStep, visibleOctaves } from "../surface.ts";

/** Skin of any tone: fine creases, blotches, sometimes hairs, all of them healthy. */
function buildSkin(random: Random): Material {
  const tone = fromHsv(random.range(0.02, 0.08), random.range(0.25, 0.6), random.range(0.3, 0.95));
  const flush = vary(tone, 0.02, random, random.range(0.85, 0.97));
  const creases = random.range(18, 36);
  const depth = random.range(0.03, 0.12);
  const hairs = random.chance(0.35) ? random.range(3, 7) : 0;
  const seed = random.int(0, 255);
  const cell: Cell = { nearest: 0, second: 0, id: 0 };
  const surface: Material["surface"] = (x, y, out, view) => {
    findCell(x * creases, y * creases, 0.9, seed, cell);
    const pad = smoothStep(0, 0.35, cell.second - cell.nearest);
    setColor(out, tone, 0.95 + 0.05 * pad + 0.04 * fractalNoise(x * 14, y * 14, 2, seed + 2));
    blendColor(
      out,
      [flush[0], flush[1] * 0.93, flush[2] * 0.93],
      1,
      smoothStep(-0.2, 0.6, gradientNoise(x * 3, y * 3, seed + 5)),
    );
    if (hairs > 0) {
      const bend = x + 0.08 * gradientNoise(y * 3, x * 2, seed + 7);
      const strand = Math.abs(gradientNoise(bend * hairs * 2, y * 0.8 + Math.floor(bend * hairs), seed + 8));
      blendColor(out, [0.1, 0.07, 0.05], 1, 0.6 * smoothStep(0.012 + view.pixel * hairs, 0.004, strand));
    }
    out.height = (depth * pad) / creases;
    out.coverage = 1;
  };
  return { surface, gloss: 0.1, parts: 0 };
}

/** A thin section under the microscope: pink ground, violet nuclei. */
function buildTissueSection(random: Random): Material {
  const ground = fromHsv(random.range(0.86, 0.95), random.range(0.2, 0.5), random.range(0.8, 0.95));
  const nucleus = fromHsv(random.range(0.7, 0.8), random.range(0.4, 0.7), random.range(0.3, 0.6));
  const cells = random.range(12, 26);
  const size = random.range(0.16, 0.28);
  const strands = random.range(3, 8);
  const seed = random.int(0, 255);
  const cell: Cell = { nearest: 0, second: 0, id: 0 };
  const surface: Material["surface"] = (x, y, out, view) => {
    const strand = gradientNoise(x * strands * 3, y * strands, seed + 3);
    setColor(
      out,
      ground,
      0.97 + 0.08 * strand + 0.05 * fractalNoise(x * 20, y * 20, visibleOctaves(20, view.pixel, 2), seed),
    );
    findCell(x * cells, y * cells, 0.9, seed, cell);
    const radius = size * (0.7 + 0.6 * ((cell.id * 53) & 255) * (1 / 255));
    blendColor(out, nucleus, 1, 0.85 * smoothStep(radius + 0.08, radius - 0.05, cell.nearest));
    out.height = 0;
    out.coverage = 1;
  };
  return { surface, gloss: 0, parts: 0 };
}

/** The cut face of a loaf: crumb with pores of every size. */
function buildBread(random: Random): Material {
  const crumb = fromHsv(random.range(0.08, 0.13), random.range(0.15, 0.45), random.range(0.6, 0.95));
  const pit = vary(crumb, 0.02, random, random.range(0.6, 0.8));
  const pores = random.range(8, 20);
  const seeds = random.chance(0.3) ? pickGrey(random, 0.1, 0.3) : null;
  const seed = random.int(0, 255);
  const cell: Cell = { nearest: 0, second: 0, id: 0 };
  const surface: Material["surface"] = (x, y, out) => {
    findCell(x * pores, y * pores, 1, seed, cell);
    const radius = 0.12 + 0.25 * ((cell.id * 29) & 255) * (1 / 255);
    const pore = smoothStep(radius + 0.1, radius - 0.1, cell.nearest);
    setColor(out, crumb, 0.95 + 0.1 * fractalNoise(x * 25, y * 25, 2, seed + 1));
    blendColor(out, pit, 1, pore);
    if (seeds && cell.id % 5 === 0) blendColor(out, seeds, 1, smoothStep(0.14, 0.08, cell.nearest));
    out.height = (-0.2 * pore) / pores;
    out.coverage = 1;
  };
  return { surface, gloss: 0, parts: 0 };
}

const texture = { kind: "texture", turn: 3.2 } as const;

export const livingTextures: readonly Category[] = [
  { ...texture, name: "skin", noun: "skin", split: "train", material: "tissue", build: buildSkin },
  {
    ...{ ...texture, name: "tissue-section", noun: "tissue section", split: "held-out", material: "tissue" },
    build: buildTissueSection,
  },
  { ...texture, name: "bread", noun: "slice of bread", split: "train", material: "food", build: buildBread },
];
