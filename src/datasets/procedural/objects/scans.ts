/** Grey pictures of what lies inside: slices of a head and a belly, radiographs of a chest, of bones and of a weld. */

import type { Random } from "../../../random.ts";
import { fractalNoise, gradientNoise } from "../noise.ts";
import { segmentDistance } from "../shapes.ts";
import { type Category, insideOf, type Material, onLine, setGrey, smoothStep, wrap } from "../surface.ts";

/** A slice through a head: bright rim of scalp, dark skull, folded cortex around white matter, dark ventricles. */
function buildHeadScan(random: Random): Material {
  const width = random.range(0.3, 0.37);
  const height = random.range(0.37, 0.43);
  const [scalp, cortex, white] = [random.range(0.5, 0.95), random.range(0.3, 0.55), random.range(0.45, 0.75)];
  // In some sequences fluid is bright.
  const fluid = random.chance(0.7) ? random.range(0.03, 0.2) : random.range(0.8, 1);
  const folds = random.range(9, 16);
  const ventricle = random.range(0.03, 0.09);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const ring = Math.hypot(x / width, y / height);
    const wobble = 0.02 * gradientNoise(x * 4, y * 4, seed);
    const r = ring + wobble;
    // Left and right are alike, not equal.
    const mirrored = Math.abs(x) + 0.012 * gradientNoise(y * 5, x * 5, seed + 9);
    const fold = gradientNoise(mirrored * folds, y * folds, seed + 1);
    let level = cortex + (white - cortex) * smoothStep(0.12, -0.12, fold + 4 * (r - 0.72));
    level += (fluid - level) * 0.8 * smoothStep(0.5, 0.75, fold) * smoothStep(0.55, 0.75, r);
    const bow = Math.abs(mirrored - 0.25 * ventricle - 0.25 * Math.abs(y) - 0.02);
    level +=
      (fluid - level) * smoothStep(ventricle * 0.6, ventricle * 0.35, bow) * smoothStep(0.16, 0.12, Math.abs(y + 0.02));
    level += (fluid - level) * 0.7 * onLine(x, 0.004, view.pixel) * smoothStep(0.3, 0.5, Math.abs(y) / height);
    level += (0.04 - level) * smoothStep(0.84, 0.87, r);
    level += (scalp - level) * smoothStep(0.92, 0.95, r);
    setGrey(out, level + 0.03 * fractalNoise(x * 20, y * 20, 2, seed + 5), insideOf((r - 1) * width, view.pixel));
  };
  return { surface, gloss: 0, parts: 0 };
}

/** A slice through a belly: fat, muscle, spine, liver, kidneys, gut. */
function buildBellyScan(random: Random): Material {
  const width = random.range(0.4, 0.46);
  const height = random.range(0.28, 0.35);
  const fat = random.range(0.15, 0.35);
  const organ = random.range(0.45, 0.65);
  const side = random.sign();
  const gut = random.range(5, 9);
  const seed = random.int(0, 255);
  const disc = (x: number, y: number, cx: number, cy: number, rx: number, ry: number) =>
    smoothStep(1.08, 0.95, Math.hypot((x - cx) / rx, (y - cy) / ry));
  const surface: Material["surface"] = (x, y, out, view) => {
    const r = Math.hypot(x / width, y / height) + 0.03 * gradientNoise(x * 3, y * 3, seed);
    let level = fat;
    level += (0.5 * organ + 0.1 - level) * smoothStep(0.9, 0.86, r);
    level += (fat * 1.1 - level) * smoothStep(0.8, 0.76, r);
    const loops = gradientNoise(x * gut, y * gut, seed + 2);
    level += (organ * 0.8 - level) * smoothStep(0.05, 0.15, loops) * smoothStep(0.74, 0.68, r);
    level += (organ - level) * disc(x, y, side * 0.19, -0.05, 0.17, 0.15);
    level += (organ * 0.95 - level) * disc(x, y, -side * 0.25, 0, 0.08, 0.1);
    for (const k of [-1, 1]) level += (organ * 1.15 - level) * disc(x, y, k * 0.16, 0.12, 0.055, 0.075);
    level += (0.95 - level) * disc(x, y, 0, 0.15, 0.06, 0.055);
    level += (0.4 - level) * disc(x, y, 0, 0.15, 0.03, 0.027);
    setGrey(out, level + 0.025 * fractalNoise(x * 30, y * 30, 2, seed + 5), insideOf((r - 1) * height, view.pixel));
  };
  return { surface, gloss: 0, parts: 0 };
}

/** A chest from the front: dark lungs between ribs, heart and diaphragm. */
function buildChestRadiograph(random: Random): Material {
  const lung = random.range(0.12, 0.3);
  const body = random.range(0.55, 0.8);
  const ribs = random.range(9, 13);
  const ribStrength = random.range(0.06, 0.16);
  const heart = random.range(0.12, 0.17);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const away = Math.abs(x);
    const field = Math.hypot((away - 0.2) / 0.15, (y + 0.02 + 0.06 * (away - 0.2)) / 0.32);
    const inLung = smoothStep(1.08, 0.92, field + 0.03 * gradientNoise(x * 4, y * 4, seed));
    let level = body + (lung - body) * inLung;
    const arch = wrapRib(y * ribs + 9 * (away - 0.2) ** 2 * ribs * 0.4 - 2 * away);
    level += ribStrength * smoothStep(0.35, 0.2, arch) * smoothStep(0.42, 0.36, away);
    const vessels = fractalNoise(x * 12, y * 9, 3, seed + 1);
    level += 0.09 * inLung * Math.max(0, vessels) * smoothStep(0.3, 0.1, Math.abs(away - 0.1));
    level += (body + 0.12 - level) * smoothStep(1.1, 0.9, Math.hypot((x - 0.06) / heart, (y - 0.12) / 0.16));
    level += 0.12 * smoothStep(0.06, 0.03, away);
    const edge = 0.46 + 0.03 * gradientNoise(y * 2, 0.5, seed + 3);
    setGrey(out, level + 0.02 * gradientNoise(x * 40, y * 40, seed + 5), insideOf(away - edge, view.pixel));
  };
  return { surface, gloss: 0, parts: 0 };
}

/** Distance from the middle of the nearest of equally spaced bands, 0..0.5. */
function wrapRib(x: number): number {
  return Math.abs(x - Math.floor(x) - 0.5);
}

/** One bone of a radiograph, from one end to the other. */
interface Bone {
  ax: number;
  ay: number;
  bx: number;
  by: number;
  radius: number;
}

/** Limbs seen through: one ray of bones or several beside one another, with thick ends, hollow shafts and flesh around. */
function buildBoneRadiograph(random: Random): Material {
  const rays = random.int(1, 5);
  const segments = random.int(2, rays === 1 ? 9 : 4);
  const spread = random.range(0, 0.5);
  const apart = 0.72 / rays;
  const radius = Math.min(random.range(0.02, 0.09), 0.3 * apart);
  const gap = radius * random.range(0.1, 0.4);
  const bones: Bone[] = [];
  for (let ray = 0; ray < rays; ray++) {
    const middle = ray - (rays - 1) / 2;
    let [x, y] = [middle * apart * (1 - 0.7 * spread), 0.5];
    const lean = middle * spread * 0.45 + random.range(-0.06, 0.06);
    for (let k = 0; k < segments; k++) {
      const long = (1.1 / segments) * random.range(0.75, 1.1);
      const angle = lean + random.range(-0.12, 0.12);
      const [bx, by] = [x + long * Math.sin(angle), y - long * Math.cos(angle)];
      bones.push({ ax: x, ay: y, bx, by, radius: radius * random.range(0.85, 1.15) * 0.93 ** k });
      [x, y] = [bx, by];
    }
  }
  const flesh = random.range(0.12, 0.4);
  const around = random.range(0.6, 1.6) * radius + 0.03;
  const bone = random.range(0.55, 0.95);
  const hollow = random.range(0.1, 0.6);
  const knobs = random.range(0.05, 0.5);
  const trabeculae = random.range(0, 0.12);
  const fine = random.range(18, 45);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const bend = 0.25 * radius * gradientNoise(x * 5, y * 5, seed);
    let skin = Number.POSITIVE_INFINITY;
    let level = 0;
    for (const { ax, ay, bx, by, radius: own } of bones) {
      const far = segmentDistance(x, y, ax, ay, bx, by) + bend;
      skin = Math.min(skin, far - own - around);
      if (far > 2 * own) continue;
      const [dx, dy] = [bx - ax, by - ay];
      const length = Math.hypot(dx, dy);
      const along = ((x - ax) * dx + (y - ay) * dy) / length;
      const fromEnd = Math.min(along, length - along) - gap;
      // Shafts are narrow, the ends where bones meet are not.
      const wide = own * (1 - knobs * smoothStep(0, 2 * own, fromEnd));
      const inside = Math.min(wide - far, fromEnd);
      const shell = smoothStep(0, 0.35 * wide, inside);
      const core = smoothStep(0.35 * wide, 0.8 * wide, inside);
      level = Math.max(level, shell * (1 - hollow * core) * smoothStep(-0.003, 0.006, inside));
    }
    const grain = 1 + trabeculae * fractalNoise(x * fine, y * fine, 2, seed + 3);
    const soft = flesh * (1 + 0.15 * gradientNoise(x * 4, y * 4, seed + 1)) * smoothStep(0, -0.6 * around, skin);
    setGrey(out, (soft + (bone - 0.5 * soft) * level) * grain, insideOf(skin, view.pixel));
  };
  return { surface, gloss: 0, parts: 0 };
}

/** A weld seam between two plates, seen through. */
function buildWeldRadiograph(random: Random): Material {
  const plate = random.range(0.25, 0.6);
  const seam = random.range(0.12, 0.3);
  const width = random.range(0.07, 0.16);
  const pitch = random.range(0.7, 1.1);
  const ripples = random.range(14, 30);
  const grain = random.range(0.02, 0.06);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out) => {
    // Wherever the plate is looked at, there is a seam.
    const across = wrap(y + 0.5 * pitch, pitch) - 0.5 * pitch;
    const edge = across + 0.015 * gradientNoise(x * 6, 0.3, seed) * Math.sign(across);
    const inside = smoothStep(width, width * 0.8, Math.abs(edge));
    const ripple = Math.sin(2 * Math.PI * (x * ripples + 2.5 * (edge / width) ** 2));
    const level = plate + inside * (seam + 0.03 * ripple) + 0.05 * gradientNoise(x * 2, y * 3, seed + 1);
    setGrey(out, level + grain * fractalNoise(x * 35, y * 35, 2, seed + 2), 1);
  };
  return { surface, gloss: 0, parts: 0 };
}

const scan = { scan: true, turn: 0.15 } as const;

export const scans: readonly Category[] = [
  {
    ...scan,
    name: "head-scan",
    noun: "head scan",
    kind: "object",
    split: "train",
    material: "tissue",
    build: buildHeadScan,
  },
  {
    ...{ ...scan, name: "belly-scan", noun: "belly scan", kind: "object", split: "held-out", material: "tissue" },
    build: buildBellyScan,
  },
  {
    ...{
      ...scan,
      name: "chest-radiograph",
      noun: "chest radiograph",
      kind: "object",
      split: "train",
      material: "tissue",
    },
    build: buildChestRadiograph,
  },
  {
    ...{
      ...scan,
      name: "bone-radiograph",
      noun: "bone radiograph",
      kind: "object",
      split: "train",
      material: "tissue",
    },
    turn: 3.2,
    build: buildBoneRadiograph,
  },
  {
    ...{
      ...scan,
      name: "weld-radiograph",
      noun: "weld radiograph",
      kind: "texture",
      split: "held-out",
      material: "metal",
    },
    build: buildWeldRadiograph,
  },
];
