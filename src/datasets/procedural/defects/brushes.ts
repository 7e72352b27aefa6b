/** Shapes of defects, drawn into a stencil (`[size, size]`, 0..1) in coordinates of picture widths. */

import type { Random } from "../../../random.ts";
import { gradientNoise } from "../noise.ts";
import { smoothStep } from "../surface.ts";
import type { Place } from "./damage.ts";

/** How a stroke looks. */
export interface StrokeStyle {
  /** Half of its width, in picture widths; never under 0.6 pixels. */
  halfWidth: number;
  /** Narrow towards both ends. */
  tapered?: boolean;
  /** Width of the soft border, in picture widths (default one pixel). */
  softness?: number;
}

/** Draws a line through the points; where strokes overlap, the stronger stays. */
export function stampStroke(stencil: Float32Array, size: number, points: readonly Place[], style: StrokeStyle): void {
  const pixel = 1 / size;
  const soft = Math.max(pixel, style.softness ?? pixel);
  const segments = points.length - 1;
  for (let k = 0; k < segments; k++) {
    const a = points[k]!;
    const b = points[k + 1]!;
    const margin = Math.max(style.halfWidth, 0.6 * pixel) + soft;
    const box = pixelBox(Math.min(a.x, b.x), Math.max(a.x, b.x), Math.min(a.y, b.y), Math.max(a.y, b.y), margin, size);
    const dx = b.x - a.x;
    const dy = b.y - a.y;
    const squared = Math.max(dx * dx + dy * dy, 1e-12);
    for (let row = box.top; row <= box.bottom; row++) {
      for (let column = box.left; column <= box.right; column++) {
        const x = (column + 0.5) * pixel - a.x;
        const y = (row + 0.5) * pixel - a.y;
        const t = Math.min(1, Math.max(0, (x * dx + y * dy) / squared));
        const distance = Math.hypot(x - t * dx, y - t * dy);
        const along = (k + t) / segments;
        const width = style.tapered
          ? style.halfWidth * Math.sin(Math.PI * Math.min(1, Math.max(0, along))) ** 0.7
          : style.halfWidth;
        const amount = Math.min(1, 0.5 - (distance - Math.max(width, 0.6 * pixel)) / soft);
        const i = row * size + column;
        if (amount > stencil[i]!) stencil[i] = amount;
      }
    }
  }
}

/** How a blob looks. */
export interface BlobStyle {
  /** Mean radius in picture widths; never under 0.8 pixels. */
  radius: number;
  /** 1 round, smaller is longer and thinner (default 1). */
  squash?: number;
  /** Direction of its long axis in radians (default 0). */
  angle?: number;
  /** How far its outline wanders, of the radius (default 0). */
  roughness?: number;
  /** Part of the radius over which it fades out, 0..1 (default a hard edge). */
  softness?: number;
}

/** Draws a blob; where blobs overlap, the stronger stays. */
export function stampBlob(stencil: Float32Array, size: number, centre: Place, style: BlobStyle, random: Random): void {
  const pixel = 1 / size;
  const radius = Math.max(style.radius, 0.8 * pixel);
  const squash = style.squash ?? 1;
  const roughness = style.roughness ?? 0;
  const fade = Math.min(1, Math.max(style.softness ?? 0, pixel / radius));
  const c = Math.cos(style.angle ?? 0);
  const s = Math.sin(style.angle ?? 0);
  const seed = random.int(0, 255);
  const box = pixelBox(centre.x, centre.x, centre.y, centre.y, radius * (1.2 + 1.2 * roughness), size);
  for (let row = box.top; row <= box.bottom; row++) {
    for (let column = box.left; column <= box.right; column++) {
      const x = ((column + 0.5) * pixel - centre.x) / radius;
      const y = ((row + 0.5) * pixel - centre.y) / radius;
      const distance = Math.hypot(c * x + s * y, (c * y - s * x) / squash);
      const wander = gradientNoise(x * 1.3, y * 1.3, seed) + 0.5 * gradientNoise(x * 3.1, y * 3.1, seed + 1);
      const amount = smoothStep(
        1 + 0.5 * fade,
        1 - 0.5 * fade - (fade > 0.5 ? fade - 0.5 : 0),
        distance + roughness * wander,
      );
      const i = row * size + column;
      if (amount > stencil[i]!) stencil[i] = amount;
    }
  }
}

/** A line that starts at `start` and turns a little at every step. `jitter` is the most it turns, in radians. */
export function walk(
  start: Place,
  angle: number,
  length: number,
  steps: number,
  jitter: number,
  random: Random,
): Place[] {
  const points: Place[] = [start];
  let heading = angle;
  let { x, y } = start;
  for (let step = 0; step < steps; step++) {
    heading += random.range(-jitter, jitter);
    x += (Math.cos(heading) * length) / steps;
    y += (Math.sin(heading) * length) / steps;
    points.push({ x, y });
  }
  return points;
}

/** A smoothly winding line of 24 steps through `middle`. */
export function curl(middle: Place, angle: number, length: number, winding: number, random: Random): Place[] {
  const forth = winding * random.sign();
  const turn = random.range(0, 2 * Math.PI);
  const waves = random.range(0.7, 2);
  const points: Place[] = [];
  let x = 0;
  let y = 0;
  for (let step = 0; step <= 24; step++) {
    points.push({ x, y });
    const heading = angle + forth * Math.sin(turn + (waves * 2 * Math.PI * step) / 24);
    x += (Math.cos(heading) * length) / 24;
    y += (Math.sin(heading) * length) / 24;
  }
  const centre = points[12]!;
  return points.map((point) => ({ x: point.x - centre.x + middle.x, y: point.y - centre.y + middle.y }));
}

function pixelBox(minX: number, maxX: number, minY: number, maxY: number, margin: number, size: number) {
  return {
    left: Math.max(0, Math.floor((minX - margin) * size)),
    right: Math.min(size - 1, Math.ceil((maxX + margin) * size)),
    top: Math.max(0, Math.floor((minY - margin) * size)),
    bottom: Math.min(size - 1, Math.ceil((maxY + margin) * size)),
  };
}
