/** Things that stand for many: machined and moulded parts, lumps of food, slices of a body. */

import type { Random } from "../../../random.ts";
import { pickWavyRadius } from "../figures.ts";
import { type Cell, findCell, fractalNoise, gradientNoise } from "../noise.ts";
import { fromHsv, pickAny, vary } from "../palette.ts";
import { blendColor, type Category, insideOf, type Material, setColor, setGrey, smoothStep } from "../surface.ts";
import { buildMachinedPart, buildMouldedPart } from "./machined-parts.ts";

/** A lump that was baked, fried or dried: bumps, pores, crumbs, browned by unequal heat. */
function buildFoodPiece(random: Random): Material {
  const dough = fromHsv(random.range(0.02, 0.16), random.range(0.1, 0.75), random.range(0.35, 0.95));
  const crust = random.chance(0.7) ? vary(dough, 0.08, random, random.range(0.35, 0.8)) : pickAny(random);
  const radius = pickWavyRadius(random, random.range(0.3, 0.4), random.range(0.02, 0.14), [2, 3, 4, 5, 7]);
  const squash = random.chance(0.5) ? random.range(0.75, 1) : random.range(0.35, 0.75);
  const bend = random.chance(0.3) ? random.range(-1.2, 1.2) : 0;
  const bumps = random.range(4, 26);
  const relief = random.range(0.02, 0.2) / bumps;
  const browning = random.range(0.1, 1);
  const rimmed = random.range(-0.3, 0.8);
  const pores = random.chance(0.6) ? random.range(7, 26) : 0;
  const poreSize = random.range(0.08, 0.3);
  const crumbs = random.chance(0.5) ? random.range(20, 45) : 0;
  const crumb = random.chance(0.5) ? vary(dough, 0.05, random, 1.35) : pickAny(random);
  const least = random.range(0.2, 0.5);
  const seed = random.int(0, 255);
  const cell: Cell = { nearest: 0, second: 0, id: 0 };
  const surface: Material["surface"] = (x, y, out, view) => {
    const v = (y + bend * (x * x - 0.05)) / squash;
    const away = Math.hypot(x, v) / radius(Math.atan2(v, x)) + 0.03 * fractalNoise(x * 9, y * 9, 2, seed + 4);
    if (away > 1.1) {
      out.height = 0;
      out.coverage = 0;
      return;
    }
    const bump = fractalNoise(x * bumps, y * bumps, 3, seed);
    const heat = 0.5 + rimmed * (away * away - 0.5) + 0.5 * gradientNoise(x * 3, y * 3, seed + 1) + 0.35 * bump;
    setColor(out, dough, 1 + 0.12 * bump);
    blendColor(out, crust, 1 + 0.1 * bump, browning * smoothStep(0.2, 1, heat));
    let height = 0.14 * squash * Math.sqrt(Math.max(0, 1 - away * away)) + relief * bump;
    if (pores > 0) {
      findCell(x * pores, y * pores, 1, seed, cell);
      const pore = smoothStep(poreSize, 0.5 * poreSize, cell.nearest) * (cell.id & 1);
      blendColor(out, crust, 0.55, 0.8 * pore);
      height -= 0.006 * pore;
    }
    if (crumbs > 0) {
      const grain = smoothStep(least, least + 0.15, gradientNoise(x * crumbs, y * crumbs, seed + 7));
      blendColor(out, crumb, 1, 0.8 * grain);
      height += 0.004 * grain;
    }
    out.height = height;
    out.coverage = insideOf((away - 1) * 0.3 * squash, view.pixel);
  };
  return { surface, gloss: random.range(0, 0.3), parts: 0 };
}

/** One organ of a slice. */
interface Organ {
  x: number;
  y: number;
  c: number;
  s: number;
  wide: number;
  high: number;
  level: number;
  soft: number;
  /** Level of the core and how far it reaches, of the radius; 0 when there is none. */
  core: number;
  coreLevel: number;
}

/** A slice or a radiograph of a body that never was: nested smooth organs in an oval, a bright rim, speckle. */
function buildOrganScan(random: Random): Material {
  const wide = random.range(0.28, 0.45);
  const high = random.range(0.28, 0.45);
  const symmetric = random.chance(0.5);
  const ground = random.range(0.06, 0.6);
  const additive = random.chance(0.3);
  const organs: Organ[] = Array.from({ length: random.int(3, 10) }, () => {
    const [angle, away, tilt] = [random.range(0, 6.28), Math.sqrt(random.next()), random.range(0, Math.PI)];
    const size = 0.05 * 4 ** random.next();
    return {
      ...{ x: 0.62 * wide * away * Math.cos(angle), y: 0.62 * high * away * Math.sin(angle) },
      ...{ c: Math.cos(tilt), s: Math.sin(tilt), wide: size, high: size * random.range(0.35, 1) },
      ...{ level: additive ? random.range(-0.25, 0.3) : random.range(0.02, 0.9), soft: random.range(0.04, 0.5) },
      ...{ core: random.chance(0.4) ? random.range(0.3, 0.8) : 0, coreLevel: random.range(0, 1) },
    };
  });
  const rim = random.chance(0.8) ? random.range(0.5, 1) : 0.1;
  const thick = random.range(0.02, 0.1);
  const inner = random.chance(0.5) ? random.range(0.02, 0.5) : -1;
  const folds = random.chance(0.4) ? random.range(5, 18) : 0;
  const folding = random.range(0.04, 0.2);
  const wobble = random.range(0.01, 0.07);
  const unround = random.range(0, 0.2);
  const unlike = random.range(0, 0.03);
  const speckle = random.range(0.01, 0.12);
  const fine = random.range(14, 50);
  const shading = random.range(-0.25, 0.25);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const u = symmetric ? Math.abs(x) + unlike * gradientNoise(x * 5, y * 5, seed + 9) : x;
    const oval = Math.hypot(x / wide, y / high);
    const away =
      oval + wobble * gradientNoise(x * 4, y * 4, seed) + unround * gradientNoise(1.5 * u + 9.5, 1.5 * y, seed);
    if (away > 1.1) {
      setGrey(out, rim, 0);
      return;
    }
    let level = ground;
    if (folds > 0) level += folding * smoothStep(-0.15, 0.15, gradientNoise(u * folds, y * folds, seed + 1));
    const bend = 2 * wobble * gradientNoise(u * 9, y * 9, seed + 2);
    for (const organ of organs) {
      const [dx, dy] = [u - organ.x, y - organ.y];
      if (dx * dx + dy * dy > 3 * organ.wide * organ.wide) continue;
      const across = (organ.c * dx + organ.s * dy) / organ.wide;
      const r = Math.hypot(across, (organ.c * dy - organ.s * dx) / organ.high) + bend;
      if (r > 1.6) continue;
      const inside = smoothStep(1 + organ.soft, 1 - organ.soft, r);
      level += additive ? organ.level * inside : (organ.level - level) * inside;
      if (organ.core > 0 && !additive) level += (organ.coreLevel - level) * smoothStep(organ.core + 0.1, organ.core, r);
    }
    level *= 1 + shading * x * 3;
    if (inner >= 0) level += (inner - level) * smoothStep(0.97 - 2.2 * thick, 1 - 2.2 * thick, away);
    level += (rim - level) * smoothStep(0.98 - thick, 1 - thick, away);
    level += speckle * fractalNoise(x * fine, y * fine, 2, seed + 5) * (0.3 + level);
    setGrey(out, level, insideOf((away - 1) * Math.min(wide, high), view.pixel));
  };
  return { surface, gloss: 0, parts: 0 };
}

const object = { kind: "object", split: "train", turn: 3.2 } as const;

export const abstractObjects: readonly Category[] = [
  { ...object, name: "machined-part", noun: "machined part", material: "metal", build: buildMachinedPart },
  { ...object, name: "moulded-part", noun: "moulded part", material: "plastic", build: buildMouldedPart },
  { ...object, name: "food-piece", noun: "snack", material: "food", build: buildFoodPiece },
  {
    ...{ ...object, name: "organ-scan", noun: "organ scan", material: "tissue", scan: true, turn: 0.3 },
    build: buildOrganScan,
  },
];
