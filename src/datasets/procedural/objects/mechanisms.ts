/** Parts of machines in which one thing comes again and again: teeth, spokes, links, windings, ticks, perforations. */

import type { Random } from "../../../random.ts";
import { type Figure, pickElement } from "../figures.ts";
import { gradientNoise, latticeValue } from "../noise.ts";
import { pickAny, pickGrey, pickMetal, vary } from "../palette.ts";
import { boxDistance } from "../shapes.ts";
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

/** Mostly a metal, else anything. */
const pickBody = (random: Random): Color => (random.chance(0.6) ? pickMetal(random) : pickAny(random));

/** A factor for the colour that shows how a surface was made: smooth, brushed or grained. */
function pickGrain(random: Random): (x: number, y: number) => number {
  const amount = random.range(0, 0.12);
  const [across, along] = random.chance(0.4) ? [random.range(30, 60), 4] : [random.range(15, 60), random.range(15, 60)];
  const seed = random.int(0, 255);
  return (x, y) => 1 + amount * gradientNoise(x * along, y * across, seed);
}

/** One tooth in its cell: height 0..1 over -0.5..0.5. */
function pickTooth(random: Random): (t: number) => number {
  const wide = random.range(0.3, 0.8);
  const slope = random.range(0.04, 0.5 * wide);
  const lean = random.range(-0.5, 0.5);
  switch (random.int(0, 3)) {
    case 0:
      return (t) => smoothStep(0.5 * wide, 0.5 * wide - slope, Math.abs(t));
    case 1:
      return (t) => (t < lean ? (t + 0.5) / (lean + 0.5 + 1e-3) : (0.5 - t) / (0.5 - lean + 1e-3));
    case 2:
      return (t) => Math.sqrt(Math.max(0, 1 - (2 * t) ** 2));
    default:
      return (t) => Math.min(1, Math.max(0, (wide - 2 * Math.abs(t)) / slope));
  }
}

/** A bar with teeth along one side or both: a saw, a rack, a comb; each tooth is a part. */
function buildToothedBar(random: Random): Material {
  const body = pickBody(random);
  const grain = pickGrain(random);
  const half = random.range(0.34, 0.44);
  const high = random.range(0.05, 0.18);
  const count = random.int(6, 26);
  const pitch = (2 * half) / count;
  const long = Math.min(pitch * random.range(0.4, 2.5), 0.22);
  const tooth = pickTooth(random);
  const both = random.chance(0.3);
  const shifted = random.chance(0.5) ? 0.5 : 0;
  const bow = random.chance(0.3) ? random.range(-0.5, 0.5) : 0;
  const holes = random.chance(0.6) ? random.int(1, 4) : 0;
  const hole = high * random.range(0.2, 0.45);
  const edge = random.range(0.6, 1.2);
  const groove = random.chance(0.4) ? random.range(0.3, 0.8) * high : 0;
  const bevel = random.range(0.006, 0.03);
  const side = (u: number, v: number, first: number, shift: number, omitted: number) => {
    const at = (u + half) / pitch + shift;
    const k = Math.min(count - 1, Math.floor(at));
    return high + (first + k === omitted ? 0 : long * tooth(at - Math.floor(at) - 0.5)) - Math.abs(v);
  };
  const surface: Material["surface"] = (x, y, out, view) => {
    const v = y + bow * (x * x - 0.06) + (both ? 0 : -0.5 * long);
    const upper = v < 0;
    const reach = upper
      ? side(x, v, 0, 0, view.omitted)
      : both
        ? side(x, v, count, shifted, view.omitted)
        : high - Math.abs(v);
    // Steep flanks would make the distance look larger than it is.
    const inside = Math.min(reach * (upper || both ? 0.6 : 1), half - Math.abs(x));
    let away = -inside;
    setColor(out, body, grain(x, y));
    blendColor(out, body, edge, smoothStep(high * 0.9, high * 1.1, Math.abs(v)));
    let height = 0.02 * smoothStep(0, bevel, inside);
    if (groove > 0) {
      const line = onLine(Math.abs(v) - groove, 0.004, view.pixel);
      blendColor(out, body, 0.6, line);
      height -= 0.004 * line;
    }
    for (let k = 0; k < holes; k++) {
      const bore = Math.hypot(x - ((k + 0.5) / holes - 0.5) * 1.6 * half, v) - hole;
      away = Math.max(away, -bore);
      height -= 0.012 * smoothStep(0.3 * hole, 0, bore);
    }
    out.height = height;
    out.coverage = insideOf(away, view.pixel);
  };
  return { surface, gloss: random.range(0, 0.7), parts: both ? 2 * count : count };
}

/** A rim, a hub and what joins them: straight, slanted or curved spokes or blades; these and the bolts are its parts. */
function buildSpokedWheel(random: Random): Material {
  const body = pickBody(random);
  const tyre = random.chance(0.5) ? pickGrey(random, 0.05, 0.3) : pickBody(random);
  const grain = pickGrain(random);
  const outer = random.range(0.34, 0.43);
  const rim = outer * random.range(0.08, 0.25);
  const rimless = random.chance(0.25);
  const hub = outer * random.range(0.15, 0.35);
  const count = random.int(3, 14);
  const sector = (2 * Math.PI) / count;
  const widest = Math.min(0.4 * sector * hub, 0.05);
  const [near, far] = [widest * random.range(0.4, 1.6), widest * random.range(0.3, 2.5)];
  const swirl = random.chance(0.5) ? random.range(-4, 4) : 0;
  const bolts = random.int(0, 8);
  const bolt = hub * random.range(0.07, 0.16);
  const bore = random.chance(0.7) ? hub * random.range(0.2, 0.5) : 0;
  const lugs = random.chance(0.35) ? random.int(16, 48) : 0;
  const turn = random.range(0, 6.28);
  const rise = random.range(0.01, 0.05);
  const dark = random.range(0.25, 0.7);
  const closed = random.chance(0.25) ? pickAny(random) : null;
  const surface: Material["surface"] = (x, y, out, view) => {
    const away = Math.hypot(x, y);
    const angle = Math.atan2(y, x) - turn - swirl * (away - hub);
    const k = Math.round(wrap(angle, 2 * Math.PI) / sector) % count;
    const off = (wrap(angle + sector / 2, sector) - sector / 2) * away;
    const along = Math.min(1, Math.max(0, (away - hub) / (outer - hub)));
    const halfWidth = near + (far - near) * along;
    const onSpoke =
      k === view.omitted ? -1 : Math.min(halfWidth - Math.abs(off), rimless ? outer - away : outer - rim * 0.5 - away);
    const notch = lugs > 0 ? 0.012 * smoothStep(-0.2, 0.2, Math.sin(lugs * (angle + turn))) : 0;
    const onRim = rimless ? -1 : Math.min(outer - notch - away, away - outer + rim);
    const onHub = hub - away;
    let inside = Math.max(onSpoke, onRim, onHub);
    setColor(out, body, grain(x, y));
    let height = rise * smoothStep(0, 0.02, Math.max(onSpoke, onHub));
    if (onRim > 0) {
      setColor(out, tyre, grain(x, y));
      height = 1.4 * rise * Math.sqrt(smoothStep(0, 0.5 * rim, onRim));
    }
    if (closed && inside < 0 && away < outer && !rimless) {
      setColor(out, closed, grain(y, x));
      inside = Math.min(outer - away, 0.02);
      height = 0;
    }
    blendColor(out, body, dark, 0.8 * onLine(onHub, 0.004, view.pixel));
    for (let b = 0; b < bolts; b++) {
      const at = turn + (2 * Math.PI * b) / bolts;
      const head = Math.hypot(x - 0.68 * hub * Math.cos(at), y - 0.68 * hub * Math.sin(at)) - bolt;
      if (count + b === view.omitted || head > bolt) continue;
      blendColor(out, body, dark, insideOf(head, view.pixel));
      height += 0.5 * bolt * smoothStep(0, -0.5 * bolt, head);
    }
    if (bore > 0) inside = Math.min(inside, away - bore);
    out.height = height;
    out.coverage = insideOf(-inside, view.pixel);
  };
  return { surface, gloss: random.range(0, 0.7), parts: count + bolts };
}

/** Windings of a wire about an axis, seen from the side: near ones, which are its parts, over far ones. */
function buildCoilSpring(random: Random): Material {
  const wire = pickBody(random);
  const half = random.range(0.3, 0.42);
  const turns = 2 * random.int(2, 8);
  const pitch = (2 * half) / turns;
  const thick = Math.min(pitch * random.range(0.2, 0.46), 0.04);
  const radius = random.range(0.07, 0.2);
  const taper = random.chance(0.3) ? random.range(-0.6, 0.6) : 0;
  const lean = random.range(0.25, 0.5) * random.sign();
  const shade = random.range(0.35, 0.8);
  const grain = pickGrain(random);
  const core = random.chance(0.3) ? pickAny(random) : null;
  const surface: Material["surface"] = (x, y, out, view) => {
    const wide = radius * (1 + taper * Math.min(1, Math.max(-1, x / half)));
    const across = Math.min(1, Math.abs(y) / wide);
    setColor(out, core ?? wire, core ? 0.8 * grain(x, y) : shade);
    out.height = core ? 0.3 * Math.sqrt(Math.max(0, wide * wide - y * y)) : 0;
    const end = Math.abs(x) - half;
    out.coverage = core ? insideOf(Math.max(Math.abs(y) - 0.8 * wide, end), view.pixel) : 0;
    // The far side leans the other way and lies in the shade of the near one.
    for (const [slant, tone, up] of [
      [-lean, shade, 0.25],
      [lean, 1, 1],
    ] as const) {
      if (core && up < 1) continue;
      const middle = slant * pitch * Math.asin(Math.sign(y) * across) * 0.64;
      const winding = Math.round((x - middle) / pitch);
      if (up === 1 && winding + turns / 2 === view.omitted) continue;
      const off = x - middle - winding * pitch;
      const away = Math.max(Math.hypot(off, Math.max(0, Math.abs(y) - wide)) - thick, end - thick);
      const on = insideOf(away, view.pixel);
      if (on === 0) continue;
      blendColor(out, wire, tone * grain(x, y) * (0.75 + 0.25 * smoothStep(0, thick, -away)), on);
      const round =
        Math.sqrt(Math.max(0, thick * thick - off * off)) + 0.3 * up * Math.sqrt(1 - across * across) * wide;
      out.height = Math.max(out.height, 0.8 * round * on);
      out.coverage = Math.max(out.coverage, on);
    }
  };
  return { surface, gloss: random.range(0.1, 0.9), parts: turns };
}

/** Links one after another on a line or a bow, every other one seen from its side; each is a part. */
function buildChain(random: Random): Material {
  const first = pickBody(random);
  const second = random.chance(0.5) ? first : pickAny(random);
  const grain = pickGrain(random);
  const count = random.int(4, 14);
  const half = 0.43;
  const pitch = (2 * half) / count;
  const overlap = random.range(0.9, 1.4);
  const long = 0.5 * pitch * overlap;
  const high = Math.min(Math.max(0.03, long * random.range(0.4, 1.4)), 0.16);
  const thin = Math.min(long, high) * random.range(0.2, 0.4);
  const open = random.chance(0.65);
  const element: Figure | null = random.chance(0.3) ? pickElement(random) : null;
  const flat = random.chance(0.5) ? random.range(0.35, 0.6) * high : high;
  const pins = random.chance(0.5) ? thin * random.range(0.4, 0.8) : 0;
  const bow = random.range(-0.7, 0.7);
  const strands = high < 0.07 && random.chance(0.4) ? 2 : 1;
  const link = (u: number, v: number, tall: number): number => {
    if (element) return element(u / long, v / tall) * Math.min(long, tall);
    const body = boxDistance(u, v, long, tall, Math.min(long, tall));
    return open && tall === high ? Math.abs(body + thin) - thin : body;
  };
  const surface: Material["surface"] = (x, y, out, view) => {
    const bent = y + bow * (x * x - 0.05);
    const strand = strands === 2 && bent > 0 ? 1 : 0;
    const v = strands === 2 ? Math.abs(bent) - 1.3 * high : bent;
    setColor(out, first, 1);
    out.height = 0;
    out.coverage = 0;
    const middle = Math.floor((x + half) / pitch);
    for (const odd of [0, 1]) {
      for (let k = middle - 1; k <= middle + 1; k++) {
        if (k < 0 || k >= count || (k & 1) !== odd || k + strand * count === view.omitted) continue;
        const u = x - (k + 0.5) * pitch + half;
        const tall = odd ? flat : high;
        const away = link(u, v, tall);
        const on = insideOf(away, view.pixel);
        if (on === 0) continue;
        blendColor(out, odd ? second : first, grain(x, y) * (0.7 + 0.3 * smoothStep(0, thin, -away)), on);
        if (pins > 0)
          blendColor(out, first, 0.5, insideOf(Math.abs(Math.hypot(Math.abs(u) - 0.5 * pitch, v) - pins), view.pixel));
        out.height = 0.01 * odd + thin * Math.sqrt(smoothStep(0, thin, -away));
        out.coverage = Math.max(out.coverage, on);
      }
    }
  };
  return { surface, gloss: random.range(0, 0.8), parts: strands * count };
}

/** A round face with long and short ticks, signs at some of them, rings and a hand; the ticks are its parts. */
function buildDial(random: Random): Material {
  const face = random.chance(0.6) ? pickGrey(random, 0.05, 1) : pickAny(random);
  const bright = face[0] + face[1] + face[2] > 1.5;
  const ink = random.chance(0.7) ? pickGrey(random, bright ? 0 : 0.75, bright ? 0.25 : 1) : pickAny(random);
  const casing = pickBody(random);
  const accent = pickAny(random);
  const grain = pickGrain(random);
  const outer = random.range(0.34, 0.43);
  const rim = outer * random.range(0.06, 0.25);
  const ribs = random.chance(0.4) ? random.int(20, 60) : 0;
  const count = random.int(8, 48);
  const every = random.pick([1, 2, 4, 5, 6]);
  const sweep = random.chance(0.5) ? 1 : random.range(0.6, 0.9);
  const turn = random.range(0, 6.28);
  const sector = (2 * Math.PI * sweep) / count;
  const tips = outer - rim - random.range(0.01, 0.05);
  const [long, short] = [random.range(0.03, 0.08), random.range(0.01, 0.04)];
  const halfWidth = Math.min(random.range(0.002, 0.01), 0.25 * sector * tips);
  const signs = random.chance(0.6) ? random.range(0.012, 0.03) : 0;
  const rings = Array.from({ length: random.int(0, 3) }, () => random.range(0.05, 0.9) * tips);
  const hand = random.chance(0.7) ? random.range(0, 6.28) : null;
  const raised = random.chance(0.3) ? random.range(0.002, 0.006) : 0;
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const away = Math.hypot(x, y);
    const inRim = away - outer + rim;
    setColor(out, face, grain(x, y));
    let height = 0;
    if (inRim > 0) {
      setColor(out, casing, grain(y, x));
      height = 0.03 * Math.sin(Math.PI * Math.min(1, inRim / rim));
      if (ribs > 0) height += 0.006 * Math.sin(ribs * Math.atan2(y, x)) * smoothStep(0.3 * rim, 0.6 * rim, inRim);
    } else {
      for (const ring of rings) blendColor(out, accent, 1, onLine(away - ring, 0.003, view.pixel));
      const angle = wrap(Math.atan2(y, x) - turn, 2 * Math.PI) / sector;
      const k = Math.round(angle) % Math.round(count / sweep);
      if (k < count && k !== view.omitted) {
        const [u, v] = [(angle - Math.round(angle)) * sector * away, tips - away];
        const major = k % every === 0;
        const tick = boxDistance(u, v - 0.5 * (major ? long : short), halfWidth, 0.5 * (major ? long : short), 0);
        let on = insideOf(tick, view.pixel);
        if (major && signs > 0) {
          const bar = boxDistance(u, v - long - 1.6 * signs, signs * (0.4 + 0.5 * latticeValue(k, 1, seed)), signs, 0);
          on = Math.max(on, insideOf(latticeValue(k, 2, seed) < 0.6 ? Math.abs(bar + 0.005) - 0.004 : bar, view.pixel));
        }
        blendColor(out, ink, 1, on);
        height += raised * on;
      }
      if (hand !== null) {
        const [c, s] = [Math.cos(hand), Math.sin(hand)];
        const [u, v] = [c * x + s * y, c * y - s * x];
        const pointer = Math.max(Math.abs(v) - 0.012 * (1 - u / tips), u - 0.85 * tips, -u - 0.15 * tips);
        blendColor(out, accent, 1, insideOf(Math.min(pointer, away - 0.03), view.pixel));
      }
    }
    out.height = height;
    out.coverage = insideOf(away - outer, view.pixel);
  };
  return { surface, gloss: random.range(0, 0.8), parts: count };
}

/** A band with perforations along its sides and alike pieces, windows or pockets along its middle; each is a part. */
function buildCarrierTape(random: Random): Material {
  const band = random.chance(0.5) ? pickGrey(random, 0.08, 0.9) : pickAny(random);
  const grain = pickGrain(random);
  const high = random.range(0.09, 0.24);
  // A piece of it, or more than the picture shows.
  const endless = random.chance(0.5);
  const half = endless ? 1 : random.range(0.34, 0.43);
  const count = random.int(3, 10);
  const pitch = 0.86 / count;
  const element = pickElement(random);
  const size = Math.min(0.45 * pitch, 0.55 * high) * random.range(0.6, 0.95);
  const piece = pickBody(random);
  const mark = random.chance(0.5) ? vary(piece, 0.1, random, random.range(0.4, 0.8)) : pickAny(random);
  const pocket = random.chance(0.5) ? size * random.range(1.05, 1.3) : 0;
  const finePitch = pitch / random.int(1, 4);
  const punched = Math.min(0.3 * finePitch, 0.09 * high + 0.01);
  const both = random.chance(0.5);
  const square = random.chance(0.5);
  const rise = size * random.range(-0.4, 0.5);
  const surface: Material["surface"] = (x, y, out, view) => {
    setColor(out, band, grain(x, y));
    let height = 0.008 * smoothStep(0, 0.01, high - Math.abs(y));
    let away = boxDistance(x, y, half, high, 0.01);
    const k = Math.floor(x / pitch + count / 2);
    const u = x - (k + 0.5 - count / 2) * pitch;
    const inner = Math.max(Math.abs(u), Math.abs(y)) - pocket;
    if (pocket > 0) {
      blendColor(out, band, 0.7, insideOf(inner, view.pixel));
      height -= 0.01 * smoothStep(0.004, -0.004, inner);
    }
    if ((endless || (k >= 0 && k < count)) && k !== view.omitted) {
      const distance = element(u / size, y / size) * size;
      blendColor(out, piece, grain(y, x), insideOf(distance, view.pixel));
      blendColor(out, mark, 1, 0.7 * insideOf(distance + 0.5 * size, view.pixel));
      height += rise * smoothStep(0, 0.4 * size, -distance);
    }
    if (both || y < 0) {
      const [p, q] = [wrap(x, finePitch) - 0.5 * finePitch, Math.abs(y) - 0.82 * high];
      away = Math.max(away, square ? -boxDistance(p, q, punched, 0.8 * punched, 0) : punched - Math.hypot(p, q));
    }
    out.height = height;
    out.coverage = insideOf(away, view.pixel);
  };
  return { surface, gloss: random.range(0, 0.7), parts: count };
}

const object = { kind: "object", split: "train", turn: 3.2 } as const;

export const mechanismObjects: readonly Category[] = [
  { ...object, name: "toothed-bar", noun: "toothed bar", material: "metal", build: buildToothedBar },
  { ...object, name: "spoked-wheel", noun: "wheel", material: "metal", build: buildSpokedWheel },
  { ...object, name: "coil-spring", noun: "coil spring", material: "metal", build: buildCoilSpring },
  { ...object, name: "chain", noun: "chain", material: "metal", build: buildChain },
  { ...object, name: "dial", noun: "dial", material: "plastic", build: buildDial },
  { ...object, name: "carrier-tape", noun: "carrier tape", material: "plastic", build: buildCarrierTape },
];
