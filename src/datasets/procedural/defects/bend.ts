/** The bend: a piece of the scene is pushed aside, so lines and outlines bulge. */
import { smoothStep } from "../surface.ts";
import type { Damage } from "./damage.ts";

/** Moves colour, relief and coverage inside a circle, most at its middle. An object is bent at its outline. */
export function bendLayers(damage: Damage): void {
  const { random, size, layers } = damage;
  const clean = damage.scene.layers;
  const radius = 0.1 + 0.45 * damage.extent;
  const push = radius * (0.3 + 0.25 * damage.strength);
  const angle = random.range(0, 2 * Math.PI);
  const anywhere = { inX: Math.cos(angle), inY: Math.sin(angle) };
  const place = damage.category.kind === "object" ? damage.placeOnEdge() : { ...damage.placeInside(), ...anywhere };
  const way = push * random.sign();
  const pushX = place.inX * way;
  const pushY = place.inY * way;
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i++) {
      const x = (column + 0.5) / size;
      const y = (row + 0.5) / size;
      const away = Math.hypot(x - place.x, y - place.y) / radius;
      if (away >= 1) continue;
      const amount = smoothStep(1, 0, away);
      const fromX = Math.min(size - 1, Math.max(0, (x - pushX * amount) * size - 0.5));
      const fromY = Math.min(size - 1, Math.max(0, (y - pushY * amount) * size - 0.5));
      layers.height[i] = sample(clean.height, size, fromX, fromY, 1, 0);
      // What is pushed also rises a little; without that, a fine pattern would hide the bend.
      layers.height[i]! += 0.22 * radius * amount;
      layers.coverage[i] = sample(clean.coverage, size, fromX, fromY, 1, 0);
      for (let k = 0; k < 3; k++) layers.color[3 * i + k] = sample(clean.color, size, fromX, fromY, 3, k);
      const touched = damage.category.kind === "texture" ? 1 : Math.max(layers.coverage[i]!, clean.coverage[i]!);
      damage.alpha[i] = Math.max(damage.alpha[i]!, Math.min(1, 3 * amount) * touched);
      // Where the object moved away, its own shadow must not stay behind.
      const bared = Math.max(0, clean.coverage[i]! - layers.coverage[i]!);
      for (let k = 3 * i; k < 3 * i + 3; k++)
        layers.backdrop[k]! += (layers.bareBackdrop[k]! - layers.backdrop[k]!) * bared;
    }
  }
}

/** Bilinear value of one channel at pixel coordinates inside the picture. */
export function sample(
  plane: Float32Array,
  size: number,
  x: number,
  y: number,
  channels: number,
  channel: number,
): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const right = Math.min(size - 1, left + 1);
  const bottom = Math.min(size - 1, top + 1);
  const at = (column: number, row: number) => plane[(row * size + column) * channels + channel]!;
  const upper = at(left, top) + (at(right, top) - at(left, top)) * (x - left);
  const lower = at(left, bottom) + (at(right, bottom) - at(left, bottom)) * (x - left);
  return upper + (lower - upper) * (y - top);
}
