/** Pieces that are round about one axis, seen from the side. */

import type { Random } from "../../../random.ts";
import { gradientNoise, latticeValue } from "../noise.ts";
import { pickAny, pickMetal, vary } from "../palette.ts";
import { boxDistance } from "../shapes.ts";
import { blendColor, type Color, insideOf, type Material, onLine, setColor, smoothStep, wrap } from "../surface.ts";

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
export function buildTurnedPart(random: Random): Material {
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
