/** Surfaces of a workshop and a building site: rolled, cast, milled and painted metal, rubber, terrazzo, granite, glass. */

import type { Random } from "../../../random.ts";
import { type Cell, findCell, fractalNoise, gradientNoise } from "../noise.ts";
import { pickGrey, pickMetal, pickPaint, pickStone } from "../palette.ts";
import { blendColor, type Category, type Material, setColor, smoothStep, visibleOctaves, wrap } from "../surface.ts";

/** Sheet from the mill: cloudy grey with faint drawn-out flecks, matt. */
function buildRolledSteel(random: Random): Material {
  const metal = pickGrey(random, 0.25, 0.75);
  const clouds = random.range(0.03, 0.16);
  const flecks = random.range(0.02, 0.14);
  const drawn = random.range(3, 10);
  const fine = random.range(14, 34);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const cloud = fractalNoise(x * 2.5, y * 2.5, 2, seed);
    const fleck = fractalNoise((x * fine) / drawn, y * fine, visibleOctaves(fine, view.pixel, 3), seed + 3);
    setColor(out, metal, 1 + clouds * cloud + flecks * fleck);
    out.height = 0.0006 * fleck;
    out.coverage = 1;
  };
  return { surface, gloss: 0.15, parts: 0 };
}

/** The skin of a casting: rough in every direction, with a fine orange peel. */
function buildCastMetal(random: Random): Material {
  const metal = random.chance(0.6) ? pickGrey(random, 0.2, 0.6) : pickMetal(random);
  const coarse = random.range(16, 38);
  const depth = random.range(0.05, 0.2);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const rough = fractalNoise(x * coarse, y * coarse, visibleOctaves(coarse, view.pixel, 3), seed);
    setColor(out, metal, 0.95 + 0.12 * rough + 0.06 * gradientNoise(x * 4, y * 4, seed + 4));
    out.height = (depth * rough) / coarse;
    out.coverage = 1;
  };
  return { surface, gloss: 0.2, parts: 0 };
}

/** Tool marks of a face mill: arcs at equal steps. */
function buildMilledMetal(random: Random): Material {
  const metal = pickMetal(random);
  const radius = random.range(0.5, 1.6);
  const steps = random.range(14, 40);
  const depth = random.range(0.04, 0.16);
  const crossed = random.chance(0.4);
  const seed = random.int(0, 255);
  const arc = (x: number, y: number) => {
    // The centre of the mill moves along x: each mark is the trailing rim at its step.
    const rim = x - Math.sqrt(Math.max(0, radius * radius - Math.min(y * y, radius * radius * 0.98)));
    return Math.abs(2 * wrap(rim * steps, 1) - 1);
  };
  const surface: Material["surface"] = (x, y, out) => {
    let mark = arc(x, wrap(y + 0.5 * radius, 1.6 * radius) - 0.8 * radius);
    if (crossed) mark = 0.6 * mark + 0.4 * arc(-x, wrap(y + 0.5 * radius, 1.6 * radius) - 0.8 * radius);
    setColor(out, metal, 0.94 + depth * (mark - 0.5) + 0.05 * gradientNoise(x * 50, y * 50, seed));
    out.height = (0.04 * mark) / steps;
    out.coverage = 1;
  };
  return { surface, gloss: 0.45, parts: 0 };
}

/** Sprayed paint on sheet: an even colour with a shallow orange peel and, sometimes, metal flakes. */
function buildPaintedMetal(random: Random): Material {
  const paint = random.chance(0.75) ? pickPaint(random, [0.1, 0.9], [0.2, 0.9]) : pickGrey(random, 0.05, 0.95);
  const peel = random.range(10, 26);
  const depth = random.range(0.01, 0.06);
  const flakes = random.chance(0.4) ? random.range(0.04, 0.14) : 0;
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out) => {
    const wave = gradientNoise(x * peel, y * peel, seed);
    setColor(out, paint, 1 + 0.015 * wave + flakes * Math.max(0, gradientNoise(x * 90, y * 90, seed + 2) - 0.3));
    out.height = (depth * wave) / peel;
    out.coverage = 1;
  };
  return { surface, gloss: 0.6, parts: 0 };
}

/** Dark rubber: plain, studded or grooved. */
function buildRubber(random: Random): Material {
  const rubber = pickGrey(random, 0.06, 0.28);
  const tread = random.pick(["plain", "studs", "grooves"] as const);
  const count = random.range(6, 13);
  const grain = random.range(0.05, 0.2);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out) => {
    let raised = 0;
    if (tread === "studs") {
      raised = smoothStep(0.36, 0.24, Math.hypot(wrap(x * count, 1) - 0.5, wrap(y * count, 1) - 0.5));
    } else if (tread === "grooves") raised = smoothStep(0.1, 0.2, Math.abs(wrap(x * count, 1) - 0.5));
    setColor(out, rubber, 0.8 + 0.25 * raised + grain * gradientNoise(x * 45, y * 45, seed));
    out.height = (0.2 * raised) / count + 0.0005 * gradientNoise(x * 45, y * 45, seed);
    out.coverage = 1;
  };
  return { surface, gloss: 0.25, parts: 0 };
}

/** Chips of stone in cement: dots of every colour all over, none of them a defect. */
function buildTerrazzo(random: Random): Material {
  const cement = random.chance(0.6) ? pickGrey(random, 0.6, 0.95) : pickStone(random);
  const chips = [pickStone(random), pickGrey(random, 0.05, 0.95), pickPaint(random, [0.1, 0.6], [0.2, 0.9])];
  const density = random.range(7, 18);
  const size = random.range(0.2, 0.42);
  const seed = random.int(0, 255);
  const cell: Cell = { nearest: 0, second: 0, id: 0 };
  const surface: Material["surface"] = (x, y, out, view) => {
    const wobble = 0.3 * gradientNoise(x * density * 1.5, y * density * 1.5, seed + 1);
    findCell(x * density + wobble, y * density - wobble, 0.9, seed, cell);
    const chip = size * (0.4 + 0.6 * ((cell.id * 37) & 255) * (1 / 255));
    const soft = Math.max(0.04, view.pixel * density);
    setColor(out, cement, 0.97 + 0.05 * gradientNoise(x * 40, y * 40, seed + 2));
    blendColor(out, chips[cell.id % 3]!, 1, smoothStep(chip + soft, chip - soft, cell.nearest));
    out.height = 0;
    out.coverage = 1;
  };
  return { surface, gloss: 0.3, parts: 0 };
}

/** Polished granite: grains of three minerals. */
function buildGranite(random: Random): Material {
  const minerals = [pickGrey(random, 0.6, 0.9), pickStone(random), pickGrey(random, 0.05, 0.3)];
  const grains = random.range(18, 40);
  const seed = random.int(0, 255);
  const cell: Cell = { nearest: 0, second: 0, id: 0 };
  const surface: Material["surface"] = (x, y, out) => {
    findCell(x * grains, y * grains, 1, seed, cell);
    setColor(out, minerals[cell.id % 3]!, 0.92 + 0.1 * gradientNoise(x * 12, y * 12, seed + 3));
    out.height = 0;
    out.coverage = 1;
  };
  return { surface, gloss: 0.4, parts: 0 };
}

/** A pane before something out of focus, with a reflection across it. */
function buildWindowGlass(random: Random): Material {
  const behind = [pickGrey(random, 0.1, 0.9), pickPaint(random, [0.05, 0.4], [0.2, 0.9])];
  const blur = random.range(0.8, 2.5);
  const reflection = random.chance(0.6) ? random.range(0.05, 0.25) : 0;
  const slope = random.range(-1.5, 1.5);
  const at = random.range(-0.5, 0.5);
  const width = random.range(0.1, 0.4);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out) => {
    setColor(out, behind[0]!, 1);
    blendColor(out, behind[1]!, 1, smoothStep(-0.5, 0.5, gradientNoise(x * blur, y * blur, seed)));
    const across = Math.abs(wrap(x + slope * y - at + 1, 2) - 1) / width;
    const shine = reflection * smoothStep(1.1, 0.8, across);
    out.r += (1 - out.r) * shine;
    out.g += (1 - out.g) * shine;
    out.b += (1 - out.b) * shine;
    out.height = 0;
    out.coverage = 1;
  };
  return { surface, gloss: 0.8, parts: 0 };
}

const texture = { kind: "texture", turn: 3.2 } as const;

export const industrialTextures: readonly Category[] = [
  { ...texture, name: "rolled-steel", noun: "steel sheet", split: "train", material: "metal", build: buildRolledSteel },
  { ...texture, name: "cast-metal", noun: "casting", split: "held-out", material: "metal", build: buildCastMetal },
  {
    ...texture,
    name: "milled-metal",
    noun: "milled metal plate",
    split: "train",
    material: "metal",
    build: buildMilledMetal,
  },
  {
    ...{ ...texture, name: "painted-metal", noun: "painted panel", split: "held-out", material: "metal" },
    build: buildPaintedMetal,
  },
  { ...texture, name: "rubber", noun: "rubber mat", split: "train", material: "plastic", build: buildRubber },
  { ...texture, name: "terrazzo", noun: "terrazzo floor", split: "train", material: "stone", build: buildTerrazzo },
  { ...texture, name: "granite", noun: "granite slab", split: "held-out", material: "stone", build: buildGranite },
  { ...texture, name: "window-glass", noun: "glass pane", split: "train", material: "glass", build: buildWindowGlass },
];
