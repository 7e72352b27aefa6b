/** Everyday things: capsule, tablet, button, cookie, leaf, lens. */

import type { Random } from "../../../random.ts";
import { fractalNoise, gradientNoise } from "../noise.ts";
import { fromHsv, pickGrey, pickPaint, pickWood, vary } from "../palette.ts";
import { boxDistance } from "../shapes.ts";
import { blendColor, type Category, insideOf, type Material, onLine, setColor, smoothStep } from "../surface.ts";

/** A two-piece capsule. */
function buildCapsule(random: Random): Material {
  const left = pickPaint(random, [0.1, 0.9], [0.4, 0.97]);
  const right = random.chance(0.5) ? pickGrey(random, 0.75, 0.97) : pickPaint(random, [0.1, 0.9], [0.4, 0.97]);
  const radius = random.range(0.12, 0.17);
  const seam = random.range(-0.06, 0.06);
  const surface: Material["surface"] = (x, y, out, view) => {
    const bulge = x < seam ? 0.008 : 0;
    const distance = boxDistance(x, y, 0.38, radius + bulge, radius);
    const across = Math.min(1, Math.max(0, 1 + distance / radius));
    const round = Math.sqrt(1 - across * across);
    setColor(out, x < seam ? left : right, 0.62 + 0.4 * round);
    blendColor(out, left, 0.45, 0.8 * onLine(x - seam, 0.005, view.pixel));
    out.height = 0.07 * round;
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: 0.5, parts: 0 };
}

/** A pressed tablet with a bevel and a score line or a letter-like mark. */
function buildTablet(random: Random): Material {
  const chalk = random.chance(0.6) ? pickGrey(random, 0.8, 0.97) : pickPaint(random, [0.1, 0.5], [0.7, 0.97]);
  const radius = random.range(0.3, 0.37);
  const long = random.chance(0.35) ? 0.08 : 0;
  const cross = random.chance(0.35);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const distance = boxDistance(x, y, radius + long * 0.5, radius - long, radius - long);
    const score = Math.min(Math.abs(x), cross ? Math.abs(y) : 1);
    const groove = smoothStep(0.022, 0.004, score) * smoothStep(0.03, 0.06, -distance);
    setColor(out, chalk, 0.97 - 0.16 * groove + 0.03 * gradientNoise(x * 40, y * 40, seed));
    blendColor(out, chalk, 0.85, 0.7 * onLine(distance + 0.05, 0.004, view.pixel));
    out.height = 0.04 * smoothStep(0, 0.07, -distance) - 0.02 * groove;
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: 0.1, parts: 0 };
}

/** A shirt button; each of its holes is a part that may be left undrilled. */
function buildButton(random: Random): Material {
  const color = random.chance(0.7) ? pickPaint(random, [0.1, 0.9], [0.25, 0.9]) : pickGrey(random, 0.15, 0.95);
  const outer = random.range(0.31, 0.39);
  const holes = random.pick([2, 4, 4]);
  const hole = random.range(0.035, 0.05);
  const ring = random.range(0.075, 0.1);
  const rim = outer - random.range(0.06, 0.09);
  const surface: Material["surface"] = (x, y, out, view) => {
    const radius = Math.hypot(x, y);
    const turn = (Math.atan2(y, x) / (2 * Math.PI) + 1) * holes;
    const nearest = Math.round(turn);
    const angle = (nearest / holes) * 2 * Math.PI;
    const away = Math.hypot(x - ring * Math.cos(angle), y - ring * Math.sin(angle));
    const drilled = nearest % holes === view.omitted ? -1 : hole - away;
    const distance = Math.max(radius - outer, drilled);
    setColor(out, color, 0.96);
    blendColor(out, color, 0.75, 0.8 * onLine(radius - rim, 0.008, view.pixel));
    out.height = 0.035 * smoothStep(0, 0.05, outer - radius) - 0.025 * smoothStep(rim + 0.01, rim - 0.04, radius);
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: 0.4, parts: holes };
}

/** A biscuit with a scalloped edge and rows of pricked holes; each hole is a part. */
function buildCookie(random: Random): Material {
  const dough = vary(pickWood(random), 0.03, random, random.range(1.05, 1.25));
  const crust = vary(dough, 0.02, random, 0.72);
  const square = random.chance(0.4);
  const scallops = random.int(16, 26);
  const count = random.int(3, 4);
  const step = 0.15;
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const angle = Math.atan2(y, x);
    const wave = 0.012 * Math.cos(angle * scallops);
    const distance = (square ? boxDistance(x, y, 0.36, 0.36, 0.05) : Math.hypot(x, y) - 0.37) - wave;
    const crumb = fractalNoise(x * 14, y * 14, 2, seed);
    setColor(out, dough, 0.97 + 0.09 * crumb);
    blendColor(out, crust, 1, 0.7 * smoothStep(-0.09, 0, distance));
    const column = Math.round(x / step + (count - 1) / 2);
    const row = Math.round(y / step + (count - 1) / 2);
    let pit = 0;
    if (column >= 0 && column < count && row >= 0 && row < count && row * count + column !== view.omitted) {
      const a = x - (column - (count - 1) / 2) * step;
      const b = y - (row - (count - 1) / 2) * step;
      pit = insideOf(Math.hypot(a, b) - 0.02, 1.5 * view.pixel);
      blendColor(out, crust, 0.6, 0.85 * pit);
    }
    out.height = 0.03 * smoothStep(0, 0.07, -distance) + 0.006 * crumb - 0.01 * pit;
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: 0, parts: count * count };
}

/** A leaf with a midrib and paired veins. */
function buildLeaf(random: Random): Material {
  const green = fromHsv(random.range(0.1, 0.4), random.range(0.35, 0.8), random.range(0.3, 0.7));
  const vein = vary(green, 0.04, random, random.range(1.25, 1.6));
  const width = random.range(0.19, 0.28);
  const pairs = random.int(5, 8);
  const lean = random.range(0.5, 0.9);
  const serration = random.chance(0.5) ? random.range(0.006, 0.012) : 0;
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const t = Math.min(1, Math.max(0, (x + 0.42) / 0.84));
    const half = width * Math.sin(Math.PI * t ** 0.8) + serration * Math.sin(t * 90);
    const blade = Math.max(Math.abs(y) - half, Math.abs(x) - 0.42);
    const stalk = Math.max(Math.abs(y) - 0.012, -0.49 - x, x + 0.38);
    const distance = Math.min(blade, stalk);
    const side = (t - lean * Math.abs(y)) * pairs;
    const rib = Math.abs(side - Math.round(side)) / pairs;
    const veins = Math.max(onLine(y, 0.007, view.pixel), 0.7 * onLine(rib, 0.003, view.pixel));
    setColor(out, green, 0.95 + 0.09 * fractalNoise(x * 12, y * 12, 2, seed));
    blendColor(out, vein, 1, veins);
    out.height = 0.014 * (1 - veins) + 0.03 * smoothStep(0, 0.4, -blade / width);
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: 0.15, parts: 0 };
}

/** A lens in its mount: ribbed barrel, dark glass with rings and a coated glint. */
function buildLens(random: Random): Material {
  const barrel = pickGrey(random, 0.1, 0.4);
  const coating = fromHsv(random.range(0.45, 0.95), random.range(0.3, 0.8), random.range(0.25, 0.5));
  const core = vary(coating, 0.02, random, 0.3);
  const glass = random.range(0.24, 0.29);
  const notches = random.int(30, 44);
  const glintX = random.range(-0.1, 0.1);
  const glintY = random.range(-0.12, -0.05);
  const surface: Material["surface"] = (x, y, out, view) => {
    const radius = Math.hypot(x, y);
    const notch = Math.cos(Math.atan2(y, x) * notches);
    setColor(out, barrel, 0.95 + 0.15 * notch * smoothStep(0.36, 0.38, radius));
    blendColor(out, barrel, 2.2, 0.7 * onLine(radius - 0.34, 0.005, view.pixel));
    blendColor(out, core, 1, insideOf(radius - glass, view.pixel));
    blendColor(out, coating, 1, smoothStep(0.05, glass, radius) * insideOf(radius - glass, view.pixel));
    blendColor(out, coating, 0.6, 0.8 * onLine(radius - glass * 0.66, 0.006, view.pixel));
    blendColor(out, [1, 1, 1], 1, 0.55 * smoothStep(0.07, 0.02, Math.hypot(x - glintX, (y - glintY) * 1.3)));
    const mount = 0.03 * smoothStep(0.41, 0.36, radius);
    out.height = mount * smoothStep(glass - 0.03, glass + 0.02, radius) + 0.01 * smoothStep(glass, 0, radius);
    out.coverage = insideOf(radius - 0.405, view.pixel);
  };
  return { surface, gloss: 0.3, parts: 0 };
}

export const everydayObjects: readonly Category[] = [
  {
    name: "capsule",
    noun: "capsule",
    kind: "object",
    split: "train",
    material: "plastic",
    turn: 3.2,
    build: buildCapsule,
  },
  {
    name: "tablet",
    noun: "tablet",
    kind: "object",
    split: "held-out",
    material: "food",
    turn: 3.2,
    build: buildTablet,
  },
  {
    name: "button",
    noun: "button",
    kind: "object",
    split: "train",
    material: "plastic",
    turn: 3.2,
    build: buildButton,
  },
  { name: "cookie", noun: "cookie", kind: "object", split: "train", material: "food", turn: 3.2, build: buildCookie },
  { name: "leaf", noun: "leaf", kind: "object", split: "train", material: "plant", turn: 3.2, build: buildLeaf },
  { name: "lens", noun: "lens", kind: "object", split: "held-out", material: "glass", turn: 3.2, build: buildLens },
];
