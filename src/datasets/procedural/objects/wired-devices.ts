/** Bodies with legs, pins or wires. */

import type { Random } from "../../../random.ts";
import { fractalNoise, latticeValue } from "../noise.ts";
import { pickAny, pickGrey, pickMetal } from "../palette.ts";
import { boxDistance, segmentDistance } from "../shapes.ts";
import { blendColor, insideOf, type Material, setColor, smoothStep, wrap } from "../surface.ts";

/** A body with legs, pins or wires at one side, two or the ends; every one is a part. */
export function buildWiredDevice(random: Random): Material {
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
