/** Textures made of threads: fabric, denim, knit, carpet, wire mesh. */

import type { Random } from "../../../random.ts";
import { type Cell, findCell, fractalNoise, gradientNoise, latticeValue } from "../noise.ts";
import { pickGrey, pickMetal, pickPaint, vary } from "../palette.ts";
import { blendColor, type Category, insideOf, type Material, setColor, smoothStep, wrap } from "../surface.ts";

/** Plain weave: threads of two directions take turns on top; sometimes every n-th thread has another colour. */
function buildFabric(random: Random): Material {
  const threads = random.range(9, 18);
  const warp = pickPaint(random, [0, 0.6], [0.35, 0.9]);
  const weft = random.chance(0.5) ? warp : vary(warp, 0.15, random);
  const stripe = random.chance(0.3) ? vary(warp, 0.3, random) : warp;
  const every = random.int(3, 5);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out) => {
    const u = x * threads;
    const v = y * threads;
    const column = Math.floor(u);
    const row = Math.floor(v);
    const across = u - column - 0.5;
    const along = v - row - 0.5;
    const warpOnTop = ((column + row) & 1) === 0;
    const side = warpOnTop ? across : along;
    const run = warpOnTop ? along : across;
    const dome = (1 - 3.2 * side * side) * (0.75 + 0.25 * Math.cos(Math.PI * run));
    const index = warpOnTop ? column : row;
    const color = wrap(index, every) === 0 ? stripe : warpOnTop ? warp : weft;
    const shade = 0.55 + 0.45 * dome + 0.08 * gradientNoise(u * 2, v * 2, seed);
    setColor(out, color, shade * (0.95 + 0.1 * latticeValue(index, warpOnTop ? 0 : 1, seed)));
    out.height = (0.35 * dome) / threads;
    out.coverage = 1;
  };
  return { surface, gloss: 0, parts: 0 };
}

/** Twill: slanting ribs of a dark warp with light specks of weft between them. */
function buildDenim(random: Random): Material {
  const ribs = random.range(11, 18);
  const slope = random.range(0.6, 1.4) * random.sign();
  const dye = random.chance(0.7) ? pickPaint(random, [0.3, 0.7], [0.25, 0.55]) : pickGrey(random, 0.15, 0.4);
  const weft = pickGrey(random, 0.65, 0.9);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out) => {
    const t = (x + slope * y) * ribs;
    const rib = 0.5 + 0.5 * Math.cos(2 * Math.PI * t);
    const speck = Math.max(0, gradientNoise(x * ribs * 2.2, y * ribs * 2.2, seed)) * (1 - rib);
    const gain = 0.75 + 0.3 * rib + 0.12 * fractalNoise(x * 5, y * 5, 2, seed + 9);
    setColor(out, dye, gain);
    out.r += (weft[0] - out.r) * speck * 0.7;
    out.g += (weft[1] - out.g) * speck * 0.7;
    out.b += (weft[2] - out.b) * speck * 0.7;
    out.height = (0.2 * rib) / ribs;
    out.coverage = 1;
  };
  return { surface, gloss: 0, parts: 0 };
}

/** Stockinette: columns of V-shaped stitches. */
function buildKnit(random: Random): Material {
  const columns = random.range(6, 10);
  const rows = columns * random.range(1.1, 1.5);
  const wool = pickPaint(random, [0, 0.7], [0.35, 0.9]);
  const band = random.chance(0.35) ? pickPaint(random, [0, 0.7], [0.35, 0.9]) : wool;
  const every = random.int(3, 6);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out) => {
    const u = x * columns;
    const half = Math.abs(u - Math.floor(u) - 0.5);
    const v = y * rows + 1.5 * half;
    const row = Math.floor(v);
    const across = (half - 0.25) * 3.4;
    const along = (v - row - 0.5) * 1.7;
    const dome = Math.max(0, 1 - across * across - along * along);
    const fibre = gradientNoise(u * 5, v * 4, seed);
    const soft = Math.sqrt(dome);
    setColor(out, wrap(row, every * 2) < every ? wool : band, 0.4 + 0.55 * soft + 0.1 * fibre);
    out.height = (0.3 * soft) / columns;
    out.coverage = 1;
  };
  return { surface, gloss: 0, parts: 0 };
}

/** Loop pile: a carpet of small jittered tufts, sometimes in two colours by stripe. */
function buildCarpet(random: Random): Material {
  const tufts = random.range(13, 20);
  const jitter = random.range(0.35, 0.7);
  const pile = pickPaint(random, [0.05, 0.6], [0.25, 0.75]);
  const other = random.chance(0.4) ? vary(pile, 0.2, random) : pile;
  const stripes = random.range(2, 5);
  const speckle = random.range(0.08, 0.28);
  const seed = random.int(0, 255);
  const cell: Cell = { nearest: 0, second: 0, id: 0 };
  const surface: Material["surface"] = (x, y, out) => {
    findCell(x * tufts, y * tufts, jitter, seed, cell);
    const dome = Math.max(0, 1 - 1.6 * cell.nearest * cell.nearest);
    const gain = (0.55 + 0.45 * dome) * (1 + speckle * (cell.id / 127.5 - 1));
    setColor(out, wrap(x * stripes, 1) < 0.5 ? pile : other, gain);
    out.height = (0.4 * dome) / tufts;
    out.coverage = 1;
  };
  return { surface, gloss: 0, parts: 0 };
}

/** Woven wires over an even ground: square or diamond openings. */
function buildWireMesh(random: Random): Material {
  const wires = random.range(6, 11);
  const thickness = random.range(0.14, 0.24);
  const metal = pickMetal(random);
  const slant = random.chance(0.5) ? random.range(0.3, 0.6) : 0;
  const surface: Material["surface"] = (x, y, out, view) => {
    const u = (x + slant * y) * wires;
    const v = y * wires;
    const column = Math.round(u);
    const row = Math.round(v);
    const pixel = view.pixel * wires;
    const half = Math.max(thickness, 0.7 * pixel);
    const uprightOnTop = ((column + row) & 1) === 0;
    const topOffset = uprightOnTop ? u - column : v - row;
    const underOffset = uprightOnTop ? v - row : u - column;
    const top = insideOf(Math.abs(topOffset) - half, pixel);
    const under = insideOf(Math.abs(underOffset) - half, pixel);
    const topDome = Math.sqrt(Math.max(0, 1 - (topOffset / half) ** 2));
    const underDome = Math.sqrt(Math.max(0, 1 - (underOffset / half) ** 2));
    const crossing = smoothStep(0.5, 0.2, Math.abs(topOffset));
    setColor(out, metal, (0.55 + 0.4 * underDome) * (1 - 0.35 * crossing));
    blendColor(out, metal, 0.6 + 0.45 * topDome, top);
    out.height = (0.15 * Math.max(under * underDome * 0.6, top * topDome)) / wires;
    out.coverage = Math.max(top, under);
  };
  return { surface, gloss: 0.3, parts: 0 };
}

export const wovenTextures: readonly Category[] = [
  {
    name: "woven-fabric",
    noun: "woven fabric",
    kind: "texture",
    split: "train",
    material: "fabric",
    turn: 0.8,
    build: buildFabric,
  },
  {
    name: "denim",
    noun: "denim cloth",
    kind: "texture",
    split: "held-out",
    material: "fabric",
    turn: 0.4,
    build: buildDenim,
  },
  {
    name: "knit",
    noun: "knitted cloth",
    kind: "texture",
    split: "held-out",
    material: "fabric",
    turn: 0.3,
    build: buildKnit,
  },
  { name: "carpet", noun: "carpet", kind: "texture", split: "train", material: "fabric", turn: 3, build: buildCarpet },
  {
    name: "wire-mesh",
    noun: "wire mesh",
    kind: "texture",
    openwork: true,
    split: "train",
    material: "metal",
    turn: 0.8,
    build: buildWireMesh,
  },
];
