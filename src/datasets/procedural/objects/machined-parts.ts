/** Machined and moulded parts of any outline, with features set out in order. */

import type { Random } from "../../../random.ts";
import { type Figure, pickWavyRadius } from "../figures.ts";
import { fractalNoise, gradientNoise, latticeValue } from "../noise.ts";
import { pickAny, pickGrey, pickMetal, vary } from "../palette.ts";
import { boxDistance, polygonDistance, starDistance } from "../shapes.ts";
import { blendColor, type Color, insideOf, type Material, onLine, setColor, smoothStep } from "../surface.ts";

/** A random outline as a signed distance, within about 0.42 of the origin. */
function pickOutline(random: Random): Figure {
  const wide = random.range(0.3, 0.42);
  const high = wide * random.range(0.3, 1);
  const round = random.range(0.005, 0.12);
  const sides = random.int(3, 9);
  const bar = wide * random.range(0.16, 0.38);
  switch (random.int(0, 7)) {
    case 0: {
      const step = random.pick([1, 1, 2, 3, 4]);
      const radius = pickWavyRadius(random, random.range(0.28, 0.36), 0.16, [2 * step, 3 * step, 5 * step]);
      const squash = random.range(0.6, 1);
      return (x, y) => (Math.hypot(x, y / squash) - radius(Math.atan2(y / squash, x))) * squash;
    }
    case 1:
      return (x, y) => Math.max(polygonDistance(x, y, sides, wide * 0.9), Math.hypot(x, y) - wide * (1 + round));
    case 2:
      return (x, y) => boxDistance(x, y, wide, high, Math.min(round, 0.9 * high));
    case 3: {
      const top = wide * random.range(0.5, 1);
      return (x, y) =>
        Math.min(boxDistance(x, y + wide - bar, top, bar, 0.01), boxDistance(x, y, bar, wide, 0.01 + 0.1 * round));
    }
    case 4:
      return (x, y) =>
        Math.min(boxDistance(x, y + wide - bar, wide, bar, 0.02), boxDistance(x + wide - bar, y, bar, wide, 0.02));
    case 5: {
      const bore = wide * random.range(0.3, 0.75);
      const square = random.chance(0.3);
      return (x, y) =>
        square
          ? Math.max(boxDistance(x, y, wide, wide, round), -boxDistance(x, y, bore, bore, 0.02))
          : Math.max(Math.hypot(x, y) - wide, bore - Math.hypot(x, y));
    }
    case 6: {
      const inner = wide * random.range(0.55, 0.9);
      return (x, y) => Math.max(starDistance(x, y, 2 * sides, inner, wide * 1.1), Math.hypot(x, y) - wide);
    }
    default: {
      const [left, right] = [random.range(0.07, 0.16), random.range(0.07, 0.16)];
      const reach = 0.42 - Math.max(left, right);
      return (x, y) =>
        Math.min(
          Math.hypot(x + reach, y) - left,
          Math.hypot(x - reach, y) - right,
          boxDistance(x, y, reach, Math.min(bar, left, right), 0),
        );
    }
  }
}

/** A hole, boss, slot or recess at one place of a part. */
interface Feature {
  kind: "hole" | "boss" | "slot" | "recess" | "ring";
  x: number;
  y: number;
  c: number;
  s: number;
  size: number;
}

/** Up to six sets of features, set out in a circle, mirrored or in a row; only those that lie inside the outline. */
function pickFeatures(random: Random, outline: Figure): Feature[] {
  const features: Feature[] = [];
  for (let set = random.int(0, 6); set > 0; set--) {
    const kind = random.pick(["hole", "hole", "boss", "boss", "slot", "recess", "ring"] as const);
    const size = random.range(0.018, 0.075);
    const layout = random.int(0, 2);
    const count = layout === 0 ? random.int(2, 8) : layout === 1 ? 4 : random.int(1, 6);
    const away = random.range(0.1, 0.32);
    const turn = random.range(0, 2 * Math.PI);
    const [mx, my] = [random.range(0, 0.33), random.range(0, 0.3)];
    for (let k = 0; k < count; k++) {
      const angle = layout === 0 ? turn + (2 * Math.PI * k) / count : 0;
      let [x, y] = [away * Math.cos(angle), away * Math.sin(angle)];
      if (layout === 1) [x, y] = [k & 1 ? mx : -mx, k & 2 ? my : -my];
      if (layout === 2) [x, y] = [(k - (count - 1) / 2) * 2.6 * size, my - 0.15];
      const clear = features.every((other) => Math.hypot(other.x - x, other.y - y) > 1.3 * (other.size + size));
      if (clear && outline(x, y) < -1.3 * size)
        features.push({ kind, x, y, c: Math.cos(angle), s: Math.sin(angle), size });
    }
  }
  return features.slice(0, 16);
}

/** How the surface of a part was finished: a factor for the colour. */
function pickFinish(random: Random): (x: number, y: number) => number {
  const kind = random.int(0, 4);
  const amount = 0.015 * 12 ** random.next();
  const fine = random.range(15, 60);
  const seed = random.int(0, 255);
  return (x, y) => {
    if (kind === 0) return 1 + 0.3 * amount * gradientNoise(x * 4, y * 4, seed);
    if (kind === 1) return 1 + amount * gradientNoise(x * 3, y * fine, seed);
    if (kind === 2) return 1 + amount * fractalNoise(x * fine, y * fine, 2, seed);
    if (kind === 3) return 1 + amount * gradientNoise(Math.hypot(x, y) * fine, 0.5, seed);
    return 1 + amount * fractalNoise(x * 0.3 * fine, y * 0.3 * fine, 2, seed);
  };
}

/** Colours and markings of a part. */
interface Look {
  base: Color;
  /** Of bosses, printed marks and the second tone. */
  accent: Color;
  gloss: number;
  /** Changes colour and height of the bare body; returns the height to add. */
  mark: (x: number, y: number, inside: number, out: Parameters<Material["surface"]>[2], pixel: number) => number;
}

/** A part with that look: outline, features, finish and bevel are random. Holes, bosses, slots and rings are its parts. */
function buildPart(random: Random, look: Look): Material {
  const outline = pickOutline(random);
  const features = pickFeatures(random, outline);
  const finish = pickFinish(random);
  const bevel = random.range(0.008, 0.06);
  const rise = random.range(0.008, 0.05);
  const edge = random.range(0.5, 1);
  const grooves = random.chance(0.4) ? Array.from({ length: random.int(1, 3) }, () => random.range(0.015, 0.2)) : [];
  const ribs = random.chance(0.2) ? random.range(10, 30) : 0;
  const [dark, bright] = [random.range(0.3, 0.75), random.range(0.85, 1.2)];
  const through = random.chance(0.7);
  const accented = random.chance(0.5);
  const surface: Material["surface"] = (x, y, out, view) => {
    let distance = outline(x, y);
    const body = -distance;
    if (distance > view.pixel) {
      setColor(out, look.base, edge);
      out.height = 0;
      out.coverage = 0;
      return;
    }
    setColor(out, look.base, finish(x, y));
    let height = look.mark(x, y, body, out, view.pixel);
    blendColor(out, look.base, edge, 0.8 * smoothStep(0.8 * bevel, 0, body));
    for (const depth of grooves) {
      const line = onLine(body - depth, 0.004, view.pixel);
      blendColor(out, look.base, dark, line);
      height -= 0.004 * line;
    }
    if (ribs > 0) height += 0.004 * Math.sin(6.28 * ribs * x) * smoothStep(0.03, 0.06, body);
    for (let k = 0; k < features.length; k++) {
      const { kind, x: fx, y: fy, c, s, size } = features[k]!;
      const [dx, dy] = [x - fx, y - fy];
      if (k === view.omitted || dx * dx + dy * dy > 3 * size * size) continue;
      const [u, v] = [c * dx + s * dy, c * dy - s * dx];
      const away = kind === "slot" ? boxDistance(u, v, 1.2 * size, 0.4 * size, 0.4 * size) : Math.hypot(u, v) - size;
      const inside = insideOf(away, view.pixel);
      if (kind === "ring") {
        const line = onLine(away + 0.3 * size, 0.16 * size, view.pixel);
        blendColor(out, accented ? look.accent : look.base, accented ? 1 : dark, line);
        height += 0.1 * size * line;
      } else if (kind === "boss") {
        blendColor(out, accented ? look.accent : look.base, accented ? 1 : bright, inside);
        blendColor(out, look.base, dark, 0.8 * onLine(away, 0.003, view.pixel));
        height += 0.4 * size * smoothStep(0, -0.5 * size, away);
      } else if (kind === "recess") {
        blendColor(out, look.base, dark, inside);
        height -= 0.3 * size * smoothStep(0.2 * size, -0.3 * size, away);
      } else {
        blendColor(out, look.base, 0.6, smoothStep(0.3 * size, 0, away));
        if (through) distance = Math.max(distance, -away);
        else blendColor(out, look.base, 0.15, inside);
        height -= 0.02 * smoothStep(0.15 * size, 0, away);
      }
    }
    out.height = height + rise * smoothStep(0, bevel, body);
    out.coverage = insideOf(distance, view.pixel);
  };
  return { surface, gloss: look.gloss, parts: features.length };
}

/** A piece of metal from the lathe, the mill or the press. */
export function buildMachinedPart(random: Random): Material {
  const base = random.chance(0.6) ? pickMetal(random) : pickGrey(random, 0.12, 0.85);
  const accent = random.chance(0.4) ? pickAny(random) : vary(base, 0.08, random, random.range(0.55, 1.3));
  return buildPart(random, { base, accent, gloss: random.range(0.1, 0.7), mark: () => 0 });
}

/** A piece of plastic: two-tone, printed, embossed or plain. */
export function buildMouldedPart(random: Random): Material {
  const base = pickAny(random);
  const accent = random.chance(0.6) ? pickAny(random) : vary(base, 0.1, random, random.range(0.4, 1.6));
  const tone = random.pick(["plain", "split", "inset"] as const);
  const at = random.range(-0.12, 0.12);
  const inset = random.range(0.03, 0.1);
  const marks = random.pick(["none", "printed", "printed", "embossed"] as const);
  const ink = random.chance(0.5) ? pickGrey(random, 0, 0.15) : pickGrey(random, 0.85, 1);
  const rows = random.int(1, 4);
  const line = random.range(0.02, 0.05);
  const letter = line * random.range(0.3, 1.2);
  const [left, top] = [random.range(0.08, 0.25), random.range(-0.15, 0.05)];
  const seed = random.int(0, 255);
  const mark: Look["mark"] = (x, y, inside, out, pixel) => {
    if (tone === "split") blendColor(out, accent, 1, insideOf(at - y, pixel));
    else if (tone === "inset") blendColor(out, accent, 1, insideOf(inset - inside, pixel));
    if (marks === "none" || inside < 0.03 || Math.abs(x) > left) return 0;
    const row = Math.floor((y - top) / line);
    if (row < 0 || row >= rows) return 0;
    // Text-like: bars of uneven length with gaps between words, each with a stroke or two.
    const column = Math.floor(x / letter);
    if (latticeValue(column, row, seed) < 0.3) return 0;
    const u = Math.abs(x / letter - column - 0.5) * letter;
    const v = Math.abs((y - top) / line - row - 0.5) * line;
    const stroke = boxDistance(u, v, letter * (0.2 + 0.2 * latticeValue(column, row, seed + 1)), 0.32 * line, 0);
    const shape = latticeValue(column, row, seed + 2) < 0.5 ? Math.abs(stroke + 0.004) - 0.004 : stroke;
    const amount = insideOf(shape, pixel);
    if (marks === "printed") blendColor(out, ink, 1, amount);
    else blendColor(out, base, 0.8, 0.4 * amount);
    return marks === "embossed" ? 0.006 * amount : 0;
  };
  return buildPart(random, { base, accent, gloss: random.range(0.1, 0.9), mark });
}
