/** Textures that leave a machine: brushed metal, perforated sheet, tiles, plastic, paper, corrugated board, foam. */

import type { Random } from "../../../random.ts";
import { type Cell, findCell, fractalNoise, gradientNoise, latticeValue } from "../noise.ts";
import { pickGrey, pickMetal, pickPaint, pickStone, pickWood, vary } from "../palette.ts";
import { boxDistance } from "../shapes.ts";
import {
  blendColor,
  type Category,
  insideOf,
  type Material,
  onLine,
  setColor,
  smoothStep,
  visibleOctaves,
  wrap,
} from "../surface.ts";

/** Fine streaks in one direction under a broad sheen. */
function buildBrushedMetal(random: Random): Material {
  const metal = pickMetal(random);
  const streaks = random.range(30, 80);
  const length = random.range(0.8, 4);
  const depth = random.range(0.08, 0.25);
  const sheen = random.range(0, 0.12);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out) => {
    const streak = gradientNoise(x * length, y * streaks, seed) + 0.6 * gradientNoise(x * length * 2, y * 23, seed + 5);
    setColor(out, metal, 0.95 + depth * streak + sheen * Math.sin(5 * y + seed));
    out.height = 0;
    out.coverage = 1;
  };
  return { surface, gloss: 0.3, parts: 0 };
}

/** A sheet with a lattice of round or slotted holes. */
function buildPerforatedSheet(random: Random): Material {
  const holes = random.range(5, 9);
  const radius = random.range(0.22, 0.34);
  const slot = random.chance(0.3) ? random.range(0.06, 0.14) : 0;
  const staggered = random.chance(0.5);
  const sheet = random.chance(0.7) ? pickMetal(random) : pickPaint(random, [0.1, 0.7], [0.4, 0.9]);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const row = Math.floor(y * holes);
    const b = y * holes - row - 0.5;
    const shifted = x * holes + (staggered && (row & 1) === 1 ? 0.5 : 0);
    const a = shifted - Math.floor(shifted) - 0.5;
    const distance = boxDistance(a, b, radius + slot, radius, radius) / holes;
    setColor(out, sheet, 0.95 + 0.06 * gradientNoise(x * 9, y * 40, seed));
    out.height = (0.05 * smoothStep(0, 0.08, distance * holes)) / holes;
    out.coverage = insideOf(-distance, view.pixel);
  };
  return { surface, gloss: 0.4, parts: 0 };
}

/** Tiles with grout between, in a grid or a brick bond; each tile has a shade of its own. */
function buildTile(random: Random): Material {
  const columns = random.range(2.2, 5);
  const aspect = random.pick([1, 1, 1.5, 2]);
  const brick = random.chance(0.4) ? 0.5 : 0;
  const gap = random.range(0.02, 0.05);
  const glaze = random.chance(0.5) ? pickPaint(random, [0.05, 0.5], [0.45, 0.95]) : pickStone(random);
  const grout = random.chance(0.5) ? pickGrey(random, 0.2, 0.45) : pickGrey(random, 0.75, 0.95);
  const spread = random.range(0, 0.1);
  const mottle = random.range(0, 0.12);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const v = y * columns * aspect;
    const row = Math.floor(v);
    const u = x * columns + brick * (row & 1);
    const column = Math.floor(u);
    const a = (0.5 - Math.abs(u - column - 0.5)) / columns;
    const b = (0.5 - Math.abs(v - row - 0.5)) / (columns * aspect);
    const margin = Math.min(a, b) - Math.max((gap * 0.5) / 2, 0.6 * view.pixel);
    const shade = 1 + spread * (latticeValue(column, row, seed) - 0.5) * 2;
    setColor(out, grout, 0.95 + 0.1 * gradientNoise(x * 40, y * 40, seed));
    blendColor(out, glaze, shade + mottle * fractalNoise(x * 9, y * 9, 2, seed + 3), insideOf(-margin, view.pixel));
    out.height = 0.012 * smoothStep(0, 0.02, margin);
    out.coverage = 1;
  };
  return { surface, gloss: 0.35, parts: 0 };
}

/** Moulded plastic with an even pebble grain. */
function buildPlastic(random: Random): Material {
  const color = random.chance(0.5) ? pickGrey(random, 0.12, 0.85) : pickPaint(random, [0.1, 0.8], [0.25, 0.85]);
  const grain = random.range(18, 40);
  const depth = random.range(0.1, 0.35);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out) => {
    const bump = gradientNoise(x * grain, y * grain, seed);
    setColor(out, color, 1 + 0.06 * bump);
    out.height = (depth * bump) / grain;
    out.coverage = 1;
  };
  return { surface, gloss: 0.25, parts: 0 };
}

/** Paper: faint fibres, sometimes ruled or squared. */
function buildPaper(random: Random): Material {
  const sheet = random.chance(0.7) ? pickGrey(random, 0.75, 0.97) : pickPaint(random, [0.05, 0.35], [0.7, 0.95]);
  const ink = pickPaint(random, [0.2, 0.7], [0.3, 0.65]);
  const ruling = random.pick([0, 0, 1, 2]);
  const lines = random.range(6, 12);
  const fibre = random.range(0.02, 0.07);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const rough = fractalNoise(x * 22, y * 30, visibleOctaves(30, view.pixel, 3), seed);
    setColor(out, sheet, 1 + fibre * rough);
    if (ruling > 0) {
      let line = onLine(wrap(y, 1 / lines) - 0.5 / lines, 0.002, view.pixel);
      if (ruling === 2) line = Math.max(line, onLine(wrap(x, 1 / lines) - 0.5 / lines, 0.002, view.pixel));
      blendColor(out, ink, 1, 0.6 * line);
    }
    out.height = 0.0015 * rough;
    out.coverage = 1;
  };
  return { surface, gloss: 0, parts: 0 };
}

/** Round ribs side by side: cardboard, roofing, ribbed rubber. */
function buildCorrugated(random: Random): Material {
  const ribs = random.range(6, 13);
  const color = random.pick([pickWood, pickMetal, pickStone])(random);
  const depth = random.range(0.5, 1.1);
  const sharp = random.range(0.8, 1.6);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out) => {
    const rib = (0.5 + 0.5 * Math.cos(2 * Math.PI * x * ribs)) ** sharp;
    setColor(out, color, 0.72 + 0.3 * rib + 0.06 * fractalNoise(x * 30, y * 12, 2, seed));
    out.height = (depth * 0.2 * rib) / ribs;
    out.coverage = 1;
  };
  return { surface, gloss: 0.1, parts: 0 };
}

/** Open-cell foam: pores of like size all over. */
function buildFoam(random: Random): Material {
  const pores = random.range(9, 17);
  const color = random.chance(0.5) ? pickPaint(random, [0.2, 0.7], [0.5, 0.9]) : pickGrey(random, 0.25, 0.85);
  const pit = vary(color, 0.03, random, random.range(0.35, 0.6));
  const wall = random.range(0.3, 0.42);
  const seed = random.int(0, 255);
  const cell: Cell = { nearest: 0, second: 0, id: 0 };
  const surface: Material["surface"] = (x, y, out) => {
    findCell(x * pores, y * pores, 0.75, seed, cell);
    const hole = smoothStep(wall + 0.12, wall - 0.12, cell.nearest);
    setColor(out, color, 0.97 + 0.05 * gradientNoise(x * 30, y * 30, seed));
    blendColor(out, pit, 1, hole);
    out.height = (-0.3 * hole) / pores;
    out.coverage = 1;
  };
  return { surface, gloss: 0, parts: 0 };
}

export const manufacturedTextures: readonly Category[] = [
  {
    name: "brushed-metal",
    noun: "brushed metal plate",
    kind: "texture",
    split: "train",
    material: "metal",
    turn: 3.2,
    build: buildBrushedMetal,
  },
  {
    name: "perforated-sheet",
    noun: "perforated sheet",
    kind: "texture",
    openwork: true,
    split: "held-out",
    material: "metal",
    turn: 0.8,
    build: buildPerforatedSheet,
  },
  {
    name: "ceramic-tile",
    noun: "ceramic tile wall",
    kind: "texture",
    split: "train",
    material: "stone",
    turn: 0.4,
    build: buildTile,
  },
  {
    name: "plastic",
    noun: "plastic panel",
    kind: "texture",
    split: "held-out",
    material: "plastic",
    turn: 3.2,
    build: buildPlastic,
  },
  {
    name: "paper",
    noun: "paper sheet",
    kind: "texture",
    split: "train",
    material: "paper",
    turn: 0.5,
    build: buildPaper,
  },
  {
    name: "corrugated-board",
    noun: "corrugated board",
    kind: "texture",
    split: "held-out",
    material: "paper",
    turn: 3.2,
    build: buildCorrugated,
  },
  {
    name: "foam",
    noun: "foam sheet",
    kind: "texture",
    split: "train",
    material: "plastic",
    turn: 3.2,
    build: buildFoam,
  },
];
