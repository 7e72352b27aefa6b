/** Things made of many alike: sets of equal pieces, embossed pieces, turned pieces, bodies with wires or legs. */

import type { Random } from "../../../random.ts";
import { type Figure, pickElement, pickFigure } from "../figures.ts";
import { fractalNoise, gradientNoise, latticeValue } from "../noise.ts";
import { pickAny, pickGrey, pickMetal, vary } from "../palette.ts";
import { boxDistance, polygonDistance, segmentDistance } from "../shapes.ts";
import {
  blendColor,
  type Category,
  type Color,
  insideOf,
  type Material,
  onLine,
  setColor,
  smoothStep,
  wrap,
} from "../surface.ts";

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

/** One stretch of a turned piece, from `from` to the next one's. */
interface Stretch {
  from: number;
  /** Radius where it begins and where it ends. */
  near: number;
  far: number;
  color: Color;
  finish: "plain" | "rings" | "thread" | "knurl" | "printed";
}

/** Round about one axis and seen from the side: stretches of other radius, colour and finish, with rings that are its parts. */
function buildTurnedPart(random: Random): Material {
  const base = random.chance(0.5) ? pickMetal(random) : pickAny(random);
  const half = random.range(0.28, 0.44);
  const thickest = random.range(0.08, 0.3);
  const count = random.int(1, 5);
  const cuts = Array.from({ length: count - 1 }, () => random.range(-0.85 * half, 0.85 * half)).sort((a, b) => a - b);
  const finishes = ["plain", "plain", "rings", "thread", "knurl", "printed"] as const;
  const stretches: Stretch[] = [-half, ...cuts].map((from) => {
    const near = thickest * random.range(0.25, 1);
    const color = random.chance(0.65) ? base : random.chance(0.5) ? pickAny(random) : vary(base, 0.05, random, 0.6);
    return {
      from,
      near,
      far: random.chance(0.7) ? near : near * random.range(0.4, 1),
      color,
      finish: random.pick(finishes),
    };
  });
  const ends = [random.range(0, 0.3), random.range(0, 0.3)] as const;
  const pitch = random.range(18, 60);
  const depth = random.range(0.15, 0.5) / pitch;
  const slant = random.range(-1, 1);
  const rings = Array.from({ length: random.int(0, 5) }, () => ({
    at: random.range(-0.9 * half, 0.9 * half),
    wide: random.range(0.004, 0.025),
    lift: random.range(-0.02, 0.03),
    color: random.chance(0.4) ? pickAny(random) : vary(base, 0.05, random, random.range(0.5, 1.2)),
  }));
  const ink = pickAny(random);
  const roundness = random.range(0.3, 0.9);
  const grain = random.range(0, 0.08);
  const fine = random.range(10, 60);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    let k = 0;
    while (k + 1 < stretches.length && x >= stretches[k + 1]!.from) k++;
    const { from, near, far, color, finish } = stretches[k]!;
    const to = stretches[k + 1]?.from ?? half;
    let radius = near + ((far - near) * (x - from)) / (to - from);
    const [left, right] = [x + half, half - x];
    // Rounded or pointed ends.
    if (left < ends[0] * near) radius *= Math.sqrt(Math.max(0, left / (ends[0] * near)));
    if (right < ends[1] * far) radius *= Math.sqrt(Math.max(0, right / (ends[1] * far)));
    const across = Math.min(1, Math.abs(y) / Math.max(radius, 1e-4));
    const wound = Math.asin(across) * Math.sign(y) * radius;
    let bump = 0;
    if (finish === "thread") bump = depth * (Math.abs(wrap(x * pitch + 0.4 * slant * wound * pitch, 1) - 0.5) * 2 - 1);
    else if (finish === "rings") bump = depth * (smoothStep(0.2, 0.3, Math.abs(wrap(x * pitch * 0.6, 1) - 0.5)) - 1);
    radius += bump;
    setColor(out, color, 1 + grain * gradientNoise(x * fine, wound * 8, seed));
    for (let r = 0; r < rings.length; r++) {
      const ring = rings[r]!;
      const on = onLine(x - ring.at, ring.wide, view.pixel);
      if (r === view.omitted || on === 0) continue;
      blendColor(out, ring.color, 1, on);
      radius += ring.lift * on;
      bump += 0.3 * ring.lift * on;
    }
    if (finish === "knurl")
      bump += 0.35 * depth * Math.sin(6.28 * pitch * (x + wound)) * Math.sin(6.28 * pitch * (x - wound));
    else if (finish === "printed") {
      const column = Math.floor(x * 28);
      const row = Math.floor(wound * 22);
      const printed = latticeValue(column, row, seed) < 0.45 && Math.abs(wound) < 0.7 * radius;
      const bar = boxDistance(wrap(x * 28, 1) - 0.5, wrap(wound * 22, 1) - 0.5, 0.36, 0.3, 0) / 28;
      if (printed) blendColor(out, ink, 1, insideOf(bar, view.pixel));
    }
    const distance = Math.max(Math.abs(y) - radius, -left, -right);
    out.height = roundness * Math.sqrt(Math.max(0, radius * radius - y * y)) + bump;
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: random.range(0, 0.9), parts: rings.length };
}

/** A body with legs, pins or wires at one side, two or the ends; every one is a part. */
function buildWiredDevice(random: Random): Material {
  const body = random.chance(0.5) ? pickGrey(random, 0.08, 0.4) : pickAny(random);
  const [wide, high] = [random.range(0.14, 0.36), random.range(0.1, 0.22)];
  const round = random.chance(0.3) ? Math.min(wide, high) : random.range(0, 0.05);
  const sides = random.chance(0.5) ? [1] : [1, -1];
  const each = random.int(2, 9);
  const pitch = (2 * wide * random.range(0.7, 0.95)) / each;
  const metal = pickMetal(random);
  const colored = random.chance(0.35);
  const halfWidth = Math.min(pitch * random.range(0.12, 0.36), 0.03);
  const reach = Math.min(0.46, high + random.range(0.08, 0.26));
  const sway = colored ? random.range(0, 0.35) : 0;
  const tip = random.chance(0.5) ? random.range(0.3, 1.6) * halfWidth : 0;
  const legs = sides.flatMap((side) =>
    Array.from({ length: each }, (_, k) => {
      const x = (k + 0.5 - each / 2) * pitch;
      const [end, bend] = [x + sway * x, random.range(-0.6, 0.6) * (colored ? pitch : 0)];
      return { side, x, end, bend, color: colored ? pickAny(random) : metal };
    }),
  );
  const text = random.chance(0.7) ? random.int(1, 3) : 0;
  const ink = random.chance(0.6) ? pickGrey(random, 0.75, 1) : pickAny(random);
  const line = Math.min(0.05, (1.2 * high) / Math.max(1, text));
  const dot = random.chance(0.5) ? random.range(0.012, 0.03) : 0;
  const stripe = random.chance(0.3) ? pickAny(random) : null;
  const grain = random.range(0, 0.1);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    setColor(out, body, 1 + grain * fractalNoise(x * 40, y * 40, 2, seed));
    const away = boxDistance(x, y, wide, high, round);
    let coverage = insideOf(away, view.pixel);
    let height = 0.03 * smoothStep(0, 0.03, -away);
    if (coverage < 1) {
      for (let k = 0; k < legs.length; k++) {
        const { side, x: from, end, bend, color } = legs[k]!;
        const v = side * y;
        if (k === view.omitted || v < 0.7 * high) continue;
        const middle = 0.5 * (high + reach);
        const bowed = 0.5 * (from + end) + bend;
        const distance =
          Math.min(
            segmentDistance(x, v, from, 0.7 * high, bowed, middle),
            segmentDistance(x, v, bowed, middle, end, reach),
          ) -
          halfWidth -
          (v > reach - 2.5 * halfWidth ? tip : 0);
        const on = insideOf(distance, view.pixel) * (1 - coverage);
        if (on <= 0) continue;
        blendColor(out, color, 0.8 + 0.3 * smoothStep(0, halfWidth, -distance), on);
        height = Math.max(height, 0.6 * Math.sqrt(Math.max(0, -distance * (2 * halfWidth + distance))));
        coverage = Math.max(coverage, on);
      }
    }
    if (away < 0) {
      if (stripe) blendColor(out, stripe, 1, insideOf(Math.abs(x + 0.75 * wide) - 0.05 * wide, view.pixel));
      if (dot > 0) blendColor(out, ink, 1, insideOf(Math.hypot(x + 0.6 * wide, y + 0.6 * high) - dot, view.pixel));
      const row = Math.floor(y / line + text / 2);
      const column = Math.floor((x / line) * 1.6);
      if (row >= 0 && row < text && Math.abs(x) < 0.6 * wide && latticeValue(column, row, seed) > 0.25) {
        const bar = boxDistance(
          (wrap((x / line) * 1.6, 1) - 0.5) * line * 0.62,
          (wrap(y / line + text / 2, 1) - 0.5) * line,
          line * (0.1 + 0.14 * latticeValue(column, row, seed + 1)),
          0.32 * line,
          0,
        );
        const sign = latticeValue(column, row, seed + 2) < 0.5 ? Math.abs(bar + 0.005) - 0.004 : bar;
        blendColor(out, ink, 1, insideOf(sign, view.pixel));
      }
    }
    out.height = height;
    out.coverage = coverage;
  };
  return { surface, gloss: random.range(0, 0.7), parts: legs.length };
}

const object = { kind: "object", split: "train", turn: 3.2 } as const;

export const arrangedObjects: readonly Category[] = [
  { ...object, name: "arranged-parts", noun: "set of parts", material: "plastic", build: buildArrangedParts },
  { ...object, name: "embossed-piece", noun: "embossed piece", material: "metal", build: buildEmbossedPiece },
  { ...object, name: "turned-part", noun: "turned part", material: "metal", build: buildTurnedPart },
  { ...object, name: "wired-device", noun: "wired device", material: "plastic", build: buildWiredDevice },
];
