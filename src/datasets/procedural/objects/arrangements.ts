/** Things made of many alike: sets of equal pieces, embossed pieces, turned pieces, bodies with wires or legs. */

import type { Random } from "../../../random.ts";
import { type Figure, pickElement, pickFigure } from "../figures.ts";
import { gradientNoise, latticeValue } from "../noise.ts";
import { pickAny, pickMetal, vary } from "../palette.ts";
import { boxDistance, polygonDistance } from "../shapes.ts";
import { blendColor, type Category, insideOf, type Material, onLine, setColor, smoothStep, wrap } from "../surface.ts";
import { buildTurnedPart } from "./turned-parts.ts";
import { buildWiredDevice } from "./wired-devices.ts";

/** Finds the nearest place of an arrangement; writes its number and the offset from it, turned as the piece there is. */
type Layout = (x: number, y: number, out: Spot) => void;

interface Spot {
  /** Number of the piece, or -1 where there is none. */
  piece: number;
  u: number;
  v: number;
}

/** Rows, bricks or a ring: how pieces are set out, how many there are and how much room each has around its middle. */
function pickLayout(random: Random): { find: Layout; count: number; room: number; wide: number; high: number } {
  if (random.chance(0.25)) {
    const count = random.int(4, 14);
    const away = random.range(0.22, 0.32);
    const middle = random.chance(0.5);
    const turn = random.range(0, 6.28);
    const sector = (2 * Math.PI) / count;
    const room = Math.min(away * Math.sin(sector / 2), 0.42 - away, middle ? 0.5 * away : 1);
    const find: Layout = (x, y, out) => {
      const far = Math.hypot(x, y);
      if (middle && far < away - room) {
        [out.piece, out.u, out.v] = [count, x, y];
        return;
      }
      const k = Math.round(wrap(Math.atan2(y, x) - turn, 2 * Math.PI) / sector) % count;
      const [c, s] = [Math.cos(turn + k * sector), Math.sin(turn + k * sector)];
      [out.piece, out.u, out.v] = [k, c * x + s * y - away, c * y - s * x];
    };
    return { find, count: count + (middle ? 1 : 0), room, wide: away + room, high: away + room };
  }
  const columns = random.int(2, 8);
  const rows = random.int(1, Math.min(6, columns));
  const brick = rows > 1 && random.chance(0.3);
  const stepX = 0.82 / (columns + (brick ? 0.5 : 0));
  const stepY = stepX * Math.min(random.range(0.8, 1.5), 0.82 / (rows * stepX));
  const find: Layout = (x, y, out) => {
    const row = Math.floor(y / stepY + rows / 2);
    const shift = brick ? ((row & 1) - 0.5) * 0.5 : 0;
    const column = Math.floor(x / stepX + shift + columns / 2);
    const within = row >= 0 && row < rows && column >= 0 && column < columns;
    out.piece = within ? row * columns + column : -1;
    out.u = x - (column + 0.5 - shift - columns / 2) * stepX;
    out.v = y - (row + 0.5 - rows / 2) * stepY;
  };
  const wide = 0.5 * stepX * (columns + (brick ? 0.5 : 0));
  return { find, count: rows * columns, room: 0.5 * Math.min(stepX, stepY), wide, high: 0.5 * stepY * rows };
}

/** Equal pieces, lying free or set into a plate; every piece is a part. */
function buildArrangedParts(random: Random): Material {
  const { find, count, room, wide, high } = pickLayout(random);
  const element = pickElement(random);
  const inner = random.chance(0.5) ? pickElement(random) : null;
  const size = room * random.range(0.62, 0.95);
  const core = size * random.range(0.3, 0.6);
  const plate = random.chance(0.65) ? (random.chance(0.5) ? pickMetal(random) : pickAny(random)) : null;
  const frame = random.range(0.01, 0.06);
  const round = random.range(0, 0.1);
  const first = random.chance(0.3) ? pickMetal(random) : pickAny(random);
  const second = random.chance(0.4) ? pickAny(random) : first;
  const marked = random.chance(0.5) ? pickAny(random) : vary(first, 0.05, random, random.range(0.4, 0.8));
  const sunken = plate !== null && random.chance(0.3);
  const rise = (sunken ? -1 : 1) * size * random.range(0.1, 0.6);
  const bevel = size * random.range(0.15, 1);
  const shadow = random.chance(0.5) ? random.range(0.2, 0.6) : 0;
  const unevenness = random.chance(0.4) ? random.range(0, 0.12) : 0;
  const turning = plate === null && random.chance(0.3) ? random.range(0, 0.5) : 0;
  const grain = random.range(0, 0.08);
  const seed = random.int(0, 255);
  const spot: Spot = { piece: -1, u: 0, v: 0 };
  const surface: Material["surface"] = (x, y, out, view) => {
    const body = plate ? boxDistance(x, y, wide + frame, high + frame, Math.min(round, high)) : 1;
    setColor(out, plate ?? first, 1 + grain * gradientNoise(x * 45, y * 45, seed));
    out.height = 0.02 * smoothStep(0, 0.02, -body);
    out.coverage = insideOf(body, view.pixel);
    find(x, y, spot);
    if (spot.piece < 0 || spot.piece === view.omitted) return;
    const angle = turning * (latticeValue(spot.piece, 1, seed) - 0.5);
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const [u, v] = [(c * spot.u + s * spot.v) / size, (c * spot.v - s * spot.u) / size];
    const away = element(u, v) * size;
    const inside = insideOf(away, view.pixel);
    if (shadow > 0 && plate) blendColor(out, plate, 1 - shadow, smoothStep(0.25 * size, 0, away) * (1 - inside));
    if (inside === 0) return;
    const gain = 1 + unevenness * (latticeValue(spot.piece, 2, seed) - 0.5) + grain * gradientNoise(u * 3, v * 3, seed);
    blendColor(out, spot.piece & 1 ? second : first, gain, inside);
    if (inner)
      blendColor(out, marked, gain, inside * insideOf(inner((u * size) / core, (v * size) / core) * core, view.pixel));
    out.height += rise * Math.sqrt(smoothStep(0, bevel, -away));
    out.coverage = Math.max(out.coverage, inside);
  };
  return { surface, gloss: random.range(0, 0.8), parts: count };
}

/** A disc, lozenge or slab with figures, a rim and signs in relief: struck, pressed or moulded; each figure is a part. */
function buildEmbossedPiece(random: Random): Material {
  const base = random.chance(0.5) ? pickMetal(random) : pickAny(random);
  const sides = random.int(3, 12);
  const narrow = random.range(0.55, 1);
  const size = random.range(0.33, 0.42);
  const shape = random.int(0, 3);
  const outline: Figure = (x, y) => {
    if (shape === 0) return Math.hypot(x, y) - size;
    if (shape === 1) return boxDistance(x, y, size, size * narrow, 0.2 * size);
    if (shape === 2) return polygonDistance(x, y, sides, size * 0.92);
    return (Math.hypot(x, y / narrow) - size) * narrow;
  };
  const dome = random.chance(0.4) ? random.range(0, 0.12) : 0;
  const rim = random.chance(0.7) ? random.range(0.012, 0.05) : 0;
  const figures = Array.from({ length: random.int(1, 6) }, () => ({
    figure: pickFigure(random),
    rise: random.range(0.006, 0.02) * (random.chance(0.75) ? 1 : -1),
  }));
  const spread = random.range(0.8, 1.3);
  const mirrored = random.chance(0.4);
  const signs = random.chance(0.6) ? random.int(10, 36) : 0;
  const band = size * narrow * random.range(0.68, 0.82);
  const letter = size * random.range(0.04, 0.09);
  const score = random.chance(0.25);
  const tarnish = random.range(0, 0.4);
  const grain = random.range(0, 0.08);
  const fine = random.range(15, 60);
  const inked = random.chance(0.3) ? pickAny(random) : null;
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const away = outline(x, y);
    out.coverage = insideOf(away, view.pixel);
    if (out.coverage === 0) {
      setColor(out, base, 0.8);
      out.height = 0;
      return;
    }
    setColor(out, base, 1 + grain * gradientNoise(x * fine, y * fine, seed) + 0.05 * gradientNoise(x * 3, y * 3, seed));
    let height = 0.02 * smoothStep(0, 0.02, -away) + dome * Math.sqrt(Math.max(0, -away / size)) * size;
    if (rim > 0) height += 0.012 * smoothStep(rim, 0.7 * rim, -away);
    let raised = 0;
    for (let k = 0; k < figures.length; k++) {
      if (k === view.omitted) continue;
      const { figure, rise } = figures[k]!;
      const inside = figure((mirrored ? Math.abs(x) : x) / spread, y / spread) * spread;
      const amount = smoothStep(0.006, -0.01, inside);
      height += rise * amount;
      raised = Math.max(raised, amount);
    }
    if (signs > 0) {
      const turn = (Math.atan2(y, x) / (2 * Math.PI) + 0.5) * signs;
      const k = Math.floor(turn);
      const u = ((turn - k - 0.5) * 2 * Math.PI * band) / signs;
      const v = Math.hypot(x, y) - band;
      const wide = Math.min(letter, (2 * band) / signs) * (0.4 + 0.5 * latticeValue(k, 1, seed));
      const bar = boxDistance(u, v, wide, letter, 0);
      const sign = latticeValue(k, 2, seed) < 0.5 ? Math.abs(bar + 0.006) - 0.005 : bar;
      const amount = latticeValue(k, 3, seed) < 0.12 ? 0 : smoothStep(0.004, -0.004, sign);
      height += 0.008 * amount;
      raised = Math.max(raised, amount);
    }
    if (score) height -= 0.015 * onLine(x, 0.008, view.pixel);
    blendColor(out, base, 0.55, tarnish * (1 - raised));
    if (inked) blendColor(out, inked, 1, 0.85 * raised);
    out.height = height;
  };
  return { surface, gloss: random.range(0, 0.9), parts: figures.length };
}

const object = { kind: "object", split: "train", turn: 3.2 } as const;

export const arrangedObjects: readonly Category[] = [
  { ...object, name: "arranged-parts", noun: "set of parts", material: "plastic", build: buildArrangedParts },
  { ...object, name: "embossed-piece", noun: "embossed piece", material: "metal", build: buildEmbossedPiece },
  { ...object, name: "turned-part", noun: "turned part", material: "metal", build: buildTurnedPart },
  { ...object, name: "wired-device", noun: "wired device", material: "plastic", build: buildWiredDevice },
];
