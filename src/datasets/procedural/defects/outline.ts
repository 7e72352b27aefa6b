/** Defects of an object's outline: a notch, something grown over, an end broken off, a tear, an end turned aside. */
import { gradientNoise } from "../noise.ts";
import { boxDistance } from "../shapes.ts";
import { forEachPixel, insideOf, smoothStep } from "../surface.ts";
import { stampBlob, stampStroke, walk } from "./brushes.ts";
import type { Damage } from "./damage.ts";
import { type DefectKind, isSolidObject } from "./kind.ts";

/** Cut, punched or filed out of the edge: a slot, a wedge or a bow, with clean sides. */
function paintNotch(damage: Damage): void {
  const { random, size } = damage;
  const edge = damage.placeOnEdge();
  const depth = 0.03 + 0.3 * damage.extent;
  const half = depth * random.range(0.25, 1.2);
  const lean = random.range(-0.5, 0.5);
  const inward = Math.atan2(edge.inY, edge.inX) + lean;
  const [c, s] = [Math.cos(inward), Math.sin(inward)];
  const form = random.int(0, 2);
  const notch = damage.stencil();
  forEachPixel(size, (i, x, y) => {
    const [dx, dy] = [x - edge.x, y - edge.y];
    const [u, v] = [c * dx + s * dy, c * dy - s * dx];
    let away: number;
    if (form === 0) away = boxDistance(u, v, depth, half, 0);
    else if (form === 1) away = Math.max((Math.abs(v) - half * (1 - u / depth)) * 0.7, -u - depth);
    else away = Math.hypot(u / depth, v / half) * Math.min(depth, half) - Math.min(depth, half);
    notch[i] = insideOf(away, 1 / size);
  });
  damage.erase(notch);
}

/** The same matter where there should be none: flash, a burr, a drop that ran over the edge. */
function paintOverflow(damage: Damage): void {
  const { random, size, layers } = damage;
  const clean = damage.scene.layers;
  const edge = damage.placeOnEdge();
  const radius = 0.025 + 0.25 * damage.extent;
  const lump = damage.stencil();
  const along = Math.atan2(edge.inX, -edge.inY);
  const squash = random.range(0.25, 1);
  // It hangs together with the object.
  const out = random.range(0, 0.6) * radius * squash;
  const shape = { radius, squash, angle: along + random.range(-0.4, 0.4) };
  const centre = { x: edge.x - edge.inX * out, y: edge.y - edge.inY * out };
  stampBlob(lump, size, centre, { ...shape, roughness: random.range(0, 0.3) }, random);
  const inside = (t: number) => Math.min(size - 1, Math.max(0, Math.floor(t * size)));
  const from = inside(edge.y + 0.03 * edge.inY) * size + inside(edge.x + 0.03 * edge.inX);
  const tone = random.range(0.8, 1.2);
  const relief = radius * random.range(0, 0.6);
  for (let i = 0; i < lump.length; i++) {
    const added = lump[i]! * (1 - clean.coverage[i]!);
    if (lump[i]! < 0.01) continue;
    // What was bare is made of the lump alone; on the object it lies thinly.
    const share = Math.max(added, 0.5 * lump[i]! * (1 - clean.coverage[i]!));
    for (let k = 0; k < 3; k++) {
      layers.color[3 * i + k]! += (tone * clean.color[3 * from + k]! - layers.color[3 * i + k]!) * share;
    }
    layers.height[i] = Math.max(layers.height[i]!, clean.height[from]! * added) + relief * lump[i]!;
    layers.coverage[i] = Math.max(layers.coverage[i]!, lump[i]!);
    damage.alpha[i] = lump[i]!;
  }
}

/** A random straight cut through the object with at most `most` of it beyond: distance beyond the cut, in picture widths. */
function cutOff(damage: Damage, least: number, most: number): (x: number, y: number) => number {
  const { random, size } = damage;
  const { coverage } = damage.scene.layers;
  const angle = random.range(0, 2 * Math.PI);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const places: number[] = [];
  for (let row = 0; row < size; row += 2) {
    for (let column = 0; column < size; column += 2) {
      if (coverage[row * size + column]! > 0.5) places.push(c * ((column + 0.5) / size) + s * ((row + 0.5) / size));
    }
  }
  places.sort((a, b) => a - b);
  const at = places[Math.floor((1 - random.range(least, most)) * (places.length - 1))] ?? 0.7;
  return (x, y) => c * x + s * y - at;
}

/** An end or corner is gone; the break is ragged. */
function paintBrokenOff(damage: Damage): void {
  const { random, size } = damage;
  const beyond = cutOff(damage, 0.02, 0.06 + 0.5 * damage.extent);
  const ragged = random.range(0, 0.035);
  const fine = random.range(4, 25);
  const seed = random.int(0, 255);
  const face = damage.stencil();
  const gone = damage.stencil();
  forEachPixel(size, (i, x, y) => {
    const away = beyond(x, y) + ragged * gradientNoise(x * fine, y * fine, seed);
    gone[i] = insideOf(-away, 1 / size);
    face[i] = smoothStep(-0.02, -0.005, away);
  });
  const tone = random.chance(0.5) ? random.range(0.55, 0.85) : random.range(1.15, 1.4);
  damage.filter(face, [tone, tone, tone]);
  damage.erase(gone);
}

/** A gap that runs in from the edge and becomes narrower. */
function paintTear(damage: Damage): void {
  const { random, size } = damage;
  const edge = damage.placeOnEdge();
  const length = 0.06 + 0.7 * damage.extent;
  const inward = Math.atan2(edge.inY, edge.inX) + random.range(-0.7, 0.7);
  const line = walk(edge, inward, length, 8, 0.4, random);
  const wide = length * random.range(0.04, 0.14);
  const gap = damage.stencil();
  const lips = damage.stencil();
  for (let k = 0; k < 8; k++) {
    const halfWidth = wide * (1 - k / 8);
    stampStroke(lips, size, [line[k]!, line[k + 1]!], { halfWidth: halfWidth + 0.008, softness: 0.008 });
    stampStroke(gap, size, [line[k]!, line[k + 1]!], { halfWidth });
  }
  const tone = random.range(0.7, 1.3);
  damage.filter(lips, [tone, tone, tone]);
  damage.raise(lips, random.range(-0.006, 0.01));
  damage.erase(gap);
}

/** One end is turned aside against the rest: crooked, kinked, warped. */
function paintCrookedEnd(damage: Damage): void {
  const { random, size } = damage;
  const clean = damage.scene.layers;
  const beyond = cutOff(damage, 0.1, 0.35);
  // The pivot is the middle of what lies along the cut.
  let [count, px, py] = [0, 0, 0];
  forEachPixel(size, (i, x, y) => {
    if (clean.coverage[i]! < 0.5 || Math.abs(beyond(x, y)) > 0.01) return;
    count++;
    px += x;
    py += y;
  });
  if (count === 0) return;
  px /= count;
  py /= count;
  const most = random.sign() * (0.12 + 0.3 * damage.strength);
  const soft = random.range(0.01, 0.2);
  forEachPixel(size, (i, x, y) => {
    const angle = most * smoothStep(0, soft, beyond(x, y));
    if (angle === 0) return;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const fromX = px + c * (x - px) + s * (y - py);
    const fromY = py + c * (y - py) - s * (x - px);
    if (fromX < 0 || fromY < 0 || fromX > 1 || fromY > 1) return;
    damage.carry(i, fromX * size - 0.5, fromY * size - 0.5, 1);
  });
}

export const outlineDefects: readonly DefectKind[] = [
  {
    ...{ name: "notch", wording: "a notch", adjective: "notched", split: "train" },
    appliesTo: isSolidObject,
    paint: paintNotch,
  },
  {
    ...{ name: "overflow", wording: "excess material", adjective: "overgrown", split: "train" },
    appliesTo: isSolidObject,
    paint: paintOverflow,
  },
  {
    ...{ name: "broken-off", wording: "a piece broken off", adjective: "snapped", split: "train" },
    appliesTo: isSolidObject,
    paint: paintBrokenOff,
  },
  {
    ...{ name: "tear", wording: "a tear", adjective: "torn", split: "train" },
    appliesTo: (category) => isSolidObject(category) && category.material !== "glass",
    paint: paintTear,
  },
  {
    ...{ name: "crooked-end", wording: "a crooked end", adjective: "warped", split: "train" },
    appliesTo: (category) => isSolidObject(category) && category.material !== "glass",
    paint: paintCrookedEnd,
  },
];
