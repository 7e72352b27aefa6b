/** Textures that grew or set: wood, leather, concrete, marble, cork. */

import type { Random } from "../../../random.ts";
import { type Cell, findCell, fractalNoise, gradientNoise } from "../noise.ts";
import { pickGrey, pickPaint, pickStone, pickWood, vary } from "../palette.ts";
import { blendColor, type Category, type Material, setColor, smoothStep, visibleOctaves } from "../surface.ts";

/** Long year rings with fine pores along them. */
function buildWood(random: Random): Material {
  const light = pickWood(random);
  const dark = vary(light, 0.03, random, random.range(0.55, 0.8));
  const rings = random.range(5, 12);
  const wave = random.range(0.3, 1.2);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out) => {
    const bend = wave * gradientNoise(x * 1.2, y * 2.5, seed);
    const ring = 0.5 + 0.5 * Math.sin(2 * Math.PI * (y * rings + bend));
    const pore = gradientNoise(x * 5, y * 70, seed + 2);
    setColor(out, light, 1 + 0.09 * pore);
    blendColor(out, dark, 1 + 0.09 * pore, 0.85 * ring * ring);
    out.height = 0.0008 * pore;
    out.coverage = 1;
  };
  return { surface, gloss: 0.08, parts: 0 };
}

/** Pebbled skin: rounded cells with creases between them. */
function buildLeather(random: Random): Material {
  const hide = random.chance(0.6)
    ? vary(pickWood(random), 0.05, random, 0.8)
    : pickPaint(random, [0, 0.7], [0.15, 0.6]);
  const cells = random.range(13, 24);
  const depth = random.range(0.15, 0.4);
  const seed = random.int(0, 255);
  const cell: Cell = { nearest: 0, second: 0, id: 0 };
  const surface: Material["surface"] = (x, y, out) => {
    const wobble = 0.25 * gradientNoise(x * 8, y * 8, seed);
    findCell(x * cells + wobble, y * cells - wobble, 0.85, seed, cell);
    const pad = smoothStep(0, 0.45, cell.second - cell.nearest);
    setColor(out, hide, 0.78 + 0.22 * pad + 0.12 * gradientNoise(x * 4, y * 4, seed + 7));
    out.height = (depth * pad) / cells;
    out.coverage = 1;
  };
  return { surface, gloss: 0.2, parts: 0 };
}

/** Cement: cloudy greys with even sand. */
function buildConcrete(random: Random): Material {
  const cement = pickStone(random);
  const clouds = random.range(0.05, 0.16);
  const sand = random.range(0.04, 0.14);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const cloud = fractalNoise(x * 3, y * 3, 3, seed);
    const grit = fractalNoise(x * 28, y * 28, visibleOctaves(28, view.pixel, 3), seed + 11);
    setColor(out, cement, 1 + clouds * cloud + sand * grit);
    out.height = 0.004 * grit;
    out.coverage = 1;
  };
  return { surface, gloss: 0, parts: 0 };
}

/** Polished stone with soft, broad veins that run one way. */
function buildMarble(random: Random): Material {
  const stone = random.chance(0.65) ? pickGrey(random, 0.7, 0.95) : vary(pickStone(random), 0.08, random, 0.7);
  const vein = vary(stone, 0.08, random, random.range(0.55, 0.8));
  const bands = random.range(1.2, 2.4);
  const twist = random.range(0.5, 1.1);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out) => {
    const warp = twist * fractalNoise(x * 1.8, y * 1.8, 2, seed);
    const wave = Math.abs(Math.sin(Math.PI * (x * bands + warp)));
    setColor(out, stone, 1 + 0.05 * fractalNoise(x * 6, y * 6, 2, seed + 3));
    blendColor(out, vein, 1, 0.85 * smoothStep(0.85, 0, wave));
    out.height = 0;
    out.coverage = 1;
  };
  return { surface, gloss: 0.2, parts: 0 };
}

/** Pressed granules, each with its own brown. */
function buildCork(random: Random): Material {
  const bark = pickWood(random);
  const granules = random.range(10, 20);
  const contrast = random.range(0.15, 0.35);
  const seed = random.int(0, 255);
  const cell: Cell = { nearest: 0, second: 0, id: 0 };
  const surface: Material["surface"] = (x, y, out) => {
    findCell(x * granules, y * granules, 1, seed, cell);
    const seam = smoothStep(0, 0.2, cell.second - cell.nearest);
    const shade = 1 + contrast * (cell.id / 127.5 - 1) * 0.8;
    setColor(out, bark, shade * (0.85 + 0.15 * seam) + 0.08 * gradientNoise(x * 34, y * 34, seed));
    out.height = (0.08 * seam) / granules;
    out.coverage = 1;
  };
  return { surface, gloss: 0, parts: 0 };
}

export const naturalTextures: readonly Category[] = [
  {
    name: "wood",
    noun: "wooden surface",
    kind: "texture",
    split: "train",
    material: "wood",
    turn: 3.2,
    build: buildWood,
  },
  {
    name: "leather",
    noun: "leather surface",
    kind: "texture",
    split: "held-out",
    material: "fabric",
    turn: 3.2,
    build: buildLeather,
  },
  {
    name: "concrete",
    noun: "concrete surface",
    kind: "texture",
    split: "train",
    material: "stone",
    turn: 3.2,
    build: buildConcrete,
  },
  {
    name: "marble",
    noun: "marble slab",
    kind: "texture",
    split: "held-out",
    material: "stone",
    turn: 3.2,
    build: buildMarble,
  },
  {
    name: "cork",
    noun: "cork sheet",
    kind: "texture",
    split: "held-out",
    material: "wood",
    turn: 3.2,
    build: buildCork,
  },
];
