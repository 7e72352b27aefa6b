/** Metal parts: hex nut, washer, gear, screw, coin, bottle cap. */

import type { Random } from "../../../random.ts";
import { gradientNoise } from "../noise.ts";
import { pickMetal, pickPaint, vary } from "../palette.ts";
import { boxDistance, polygonDistance, starDistance } from "../shapes.ts";
import { blendColor, type Category, insideOf, type Material, onLine, setColor, smoothStep, wrap } from "../surface.ts";

/** A six-sided nut seen from above, threads glinting in its bore. */
function buildHexNut(random: Random): Material {
  const metal = pickMetal(random);
  const bore = random.range(0.15, 0.21);
  const outer = random.range(0.32, 0.36);
  const collar = random.chance(0.5);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const radius = Math.hypot(x, y);
    const side = polygonDistance(x, y, 6, outer);
    const distance = Math.max(side, bore - radius);
    setColor(out, metal, 0.95 + 0.05 * gradientNoise(x * 8, y * 60, seed));
    if (collar) blendColor(out, metal, 0.7, onLine(radius - outer * 0.92, 0.008, view.pixel));
    blendColor(out, metal, 0.55, onLine(radius - bore - 0.02, 0.01, view.pixel));
    out.height = 0.04 * smoothStep(0, 0.05, -side) * smoothStep(0, 0.03, radius - bore);
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: 0.5, parts: 0 };
}

/** A flat ring with turning marks. */
function buildWasher(random: Random): Material {
  const metal = random.chance(0.8) ? pickMetal(random) : pickPaint(random, [0.2, 0.8], [0.2, 0.7]);
  const bore = random.range(0.12, 0.24);
  const outer = random.range(0.32, 0.4);
  const rings = random.range(20, 50);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const radius = Math.hypot(x, y);
    const distance = Math.max(radius - outer, bore - radius);
    setColor(out, metal, 0.94 + 0.07 * gradientNoise(radius * rings, 0.5, seed));
    out.height = 0.02 * smoothStep(0, 0.03, -distance);
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: 0.45, parts: 0 };
}

/** A spur gear; each tooth is a part. */
function buildGear(random: Random): Material {
  const metal = random.chance(0.75) ? pickMetal(random) : pickPaint(random, [0, 0.7], [0.2, 0.9]);
  const teeth = random.int(9, 18);
  const outer = random.range(0.36, 0.41);
  const root = outer - random.range(0.06, 0.085);
  const bore = random.range(0.06, 0.11);
  const windows = random.pick([0, 0, 4, 5, 6]);
  const windowRadius = root * 0.17;
  const surface: Material["surface"] = (x, y, out, view) => {
    const radius = Math.hypot(x, y);
    const turn = (Math.atan2(y, x) / (2 * Math.PI) + 1) * teeth;
    const tooth = Math.round(turn);
    const flank = ((Math.abs(turn - tooth) - 0.27) * 2 * Math.PI * radius) / teeth + (radius - root) * 0.35;
    let distance = Math.max(radius - outer, flank);
    if (tooth % teeth === view.omitted) distance = radius - root;
    distance = Math.max(Math.min(distance, radius - root), bore - radius);
    if (windows > 0) {
      const sector = (2 * Math.PI) / windows;
      const angle = Math.atan2(y, x);
      const folded = angle - sector * Math.round(angle / sector);
      const dx = radius * Math.cos(folded) - root * 0.62;
      distance = Math.max(distance, windowRadius - Math.hypot(dx, radius * Math.sin(folded)));
    }
    setColor(out, metal, 0.96);
    blendColor(out, metal, 0.72, onLine(radius - bore - 0.04, 0.006, view.pixel));
    blendColor(out, metal, 0.8, onLine(radius - root * 0.93, 0.006, view.pixel));
    out.height = 0.03 * smoothStep(0, 0.03, -distance);
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: 0.4, parts: teeth };
}

/** A screw from the side: head, threaded shank, point. */
function buildScrew(random: Random): Material {
  const metal = pickMetal(random);
  const shank = random.range(0.06, 0.085);
  const head = random.range(0.13, 0.17);
  const pitch = random.range(0.04, 0.055);
  const countersunk = random.chance(0.5);
  const plain = random.range(-0.2, -0.08);
  const surface: Material["surface"] = (x, y, out, view) => {
    const spread = countersunk ? head - (x + 0.36) * 1.1 : head;
    const headDistance = boxDistance(x + 0.33, y, 0.06, Math.max(spread, shank), 0.015);
    const taper = Math.min(1, Math.max(0, (0.42 - x) / 0.14));
    const threaded = x > plain ? 1 : 0;
    const phase = wrap(x + threaded * y * 0.18, pitch) / pitch;
    const ridge = threaded * (1 - 2 * Math.abs(phase - 0.5));
    const half = (shank - 0.02 * threaded * (1 - ridge)) * taper;
    const shankDistance = Math.max(Math.abs(y) - half, x - 0.42, -0.36 - x);
    const distance = Math.min(headDistance, shankDistance);
    const onHead = headDistance < shankDistance;
    const across = Math.min(1, Math.abs(y) / Math.max(onHead ? spread : half, 0.01));
    const round = Math.sqrt(1 - across * across);
    setColor(out, metal, (0.5 + 0.5 * round) * (onHead ? 1 : 0.72 + 0.28 * (threaded ? ridge : 1)));
    out.height = 0.05 * round + (onHead ? 0.02 : 0.008 * ridge);
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: 0.4, parts: 0 };
}

/** A coin: raised rim, a ring of beads, an emblem; each bead is a part. */
function buildCoin(random: Random): Material {
  const metal = pickMetal(random);
  const beads = random.int(18, 28);
  const tips = random.int(4, 8);
  const inner = random.range(0.07, 0.12);
  const star = random.chance(0.6);
  const surface: Material["surface"] = (x, y, out, view) => {
    const radius = Math.hypot(x, y);
    const turn = (Math.atan2(y, x) / (2 * Math.PI) + 1) * beads;
    const bead = Math.round(turn);
    const offset = ((turn - bead) * 2 * Math.PI * radius) / beads;
    const beadDistance = bead % beads === view.omitted ? 1 : Math.hypot(offset, radius - 0.31) - 0.017;
    const emblem = star ? starDistance(x, y, tips, inner, 0.2) : polygonDistance(x, y, tips, inner * 1.5);
    const raised = Math.max(
      smoothStep(0.345, 0.36, radius),
      smoothStep(0.012, -0.012, beadDistance),
      smoothStep(0.012, -0.012, emblem),
    );
    setColor(out, metal, 0.78 + 0.24 * raised);
    blendColor(
      out,
      metal,
      0.55,
      0.7 * Math.max(onLine(emblem, 0.006, view.pixel), onLine(radius - 0.35, 0.004, view.pixel)),
    );
    out.height = 0.014 * raised + 0.03 * smoothStep(0, 0.02, 0.385 - radius);
    out.coverage = insideOf(radius - 0.385, view.pixel);
  };
  return { surface, gloss: 0.45, parts: beads };
}

/** A crown cap from above: fluted skirt, painted disc with a ring and a star. */
function buildBottleCap(random: Random): Material {
  const paint = random.chance(0.7) ? pickPaint(random, [0.3, 0.9], [0.35, 0.9]) : pickMetal(random);
  const print = vary(paint, 0.35, random, random.chance(0.5) ? 1.5 : 0.5);
  const flutes = random.int(18, 24);
  const tips = random.int(5, 8);
  const surface: Material["surface"] = (x, y, out, view) => {
    const radius = Math.hypot(x, y);
    const flute = Math.cos(Math.atan2(y, x) * flutes);
    const outline = 0.375 + 0.018 * flute;
    const skirt = smoothStep(0.29, 0.33, radius);
    setColor(out, paint, 0.97 - 0.2 * skirt * (1 - flute) * 0.5);
    blendColor(out, print, 1, onLine(radius - 0.25, 0.012, view.pixel));
    blendColor(out, print, 1, insideOf(starDistance(x, y, tips, 0.08, 0.18), view.pixel));
    out.height = 0.05 * smoothStep(0.39, 0.27, radius) + 0.012 * skirt * flute;
    out.coverage = insideOf(radius - outline, view.pixel);
  };
  return { surface, gloss: 0.4, parts: 0 };
}

export const hardwareObjects: readonly Category[] = [
  {
    name: "hex-nut",
    noun: "hex nut",
    kind: "object",
    split: "train",
    material: "metal",
    turn: 3.2,
    build: buildHexNut,
  },
  { name: "washer", noun: "washer", kind: "object", split: "train", material: "metal", turn: 3.2, build: buildWasher },
  { name: "gear", noun: "gear", kind: "object", split: "held-out", material: "metal", turn: 3.2, build: buildGear },
  { name: "screw", noun: "screw", kind: "object", split: "held-out", material: "metal", turn: 3.2, build: buildScrew },
  { name: "coin", noun: "coin", kind: "object", split: "held-out", material: "metal", turn: 3.2, build: buildCoin },
  {
    name: "bottle-cap",
    noun: "bottle cap",
    kind: "object",
    split: "held-out",
    material: "metal",
    turn: 3.2,
    build: buildBottleCap,
  },
];
