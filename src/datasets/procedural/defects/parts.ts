/** Defects of an object's parts: one is missing, lies beside its place, is there once more, or is not the right one. */
import { pickAny } from "../palette.ts";
import type { Scene } from "../scene.ts";
import { smoothStep } from "../surface.ts";
import { stampBlob } from "./brushes.ts";
import type { Damage, Place } from "./damage.ts";
import { type DefectKind, isSolidObject } from "./kind.ts";

/** One part: how far each pixel belongs to it, its middle and about its radius in picture widths. */
interface Part extends Place {
  stencil: Float32Array;
  radius: number;
}

/** A part that the object can be drawn without. */
interface LoosePart extends Part {
  without: ReturnType<Scene["drawWithout"]>;
}

/** A random part. Null when the object has none, or none that shows. */
function findPart(damage: Damage): LoosePart | null {
  const { random, size } = damage;
  const { parts } = damage.scene.material;
  if (parts === 0) return null;
  const without = damage.scene.drawWithout(random.int(0, parts - 1));
  const clean = damage.scene.layers;
  const stencil = damage.stencil();
  let [area, x, y] = [0, 0, 0];
  for (let i = 0; i < stencil.length; i++) {
    let change =
      2 * Math.abs(without.coverage[i]! - clean.coverage[i]!) + 20 * Math.abs(without.height[i]! - clean.height[i]!);
    for (let k = 3 * i; k < 3 * i + 3; k++)
      change += Math.abs(without.color[k]! - clean.color[k]!) * clean.coverage[i]!;
    const here = smoothStep(0.05, 0.2, change);
    stencil[i] = here;
    area += here;
    x += here * ((i % size) + 0.5);
    y += here * (Math.floor(i / size) + 0.5);
  }
  if (area < 4) return null;
  return { without, stencil, x: x / area / size, y: y / area / size, radius: Math.sqrt(area / Math.PI) / size };
}

/** Takes the part out of the layers. */
function removePart(damage: Damage, { without, stencil }: LoosePart): void {
  const { layers } = damage;
  const clean = damage.scene.layers;
  layers.color.set(without.color);
  layers.height.set(without.height);
  layers.coverage.set(without.coverage);
  for (let i = 0; i < stencil.length; i++) {
    if (without.coverage[i]! >= clean.coverage[i]!) continue;
    for (let k = 3 * i; k < 3 * i + 3; k++) layers.backdrop[k] = layers.bareBackdrop[k]!;
  }
}

/** Where a part has no number of its own: a round piece of the object. */
function choosePiece(damage: Damage): Part {
  const place = damage.placeInside();
  const stencil = damage.stencil();
  const radius = 0.03 + 0.25 * damage.extent;
  const shape = { radius, squash: damage.random.range(0.6, 1), angle: damage.random.range(0, Math.PI) };
  stampBlob(stencil, damage.size, place, shape, damage.random);
  return { ...place, stencil, radius };
}

/** Puts the part down with its middle at `to`, turned by `angle` and `scale` times as large. */
function putPart(damage: Damage, part: Part, to: Place, angle: number, scale: number): void {
  const { size } = damage;
  const [c, s] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i++) {
      const [dx, dy] = [(column + 0.5) / size - to.x, (row + 0.5) / size - to.y];
      const x = Math.floor((part.x + c * dx + s * dy) * size);
      const y = Math.floor((part.y + c * dy - s * dx) * size);
      if (x < 0 || y < 0 || x >= size || y >= size) continue;
      const here = part.stencil[y * size + x]!;
      if (here > 0.01) damage.carry(i, x, y, here);
    }
  }
}

/** One part left out, or a piece broken off where the object has no parts. */
function paintMissingPart(damage: Damage): void {
  const { random, size } = damage;
  const part = random.chance(0.8) ? findPart(damage) : null;
  if (part) {
    removePart(damage, part);
    damage.alpha.set(part.stencil);
    return;
  }
  const edge = damage.placeOnEdge();
  const bite = damage.stencil();
  const radius = 0.06 + 0.35 * damage.extent;
  const centre = { x: edge.x + edge.inX * radius * 0.15, y: edge.y + edge.inY * radius * 0.15 };
  const shape = { radius, squash: random.range(0.6, 1), angle: random.range(0, 3), roughness: 0.3 };
  stampBlob(bite, size, centre, shape, random);
  damage.erase(bite);
}

/** One part lies beside its place. */
function paintMisplacedPart(damage: Damage): void {
  const { random } = damage;
  const part = findPart(damage);
  if (!part) return;
  removePart(damage, part);
  const angle = random.range(0, 2 * Math.PI);
  const far = 0.03 + 0.08 * damage.strength;
  damage.alpha.set(part.stencil);
  putPart(damage, part, { x: part.x + Math.cos(angle) * far, y: part.y + Math.sin(angle) * far }, 0, 1);
}

/** A part, or a piece of the object, once more where none belongs. */
function paintExtraPart(damage: Damage): void {
  const { random } = damage;
  const part = findPart(damage) ?? choosePiece(damage);
  let to = damage.placeInside();
  for (let attempt = 0; attempt < 20 && Math.hypot(to.x - part.x, to.y - part.y) < 1.2 * part.radius; attempt++)
    to = damage.placeInside();
  putPart(damage, part, to, random.chance(0.6) ? random.range(0, 2 * Math.PI) : 0, random.range(0.85, 1.1));
}

/** In the place of a part stands one of another colour or size, or it is turned. */
function paintWrongPart(damage: Damage): void {
  const { random } = damage;
  const loose = findPart(damage);
  const part = loose ?? choosePiece(damage);
  const way = random.int(0, 2);
  if (way === 2) {
    damage.tint(part.stencil, pickAny(random), 0.5 + 0.5 * damage.strength);
    return;
  }
  if (loose) removePart(damage, loose);
  damage.alpha.set(part.stencil);
  if (way === 0) {
    const scale = random.chance(0.5) ? random.range(0.4, 0.75) : random.range(1.3, 1.7);
    putPart(damage, part, part, loose ? 0 : random.range(0.5, 5.5), scale);
  } else {
    putPart(damage, part, part, random.range(0.35, 2 * Math.PI - 0.35), 1);
  }
}

/** Objects made of parts that can lie elsewhere. */
const looseParts = ["blister-pack", "fastener-rows"];

export const partDefects: readonly DefectKind[] = [
  {
    ...{ name: "missing-part", wording: "a missing part", adjective: "incomplete", split: "train" },
    appliesTo: isSolidObject,
    paint: paintMissingPart,
  },
  {
    ...{ name: "misplaced-part", wording: "a misplaced part", adjective: "misaligned", split: "held-out" },
    appliesTo: ({ name }) => looseParts.includes(name),
    paint: paintMisplacedPart,
  },
  {
    ...{ name: "extra-part", wording: "a part too many", adjective: "cluttered", split: "train" },
    appliesTo: isSolidObject,
    paint: paintExtraPart,
  },
  {
    ...{ name: "wrong-part", wording: "a wrong part", adjective: "mismatched", split: "train" },
    appliesTo: isSolidObject,
    paint: paintWrongPart,
  },
];
