/** The bend: a piece of the scene is pushed aside, so lines and outlines bulge. */
import { smoothStep } from "../surface.ts";
import type { Damage } from "./damage.ts";

/** Moves colour, relief and coverage inside a circle, most at its middle. An object is bent at its outline. */
export function bendLayers(damage: Damage): void {
  const { random, size, layers } = damage;
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
      damage.carry(i, (x - pushX * amount) * size - 0.5, (y - pushY * amount) * size - 0.5, 1);
      // What is pushed also rises a little; without that, a fine pattern would hide the bend.
      layers.height[i]! += 0.22 * radius * amount;
      damage.alpha[i]! *= Math.min(1, 3 * amount);
    }
  }
}
