/** Defects of the matter itself: pores, fracture, abrasion, rough patch, peeling, inclusion, misprint. */

import { fractalNoise, gradientNoise } from "../noise.ts";
import { smoothStep } from "../surface.ts";
import { stampBlob, stampStroke, walk } from "./brushes.ts";
import type { Damage } from "./damage.ts";
import { type DefectKind, isSolid } from "./kind.ts";

/** Gas that did not get out: one or several small round pits, dark with a bright lip. */
function paintPores(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const count = random.chance(0.5) ? 1 : random.int(2, 9);
  const spread = count === 1 ? 0 : 0.03 + 0.3 * damage.extent;
  const pits = damage.stencil();
  const lips = damage.stencil();
  for (let k = 0; k < count; k++) {
    const at = { x: place.x + spread * random.normal(), y: place.y + spread * random.normal() };
    const radius = random.range(0.008, 0.02) + (count === 1 ? 0.06 : 0.02) * damage.extent;
    const shape = { squash: random.range(0.75, 1), angle: random.range(0, Math.PI), roughness: 0.12 };
    stampBlob(lips, size, at, { ...shape, radius: radius * 1.5, softness: 0.6 }, random);
    stampBlob(pits, size, at, { ...shape, radius, softness: 0.35 }, random);
  }
  damage.raise(lips, 0.006);
  damage.raise(pits, -0.03);
  const floor = damage.category.material === "glass" && random.chance(0.5) ? 1.6 : 0.55 - 0.45 * damage.strength;
  damage.filter(pits, [floor, floor, floor]);
}

/** Broken through: a jagged line from side to side of the surface, what lies beyond tilted or moved back. */
function paintFracture(damage: Damage): void {
  const { random, size } = damage;
  const middle = damage.placeInside();
  const angle = random.range(0, 2 * Math.PI);
  const length = 0.5 + 2 * damage.extent;
  const from = { x: middle.x - (Math.cos(angle) * length) / 2, y: middle.y - (Math.sin(angle) * length) / 2 };
  const line = walk(from, angle, length, 16, 0.5, random);
  const gap = damage.stencil();
  stampStroke(gap, size, line, { halfWidth: random.range(0.004, 0.016) });
  const ragged = damage.stencil();
  stampStroke(ragged, size, line, { halfWidth: random.range(0.015, 0.04), softness: 0.02 });
  const seed = random.int(0, 255);
  const crumbs = ragged.map((inside, i) => {
    const noise = fractalNoise(((i % size) / size) * 24, (Math.floor(i / size) / size) * 24, 2, seed);
    return inside * smoothStep(-0.1, 0.3, noise);
  });
  const pale = random.chance(0.5) ? 1.25 + 0.4 * damage.strength : 0.8 - 0.3 * damage.strength;
  damage.filter(crumbs, [pale, pale, pale]);
  damage.raise(crumbs, -0.008);
  damage.tint(gap, [0.04, 0.04, 0.04], 0.6 + 0.35 * damage.strength);
  damage.raise(gap, -0.02);
}

/** Scuffed: many fine short scratches side by side. */
function paintAbrasion(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const angle = random.range(0, 2 * Math.PI);
  const spread = 0.03 + 0.3 * damage.extent;
  const strokes = damage.stencil();
  for (let count = random.int(8, 22); count > 0; count--) {
    const start = { x: place.x + spread * random.normal(), y: place.y + spread * random.normal() };
    const line = walk(start, angle + random.range(-0.25, 0.25), spread * random.range(0.6, 1.8), 3, 0.1, random);
    stampStroke(strokes, size, line, { halfWidth: random.range(0.0015, 0.004), tapered: true });
  }
  damage.raise(strokes, -0.004);
  damage.tint(strokes, damage.contrastingColor(place), 0.25 + 0.5 * damage.strength);
}

/** The surface has another roughness here: grain where there is none, or a blotchy sheen. */
function paintRoughPatch(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const radius = 0.07 + 0.42 * damage.extent;
  const patch = damage.stencil();
  stampBlob(
    patch,
    size,
    place,
    { radius, squash: random.range(0.4, 1), angle: random.range(0, 3), roughness: 0.3, softness: 0.5 },
    random,
  );
  const seed = random.int(0, 255);
  const fine = random.range(10, 45);
  const depth = 0.25 + 0.5 * damage.strength;
  const { color, height } = damage.layers;
  damage.forEachInside(patch, (i, inside) => {
    const grain = gradientNoise(((i % size) / size) * fine, (Math.floor(i / size) / size) * fine, seed);
    for (let k = 3 * i; k < 3 * i + 3; k++) color[k]! *= 1 + inside * depth * grain;
    height[i]! += (inside * 0.25 * grain) / fine;
  });
  const sheen = random.chance(0.5) ? 1 + 0.25 * damage.strength : 1 - 0.25 * damage.strength;
  damage.filter(patch, [sheen, sheen, sheen]);
}

/** A coat that came off: an irregular patch of what lies below, with a curled edge that throws a shadow. */
function paintPeeling(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const style = {
    radius: 0.04 + 0.32 * damage.extent,
    squash: random.range(0.5, 1),
    angle: random.range(0, Math.PI),
    roughness: random.range(0.35, 0.6),
  };
  const bare = damage.stencil();
  stampBlob(bare, size, place, style, random);
  const edge = bare.map((inside) => 4 * inside * (1 - inside));
  damage.level(bare, 0.03);
  damage.tint(bare, damage.contrastingColor(place), 0.5 + 0.4 * damage.strength);
  damage.raise(bare, -0.012);
  damage.filter(edge, [0.6, 0.6, 0.6]);
}

/** A foreign piece that was cast or welded in: long, sharp-edged, darker or brighter than the matter around it. */
function paintInclusion(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const piece = damage.stencil();
  for (let count = random.int(1, 3); count > 0; count--) {
    const at = { x: place.x + 0.04 * random.normal(), y: place.y + 0.02 * random.normal() };
    const style = { squash: random.range(0.2, 0.6), angle: random.range(0, Math.PI), roughness: 0.3 };
    stampBlob(piece, size, at, { ...style, radius: 0.018 + 0.16 * damage.extent }, random);
  }
  damage.tint(piece, damage.contrastingColor(place), 0.4 + 0.5 * damage.strength);
}

/** Print out of register: the pattern doubled and moved, in one colour. */
function paintMisprint(damage: Damage): void {
  const { random, size, layers } = damage;
  const place = damage.placeInside();
  const radius = 0.1 + 0.45 * damage.extent;
  const patch = damage.stencil();
  stampBlob(
    patch,
    size,
    place,
    { radius, squash: random.range(0.4, 1), angle: random.range(0, 3), softness: 0.15 },
    random,
  );
  const angle = random.range(0, 2 * Math.PI);
  const far = random.range(0.03, 0.07) * size;
  const dx = Math.round(Math.cos(angle) * far);
  const dy = Math.round(Math.sin(angle) * far);
  const clean = damage.scene.layers.color;
  const ink = random.int(0, 2);
  damage.forEachInside(patch, (i, inside) => {
    const row = Math.min(size - 1, Math.max(0, Math.floor(i / size) + dy));
    const column = Math.min(size - 1, Math.max(0, (i % size) + dx));
    for (let k = 0; k < 3; k++) {
      const moved = clean[3 * (row * size + column) + k]!;
      const doubled = Math.min(layers.color[3 * i + k]!, moved) * (k === ink ? 1 : 0.82 - 0.3 * damage.strength);
      layers.color[3 * i + k]! += (doubled - layers.color[3 * i + k]!) * inside;
    }
  });
}

export const matterDefects: readonly DefectKind[] = [
  {
    ...{ name: "pores", wording: "pores", adjective: "porous", split: "train", paint: paintPores },
    appliesTo: ({ material, name }) =>
      ["metal", "stone", "plastic", "glass"].includes(material) && name !== "wire-mesh",
  },
  {
    ...{ name: "fracture", wording: "a fracture", adjective: "fractured", split: "train", paint: paintFracture },
    appliesTo: ({ material, name }) =>
      ["metal", "stone", "plastic", "glass", "wood", "food"].includes(material) && name !== "wire-mesh",
  },
  {
    ...{ name: "abrasion", wording: "an abrasion", adjective: "scuffed", split: "train", paint: paintAbrasion },
    appliesTo: (category) =>
      isSolid(category) && !["fabric", "food"].includes(category.material) && category.name !== "wire-mesh",
  },
  {
    ...{ name: "rough-patch", wording: "a rough patch", adjective: "uneven", split: "train", paint: paintRoughPatch },
    appliesTo: (category) => isSolid(category) && category.kind === "texture",
  },
  {
    ...{ name: "inclusion", wording: "an inclusion", adjective: "impure", split: "held-out", paint: paintInclusion },
    appliesTo: ({ name }) =>
      ["weld-radiograph", "cast-metal", "window-glass", "lens", "plastic", "rubber", "terrazzo", "pebbles"].includes(
        name,
      ),
  },
  {
    ...{ name: "peeling", wording: "a peeled area", adjective: "peeled", split: "held-out", paint: paintPeeling },
    appliesTo: ({ name }) =>
      ["painted-metal", "plastic", "leather", "wood", "concrete", "battery", "coin"].includes(name),
  },
  {
    ...{ name: "misprint", wording: "a misprint", adjective: "misprinted", split: "held-out", paint: paintMisprint },
    appliesTo: ({ name }) => ["printed-label", "circuit-board", "woven-fabric", "ceramic-tile"].includes(name),
  },
];
