/** Grey pictures of what lies inside: slices of a belly, radiographs of a chest, of bones and of a weld; heads have their own file. */

import type { Random } from "../../../random.ts";
import { fractalNoise, gradientNoise } from "../noise.ts";
import { segmentDistance } from "../shapes.ts";
import { type Category, insideOf, type Material, setGrey, smoothStep, wrap } from "../surface.ts";
import { buildHeadScan } from "./head-scan.ts";

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

/** A chest from the front: dark lungs behind ribs and collarbones, the heart between them, domes of the diaphragm below. */
function buildChestRadiograph(random: Random): Material {
  const side = random.sign();
  const lung = random.range(0.1, 0.35);
  const body = random.range(0.5, 0.8);
  const [apart, wide, tall] = [random.range(0.17, 0.21), random.range(0.125, 0.165), random.range(0.29, 0.36)];
  const pitch = random.range(0.055, 0.085);
  const ribs = random.range(0.03, 0.14);
  const slope = random.range(0.2, 0.7);
  const heart = random.range(0.1, 0.155);
  const spine = random.range(0.03, 0.16);
  const dome = random.range(0.16, 0.26);
  const collar = random.range(0, 0.16);
  const vessels = random.range(0.03, 0.14);
  const trunk = random.range(0.36, 0.5);
  const shoulders = random.range(-0.42, -0.3);
  const grain = random.range(0, 0.03);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (left, y, out, view) => {
    const x = left * side + 0.012 * gradientNoise(left * 3, y * 3, seed);
    const away = Math.abs(x);
    // Lungs are narrow above, wide below, and end on the diaphragm, which is higher on one side.
    const narrowing = wide * (0.62 + 0.38 * smoothStep(-tall, 0.1, y));
    const field = Math.hypot((away - apart + 0.12 * Math.max(0, -y)) / narrowing, (y + 0.02) / tall);
    const floor = dome + (x > 0 ? 0.025 : 0) + 1.6 * (away - apart) ** 2 - y;
    const inLung =
      smoothStep(1.06, 0.9, field + 0.04 * gradientNoise(x * 5, y * 5, seed + 1)) * smoothStep(0, 0.025, floor);
    let level = body * (1 + 0.08 * gradientNoise(x * 2, y * 2, seed + 2));
    level += (lung - level) * inLung;
    // Branches that thin out from the middle.
    const branches =
      Math.max(0, fractalNoise(x * 14, y * 10, 3, seed + 3)) * smoothStep(0.3, 0.08, Math.hypot(away - 0.07, y));
    level += vessels * 2 * inLung * branches;
    // Ribs go down outwards behind, and the other way, fainter, in front.
    const cage = smoothStep(1.5, 1.15, field) * smoothStep(0.34, 0.22, y);
    const behind = wrap(y - slope * away + 1.4 * (away - 0.2) ** 2, pitch) / pitch;
    const before = wrap(y + 1.3 * slope * away - 2 * (away - 0.2) ** 2, 1.2 * pitch) / pitch;
    level += ribs * cage * band(behind, 0.5) * (0.4 + 0.6 * inLung);
    level += 0.5 * ribs * cage * band(before, 0.45) * smoothStep(0.06, 0.14, away);
    const bone = segmentDistance(away, y, 0.03, -0.27, 0.3, shoulders);
    level += collar * smoothStep(0.02, 0.01, bone);
    const shape = Math.hypot((x - 0.045 - 0.25 * (y - 0.1)) / heart, (y - 0.1) / (1.15 * heart));
    level += (body + 0.1 - level) * 0.9 * smoothStep(1.12, 0.92, shape + 0.05 * gradientNoise(x * 6, y * 6, seed + 4));
    level += (body + 0.02 - level) * 0.8 * smoothStep(0.075, 0.045, away) * smoothStep(0.4, 0.2, y);
    const vertebra = 0.7 + 0.3 * band(wrap(y, 0.062) / 0.062, 0.6);
    level += spine * vertebra * smoothStep(0.042, 0.03, away);
    level -= 0.08 * smoothStep(0.018, 0.01, away) * smoothStep(-0.08, -0.16, y);
    const edge = Math.max(
      away - trunk - 0.03 * gradientNoise(y * 2, 0.5, seed + 5),
      shoulders + 0.5 * (away - 0.12) - y - 0.24 * smoothStep(0.14, 0.08, away),
    );
    level *= 0.55 + 0.45 * smoothStep(0, -0.09, edge);
    setGrey(out, level + grain * fractalNoise(x * 40, y * 40, 2, seed + 6), insideOf(edge, view.pixel));
  };
  return { surface, gloss: 0, parts: 0 };
}

/** A soft band that fills the part `share` of a period; `x` in periods, 0..1. */
function band(x: number, share: number): number {
  const far = Math.abs(x - 0.5);
  return smoothStep(0.5 * share + 0.12, 0.5 * share - 0.12, far);
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
