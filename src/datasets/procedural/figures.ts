/** Random plane figures that patterns, prints and arrangements are made of, as signed distances. */
import type { Random } from "../../random.ts";
import { boxDistance, polygonDistance, starDistance } from "./shapes.ts";

/** The signed distance at (x, y), negative inside. */
export type Figure = (x: number, y: number) => number;

/** A disc, ring, bar, cross or star anywhere in a unit cell around the origin; about 0.1..0.35 wide. */
export function pickFigure(random: Random): Figure {
  const [cx, cy] = [random.range(-0.25, 0.25), random.range(-0.25, 0.25)];
  const angle = random.range(0, Math.PI);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const size = random.range(0.08, 0.3);
  const thin = random.range(0.02, 0.08);
  const tips = random.int(3, 8);
  const inner = size * random.range(0.3, 0.7);
  const kind = random.int(0, 4);
  return (x, y) => {
    const [u, v] = [c * (x - cx) + s * (y - cy), c * (y - cy) - s * (x - cx)];
    if (kind === 0) return Math.hypot(u, v) - size;
    if (kind === 1) return Math.abs(Math.hypot(u, v) - size) - thin;
    if (kind === 2) return boxDistance(u, v, size * 1.4, thin, 0);
    if (kind === 3) return Math.min(boxDistance(u, v, size, thin, 0), boxDistance(u, v, thin, size, 0));
    return starDistance(u, v, tips, inner, size);
  };
}

/** A figure around the origin that reaches to about 1: disc, box, polygon, star, ring, cross or capsule. */
export function pickElement(random: Random): Figure {
  const narrow = random.range(0.3, 1);
  const round = random.range(0, 0.3) * narrow;
  const sides = random.int(3, 8);
  const inner = random.range(0.5, 0.85);
  const thick = random.range(0.15, 0.4);
  switch (random.int(0, 7)) {
    case 0:
      return (x, y) => Math.hypot(x, y) - 1;
    case 1:
      return (x, y) => boxDistance(x, y, 0.85, 0.85 * narrow, round);
    case 2:
      return (x, y) => polygonDistance(x, y, sides, 0.8);
    case 3:
      return (x, y) => starDistance(x, y, sides, inner, 1);
    case 4:
      return (x, y) => Math.abs(Math.hypot(x, y) - 1 + thick) - thick;
    case 5:
      return (x, y) => Math.min(boxDistance(x, y, 0.95, thick, 0), boxDistance(x, y, thick, 0.95, 0));
    case 6:
      return (x, y) => boxDistance(x, y, 1, 0.7 * narrow, 0.7 * narrow);
    default:
      return (x, y) => Math.max(polygonDistance(x, y, sides, 0.85), thick - Math.hypot(x, y));
  }
}

/** A wavy closed line around the origin: radius as a function of the angle. */
export function pickWavyRadius(
  random: Random,
  mean: number,
  unrest: number,
  orders: readonly number[],
): (a: number) => number {
  const waves = orders.map((order) => ({
    order,
    height: (mean * unrest * random.range(-1, 1)) / Math.sqrt(order),
    phase: random.range(0, 6.28),
  }));
  return (angle) => waves.reduce((sum, w) => sum + w.height * Math.cos(w.order * angle + w.phase), mean);
}
