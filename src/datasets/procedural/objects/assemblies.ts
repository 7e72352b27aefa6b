/** Things with rows of like parts: circuit board, connector, battery, toothbrush, zipper, printed label. */

import type { Random } from "../../../random.ts";
import { gradientNoise } from "../noise.ts";
import { fromHsv, pickGrey, pickMetal, pickPaint, vary } from "../palette.ts";
import { boxDistance, segmentDistance } from "../shapes.ts";
import { blendColor, type Category, insideOf, type Material, onLine, setColor, smoothStep } from "../surface.ts";

/** A board with a matrix of soldered parts and traces between them. */
function buildCircuitBoard(random: Random): Material {
  const board = fromHsv(random.pick([0.35, 0.4, 0.6, 0.02, 0.12]), random.range(0.4, 0.8), random.range(0.2, 0.5));
  const trace = vary(board, 0.03, random, 1.45);
  const pad = random.chance(0.5) ? pickMetal(random) : ([0.8, 0.68, 0.35] as const);
  const chip = random.chance(0.6) ? pickGrey(random, 0.06, 0.2) : pickPaint(random, [0.2, 0.7], [0.4, 0.8]);
  const columns = random.int(2, 4);
  const rows = random.int(2, 4);
  const half = 0.4;
  const stepX = (2 * half - 0.06) / columns;
  const stepY = (2 * half - 0.06) / rows;
  const chipX = stepX * random.range(0.22, 0.3);
  const chipY = stepY * random.range(0.26, 0.36);
  const round = random.chance(0.25) ? Math.min(chipX, chipY) : 0.008;
  const surface: Material["surface"] = (x, y, out, view) => {
    const distance = boxDistance(x, y, half, half, 0.02);
    const u = x / stepX + columns / 2;
    const v = y / stepY + rows / 2;
    const column = Math.min(columns - 1, Math.max(0, Math.floor(u)));
    const row = Math.min(rows - 1, Math.max(0, Math.floor(v)));
    const a = (u - column - 0.5) * stepX;
    const b = (v - row - 0.5) * stepY;
    setColor(out, board, 1);
    blendColor(out, trace, 1, 0.8 * onLine(Math.abs(b) - chipY * 0.55, 0.006, view.pixel));
    blendColor(out, trace, 1, 0.8 * onLine(a - stepX * 0.45, 0.006, view.pixel));
    const padDistance = boxDistance(Math.abs(a) - chipX - 0.012, b, 0.018, chipY * 0.7, 0.005);
    blendColor(out, pad, 1, insideOf(padDistance, view.pixel));
    let height = 0.012 * smoothStep(0, 0.02, -distance);
    if (row * columns + column !== view.omitted) {
      const chipDistance = boxDistance(a, b, chipX, chipY, round);
      blendColor(out, chip, 1, insideOf(chipDistance, view.pixel));
      blendColor(
        out,
        chip,
        1.9,
        insideOf(boxDistance(a + chipX * 0.5, b + chipY * 0.5, 0.012, 0.012, 0.012), view.pixel),
      );
      height += 0.02 * smoothStep(0, 0.015, -chipDistance);
    }
    out.height = height;
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: 0.25, parts: columns * rows };
}

/** A plug with one or two rows of pins; each pin is a part. */
function buildConnector(random: Random): Material {
  const shell = random.chance(0.6) ? pickGrey(random, 0.08, 0.3) : pickPaint(random, [0.1, 0.7], [0.4, 0.9]);
  const pin = random.chance(0.5) ? ([0.85, 0.72, 0.38] as const) : pickMetal(random);
  const rows = random.int(1, 2);
  const columns = random.int(5, 8);
  const step = 0.72 / columns;
  const halfHeight = rows === 1 ? 0.13 : 0.2;
  const cavity = vary(shell, 0.02, random, 0.55);
  const surface: Material["surface"] = (x, y, out, view) => {
    const body = boxDistance(x, y, 0.42, halfHeight, 0.025);
    const key = boxDistance(x, y + halfHeight, 0.07, 0.035, 0.01);
    const distance = Math.min(body, key);
    setColor(out, shell, 1);
    const inner = boxDistance(x, y, 0.385, halfHeight - 0.045, 0.015);
    blendColor(out, cavity, 1, insideOf(inner, view.pixel));
    const column = Math.min(columns - 1, Math.max(0, Math.floor(x / step + columns / 2)));
    const row = rows === 1 || y < 0 ? 0 : 1;
    let pinHeight = 0;
    if (row * columns + column !== view.omitted) {
      const a = x - (column + 0.5 - columns / 2) * step;
      const b = rows === 1 ? y : y - (row === 0 ? -0.07 : 0.07);
      const pinDistance = boxDistance(a, b, step * 0.26, rows === 1 ? 0.06 : 0.045, 0.008);
      blendColor(out, pin, 0.95, insideOf(pinDistance, view.pixel));
      pinHeight = 0.015 * smoothStep(0, 0.015, -pinDistance);
    }
    out.height = 0.03 * smoothStep(0, 0.02, -distance) - 0.02 * smoothStep(0, 0.015, -inner) + pinHeight;
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: 0.3, parts: rows * columns };
}

/** A dry cell on its side: metal ends, a two-tone sleeve, a terminal that can be missing. */
function buildBattery(random: Random): Material {
  const sleeve = pickPaint(random, [0.2, 0.9], [0.2, 0.8]);
  const band = random.chance(0.6) ? vary(sleeve, 0.35, random) : pickMetal(random);
  const split = random.range(-0.2, 0.15);
  const metal = pickMetal(random);
  const radius = random.range(0.12, 0.17);
  const surface: Material["surface"] = (x, y, out, view) => {
    const body = boxDistance(x, y, 0.36, radius, 0.025);
    const nub = view.omitted === 0 ? 1 : boxDistance(x - 0.37, y, 0.045, radius * 0.35, 0.01);
    const distance = Math.min(body, nub);
    const across = Math.min(1, Math.abs(y) / radius);
    const round = Math.sqrt(1 - across * across);
    const lit = 0.5 + 0.5 * round + 0.15 * smoothStep(0.12, 0, Math.abs(y / radius + 0.45));
    setColor(out, x > split ? band : sleeve, lit);
    blendColor(out, metal, lit, insideOf(0.335 - Math.abs(x), view.pixel));
    blendColor(out, metal, 0.5 * lit, 0.7 * onLine(Math.abs(x) - 0.335, 0.004, view.pixel));
    out.height = 0.03 * round;
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: 0.35, parts: 1 };
}

/** A brush head from above: tufts of bristles in rows on a rounded plate; each tuft is a part. */
function buildToothbrush(random: Random): Material {
  const plate = random.chance(0.5) ? pickGrey(random, 0.8, 0.97) : pickPaint(random, [0.2, 0.8], [0.4, 0.9]);
  const bristle = pickPaint(random, [0.05, 0.8], [0.6, 0.97]);
  const other = random.chance(0.6) ? pickPaint(random, [0.1, 0.8], [0.5, 0.95]) : bristle;
  const rows = random.int(3, 4);
  const columns = random.int(6, 8);
  const stepX = 0.76 / columns;
  const stepY = 0.34 / rows;
  const tuft = Math.min(stepX, stepY) * random.range(0.36, 0.44);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const distance = boxDistance(x, y, 0.43, 0.22, 0.2);
    const column = Math.min(columns - 1, Math.max(0, Math.floor(x / stepX + columns / 2)));
    const row = Math.min(rows - 1, Math.max(0, Math.floor(y / stepY + rows / 2)));
    const a = x - (column + 0.5 - columns / 2) * stepX;
    const b = y - (row + 0.5 - rows / 2) * stepY;
    const away = Math.hypot(a, b);
    setColor(out, plate, 0.95);
    let height = 0.02 * smoothStep(0, 0.04, -distance);
    if (row * columns + column !== view.omitted) {
      const hair = gradientNoise(x * 90, y * 90, seed);
      blendColor(out, plate, 0.6, 0.8 * insideOf(away - tuft * 1.15, 2 * view.pixel));
      blendColor(out, (column & 1) === 0 ? bristle : other, 0.88 + 0.22 * hair, insideOf(away - tuft, view.pixel));
      height += 0.02 * smoothStep(tuft, tuft * 0.5, away);
    }
    out.height = height;
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: 0.15, parts: rows * columns };
}

/** Two cloth tapes joined by interlocking teeth; each tooth is a part. */
function buildZipper(random: Random): Material {
  const cloth = random.chance(0.5) ? pickGrey(random, 0.06, 0.4) : pickPaint(random, [0.2, 0.8], [0.2, 0.8]);
  const tooth = random.chance(0.6) ? pickMetal(random) : vary(cloth, 0.05, random, 1.6);
  const teeth = random.int(10, 16);
  const step = 0.92 / teeth;
  const half = random.range(0.24, 0.34);
  const surface: Material["surface"] = (x, y, out, view) => {
    const distance = boxDistance(x, y, 0.46, half, 0.01);
    const weave = Math.sin(x * 160) * Math.sin(y * 130);
    setColor(out, cloth, 0.95 + 0.1 * weave);
    blendColor(out, cloth, 0.7, onLine(Math.abs(y) - half * 0.62, 0.006, view.pixel));
    const index = Math.min(teeth - 1, Math.max(0, Math.floor(x / step + teeth / 2)));
    let height = 0;
    if (index !== view.omitted) {
      const a = x - (index + 0.5 - teeth / 2) * step;
      const b = y - ((index & 1) === 0 ? -0.03 : 0.03);
      const toothDistance = boxDistance(a, b, step * 0.38, 0.075, 0.012);
      blendColor(out, tooth, 1, insideOf(toothDistance, view.pixel));
      height = 0.025 * smoothStep(0, 0.02, -toothDistance);
    }
    out.height = height + 0.0006 * weave;
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: 0.4, parts: teeth };
}

/** A printed label: rows of one repeated sign; each sign is a part. */
function buildLabel(random: Random): Material {
  const sheet = random.chance(0.6) ? pickGrey(random, 0.82, 0.98) : pickPaint(random, [0.05, 0.5], [0.6, 0.95]);
  const ink = random.chance(0.5) ? pickGrey(random, 0.04, 0.2) : pickPaint(random, [0.5, 0.9], [0.2, 0.6]);
  const sign = random.int(0, 4);
  const columns = random.int(3, 6);
  const rows = random.int(3, 5);
  const frame = random.chance(0.5) ? 0.008 : -1;
  const stepX = 0.72 / columns;
  const stepY = 0.72 / rows;
  const scale = 0.34 * Math.min(stepX, stepY);
  const surface: Material["surface"] = (x, y, out, view) => {
    const distance = boxDistance(x, y, 0.42, 0.42, 0.02);
    setColor(out, sheet, 1);
    if (frame > 0) blendColor(out, ink, 1, onLine(distance + 0.035, frame, view.pixel));
    const column = Math.floor(x / stepX + columns / 2);
    const row = Math.floor(y / stepY + rows / 2);
    const within = column >= 0 && column < columns && row >= 0 && row < rows;
    if (within && row * columns + column !== view.omitted) {
      const a = (x - (column + 0.5 - columns / 2) * stepX) / scale;
      const b = (y - (row + 0.5 - rows / 2) * stepY) / scale;
      blendColor(out, ink, 1, insideOf(signDistance(sign, a, b) * scale, view.pixel));
    }
    out.height = 0.004 * smoothStep(0, 0.01, -distance);
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: 0.05, parts: columns * rows };
}

/** Distance to a printed sign of about unit radius: a dot, a ring, a T, a cross, an H. */
function signDistance(sign: number, a: number, b: number): number {
  if (sign === 0) return Math.hypot(a, b) - 0.8;
  if (sign === 1) return Math.abs(Math.hypot(a, b) - 0.7) - 0.25;
  if (sign === 2)
    return Math.min(segmentDistance(a, b, -0.7, -0.8, 0.7, -0.8), segmentDistance(a, b, 0, -0.8, 0, 0.9)) - 0.25;
  if (sign === 3)
    return Math.min(segmentDistance(a, b, -0.8, 0, 0.8, 0), segmentDistance(a, b, 0, -0.8, 0, 0.8)) - 0.27;
  return Math.min(segmentDistance(Math.abs(a), b, 0.6, -0.8, 0.6, 0.8), segmentDistance(a, b, -0.6, 0, 0.6, 0)) - 0.24;
}

export const assemblyObjects: readonly Category[] = [
  {
    name: "circuit-board",
    noun: "circuit board",
    kind: "object",
    split: "train",
    material: "plastic",
    turn: 0.4,
    build: buildCircuitBoard,
  },
  {
    name: "connector",
    noun: "connector",
    kind: "object",
    split: "held-out",
    material: "plastic",
    turn: 3.2,
    build: buildConnector,
  },
  {
    name: "battery",
    noun: "battery",
    kind: "object",
    split: "train",
    material: "metal",
    turn: 3.2,
    build: buildBattery,
  },
  {
    name: "toothbrush",
    noun: "toothbrush head",
    kind: "object",
    split: "held-out",
    material: "plastic",
    turn: 3.2,
    build: buildToothbrush,
  },
  {
    name: "zipper",
    noun: "zipper",
    kind: "object",
    split: "held-out",
    material: "fabric",
    turn: 3.2,
    build: buildZipper,
  },
  {
    name: "printed-label",
    noun: "printed label",
    kind: "object",
    split: "train",
    material: "paper",
    turn: 0.6,
    build: buildLabel,
  },
];
