/** Several things in one picture: a blister pack of pills, rows of fasteners. */

import type { Random } from "../../../random.ts";
import { gradientNoise } from "../noise.ts";
import { pickGrey, pickMetal, pickPaint } from "../palette.ts";
import { boxDistance, polygonDistance } from "../shapes.ts";
import { blendColor, type Category, insideOf, type Material, setColor, smoothStep } from "../surface.ts";

/** Pills in the pockets of a sheet of foil; each pill is a part. */
function buildBlisterPack(random: Random): Material {
  const columns = random.int(2, 4);
  const rows = random.int(2, 5);
  const foil = pickGrey(random, 0.6, 0.85);
  const pill = random.chance(0.5) ? pickGrey(random, 0.8, 0.97) : pickPaint(random, [0.2, 0.9], [0.4, 0.95]);
  const halfWidth = 0.42;
  const halfHeight = Math.min(0.42, (0.42 * rows) / columns);
  const stepX = (2 * halfWidth) / columns;
  const stepY = (2 * halfHeight) / rows;
  const radius = 0.33 * Math.min(stepX, stepY);
  const long = random.chance(0.4) ? Math.max(0, 0.36 * stepX - radius) : 0;
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const column = Math.min(columns - 1, Math.max(0, Math.floor((x + halfWidth) / stepX)));
    const row = Math.min(rows - 1, Math.max(0, Math.floor((y + halfHeight) / stepY)));
    const a = x + halfWidth - (column + 0.5) * stepX;
    const b = y + halfHeight - (row + 0.5) * stepY;
    const pocket = boxDistance(a, b, 1.18 * radius + long, 1.18 * radius, 1.18 * radius);
    const inPill = boxDistance(a, b, radius + long, radius, radius);
    setColor(
      out,
      foil,
      0.95 + 0.06 * gradientNoise(x * 60, y * 60, seed) + 0.05 * gradientNoise(x * 5, y * 5, seed + 1),
    );
    blendColor(out, foil, 0.8, insideOf(pocket, view.pixel) * 0.7);
    out.height = 0.025 * smoothStep(0.01, -0.02, pocket);
    if (row * columns + column !== view.omitted) {
      const round = Math.sqrt(Math.max(0, 1 - Math.max(0, 1 + inPill / radius) ** 2));
      blendColor(out, pill, 0.7 + 0.3 * round, insideOf(inPill, view.pixel));
      out.height += 0.02 * round;
    }
    out.coverage = insideOf(boxDistance(x, y, halfWidth + 0.04, halfHeight + 0.04, 0.04), view.pixel);
  };
  return { surface, gloss: 0.5, parts: rows * columns };
}

/** Equal fasteners laid out in rows; each is a part. */
function buildFastenerRows(random: Random): Material {
  const columns = random.int(2, 4);
  const rows = random.int(2, 4);
  const metal = pickMetal(random);
  const sides = random.pick([4, 6, 6, 8, 24]);
  const step = 0.86 / Math.max(columns, rows);
  const outer = random.range(0.33, 0.42) * step;
  const bore = random.chance(0.6) ? outer * random.range(0.35, 0.6) : 0;
  const turn = random.range(0, Math.PI);
  const seed = random.int(0, 255);
  const c = Math.cos(turn);
  const s = Math.sin(turn);
  const surface: Material["surface"] = (x, y, out, view) => {
    const left = -0.5 * step * columns;
    const top = -0.5 * step * rows;
    const column = Math.min(columns - 1, Math.max(0, Math.floor((x - left) / step)));
    const row = Math.min(rows - 1, Math.max(0, Math.floor((y - top) / step)));
    const a = x - left - (column + 0.5) * step;
    const b = y - top - (row + 0.5) * step;
    const outline = polygonDistance(c * a - s * b, s * a + c * b, sides, outer);
    const distance = bore > 0 ? Math.max(outline, bore - Math.hypot(a, b)) : outline;
    setColor(
      out,
      metal,
      0.92 + 0.07 * gradientNoise(x * 50, y * 50, seed) + 0.1 * smoothStep(0, -0.3 * outer, distance),
    );
    out.height = 0.03 * smoothStep(0, -0.25 * outer, distance);
    out.coverage = row * columns + column === view.omitted ? 0 : insideOf(distance, view.pixel);
  };
  return { surface, gloss: 0.6, parts: rows * columns };
}

export const groups: readonly Category[] = [
  {
    ...{
      name: "blister-pack",
      noun: "blister pack",
      kind: "object",
      split: "held-out",
      material: "plastic",
      turn: 0.3,
    },
    build: buildBlisterPack,
  },
  {
    ...{
      name: "fastener-rows",
      noun: "set of fasteners",
      kind: "object",
      split: "train",
      material: "metal",
      turn: 0.3,
    },
    build: buildFastenerRows,
  },
];
