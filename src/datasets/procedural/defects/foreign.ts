/** Defects of any surface whatever: a foreign patch, a distortion, a streak, an uneven region, a hairline crack. */
import type { Random } from "../../../random.ts";
import { type Cell, findCell, fractalNoise, latticeValue } from "../noise.ts";
import { pickAny, vary } from "../palette.ts";
import { insideOf, smoothStep, wrap } from "../surface.ts";
import { stampBlob, stampStroke, walk } from "./brushes.ts";
import type { Damage, Place } from "./damage.ts";
import { type DefectKind, isSolid } from "./kind.ts";

/** A blob or a convex polygon with three to seven sides. */
function stampRegion(stencil: Float32Array, size: number, centre: Place, radius: number, random: Random): void {
  if (random.chance(0.6)) {
    const shape = { squash: random.range(0.35, 1), angle: random.range(0, Math.PI), roughness: random.range(0, 0.45) };
    stampBlob(stencil, size, centre, { ...shape, radius, softness: random.range(0, 0.3) }, random);
    return;
  }
  const sides = random.int(3, 7);
  const turn = random.range(0, 2 * Math.PI);
  const planes = Array.from({ length: sides }, (_, k) => {
    const angle = turn + ((k + random.range(-0.25, 0.25)) * 2 * Math.PI) / sides;
    return { c: Math.cos(angle), s: Math.sin(angle), at: radius * random.range(0.45, 1) };
  });
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i++) {
      const x = (column + 0.5) / size - centre.x;
      const y = (row + 0.5) / size - centre.y;
      if (Math.abs(x) > 2 * radius || Math.abs(y) > 2 * radius) continue;
      let outside = -1;
      for (const { c, s, at } of planes) outside = Math.max(outside, c * x + s * y - at);
      stencil[i] = Math.max(stencil[i]!, insideOf(outside, 1 / size));
    }
  }
}

/** A random pattern, 0..1: flat, noise of any grain, stripes or cells. */
function pickPattern(random: Random): (x: number, y: number) => number {
  const kind = random.next();
  const angle = random.range(0, Math.PI);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const frequency = 4 * 12 ** random.next();
  const stretch = random.chance(0.5) ? 1 : random.range(1, 8);
  const seed = random.int(0, 255);
  const cell: Cell = { nearest: 0, second: 0, id: 0 };
  return (x, y) => {
    const [u, v] = [(c * x + s * y) * frequency, ((c * y - s * x) * frequency) / stretch];
    if (kind < 0.25) return 0;
    if (kind < 0.65) return 0.5 + 0.5 * fractalNoise(u, v, 2, seed);
    if (kind < 0.85) return smoothStep(0.15, 0.35, Math.abs(wrap(u, 1) - 0.5));
    findCell(u, v, 1, seed, cell);
    return latticeValue(cell.id, 1, seed);
  };
}

/** A region where colour and relief are those of something unrelated. */
function paintForeignPatch(damage: Damage): void {
  const { random, size } = damage;
  const { color, height } = damage.layers;
  const place = damage.placeInside();
  const stencil = damage.stencil();
  stampRegion(stencil, size, place, 0.02 + 0.5 * damage.extent, random);
  const ground = random.chance(0.4) ? damage.contrastingColor(place) : pickAny(random);
  const second = random.chance(0.5) ? pickAny(random) : vary(ground, 0.05, random, random.range(0.5, 1.5));
  const pattern = pickPattern(random);
  const opacity = 0.5 + 0.5 * damage.strength * random.range(0.4, 1);
  const relief = random.chance(0.6) ? random.range(-0.008, 0.008) : 0;
  const lift = random.chance(0.4) ? random.range(-0.008, 0.012) : 0;
  damage.forEachInside(stencil, (i, amount) => {
    const value = pattern((i % size) / size, Math.floor(i / size) / size);
    const share = amount * opacity;
    for (let k = 0; k < 3; k++) {
      const level = ground[k]! + (second[k]! - ground[k]!) * value;
      color[3 * i + k]! += (level - color[3 * i + k]!) * share;
    }
    height[i]! += (relief * value + lift - 0.7 * (height[i]! - lift)) * (height[i]! === 0 ? amount : share);
  });
}

/** Where a pixel's content comes from, given its offset from the middle of the distortion in radii. */
function pickWarp(damage: Damage, radius: number): (u: number, v: number) => readonly [number, number] {
  const { random, strength } = damage;
  const kind = random.int(0, 3);
  const angle = random.range(0, 2 * Math.PI);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const turns = random.sign() * (0.6 + 2 * strength);
  const far = Math.max(0.6, (0.015 + 0.05 * strength) / radius);
  const stretch = random.chance(0.5) ? 0.2 + 0.4 * (1 - strength) : 1.6 + 1.5 * strength;
  const power = random.chance(0.5) ? 0.8 + 1.4 * strength : -0.6 * strength - 0.15;
  return (u, v) => {
    const fade = Math.max(0, 1 - u * u - v * v);
    if (kind === 0) {
      const [ct, st] = [Math.cos(turns * fade), Math.sin(turns * fade)];
      return [ct * u - st * v, st * u + ct * v];
    }
    if (kind === 1) return [u + c * far, v + s * far];
    if (kind === 2) {
      const along = (stretch - 1) * (c * u + s * v);
      return [u + c * along, v + s * along];
    }
    const pull = 1 + power * fade;
    return [u * pull, v * pull];
  };
}

/** A region whose content is swirled, shifted, stretched or pinched: the pattern breaks, no new colour comes in. */
function paintDistortion(damage: Damage): void {
  const { random, size, layers } = damage;
  const object = damage.category.kind === "object";
  const place = object && random.chance(0.6) ? damage.placeOnEdge() : damage.placeInside();
  const radius = 0.05 + 0.55 * damage.extent;
  const region = damage.stencil();
  stampRegion(region, size, place, radius, random);
  const warp = pickWarp(damage, radius);
  const mirrored = (at: number) => {
    const last = size - 1;
    return Math.min(last, Math.max(0, at < 0 ? -at : at > last ? 2 * last - at : at));
  };
  let change = 0;
  let total = 1e-6;
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i++) {
      const inside = region[i]!;
      if (inside < 0.02) continue;
      const u = ((column + 0.5) / size - place.x) / radius;
      const v = ((row + 0.5) / size - place.y) / radius;
      const [fromU, fromV] = warp(u, v);
      const x = mirrored((place.x + radius * fromU) * size - 0.5);
      const y = mirrored((place.y + radius * fromV) * size - 0.5);
      const coverage = layers.coverage[i]!;
      const green = layers.color[3 * i + 1]!;
      damage.carry(i, x, y, inside);
      change += Math.abs(layers.color[3 * i + 1]! - green) * layers.coverage[i]!;
      change += Math.abs(layers.coverage[i]! - coverage);
      total += inside;
    }
  }
  // Where there was next to nothing to displace, the surface itself is warped.
  if (change / total < 0.1) {
    const bulge = damage.stencil();
    stampBlob(bulge, size, place, { radius, softness: 1 }, random);
    damage.raise(
      bulge.map((rise, i) => rise * region[i]!),
      random.sign() * radius * (0.15 + 0.35 * damage.strength),
    );
  }
}

/** A long soft band, darker or brighter, that ends inside the picture. */
function paintStreak(damage: Damage): void {
  const { random, size } = damage;
  const middle = damage.placeInside();
  const angle = random.range(0, 2 * Math.PI);
  const length = random.range(0.15, 0.35) + 1.2 * damage.extent;
  const from = { x: middle.x - (Math.cos(angle) * length) / 2, y: middle.y - (Math.sin(angle) * length) / 2 };
  const halfWidth = random.range(0.003, 0.022);
  const softness = random.range(0.5, 2.5) * halfWidth;
  const stencil = damage.stencil();
  const tapered = random.chance(0.5);
  stampStroke(stencil, size, walk(from, angle, length, 6, 0.02, random), { halfWidth, tapered, softness });
  const color = damage.contrastingColor(middle);
  damage.tint(stencil, color, 0.15 + 0.55 * damage.strength * random.range(0.5, 1));
  if (random.chance(0.4)) damage.raise(stencil, random.range(-0.3, 0.3) * halfWidth);
}

/** A large region that differs a little in brightness, tint or strength of its texture. */
function paintShadowyRegion(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const stencil = damage.stencil();
  const radius = 0.1 + 0.55 * damage.extent;
  const softness = random.chance(0.5) ? random.range(0, 0.15) : random.range(0.2, 0.7);
  const shape = { squash: random.range(0.4, 1), angle: random.range(0, Math.PI), roughness: random.range(0.05, 0.5) };
  stampBlob(stencil, size, place, { ...shape, radius, softness }, random);
  if (random.chance(0.5)) damage.level(stencil, random.range(0.006, 0.03));
  const slight = 0.1 + 0.3 * damage.strength;
  const cast = () => random.range(-0.05, 0.05);
  const level = 1 + random.sign() * slight;
  damage.filter(stencil, [level + cast(), level + cast(), level + cast()]);
  // Multiplying does nothing to black: a veil does.
  damage.tint(stencil, level > 1 ? [0.9, 0.9, 0.9] : [0.1, 0.1, 0.1], 0.4 * slight);
}

/** A line that keeps to one main direction but never runs straight. */
function wander(start: Place, angle: number, length: number, jitter: number, random: Random): Place[] {
  const steps = Math.max(6, Math.round(length / 0.018));
  const points: Place[] = [start];
  let { x, y } = start;
  let bend = 0;
  for (let step = 0; step < steps; step++) {
    bend = 0.6 * bend + random.range(-jitter, jitter);
    x += (Math.cos(angle + bend) * length) / steps;
    y += (Math.sin(angle + bend) * length) / steps;
    points.push({ x, y });
  }
  return points;
}

/** A line as thin as a hair, dark, often with branches. */
function paintFineCrack(damage: Damage): void {
  const { random, size } = damage;
  const middle = damage.placeInside();
  const angle = random.range(0, 2 * Math.PI);
  const length = Math.min(0.9, 0.15 + 2.2 * damage.extent);
  const from = { x: middle.x - (Math.cos(angle) * length) / 2, y: middle.y - (Math.sin(angle) * length) / 2 };
  const jitter = random.range(0.2, 0.9);
  const trunk = wander(from, angle, length, jitter, random);
  const halfWidth = random.range(0.0015, 0.004);
  const stencil = damage.stencil();
  stampStroke(stencil, size, trunk, { halfWidth });
  for (let branch = random.chance(0.6) ? random.int(1, 4) : 0; branch > 0; branch--) {
    const turned = angle + random.sign() * random.range(0.3, 1.2);
    const twig = wander(random.pick(trunk), turned, length * random.range(0.1, 0.45), jitter, random);
    stampStroke(stencil, size, twig, { halfWidth: 0.7 * halfWidth });
  }
  const floor = 0.5 - 0.4 * damage.strength;
  damage.filter(stencil, [floor, floor, floor]);
  damage.tint(stencil, [0.03, 0.03, 0.03], 0.4);
  damage.raise(stencil, -0.004);
}

/** Textures whose grain has no order that a distortion could break. */
const orderless = ["concrete", "cast-metal", "painted-metal", "granite", "rolled-steel", "window-glass"];
const featureless = [
  "smooth-shell",
  "speckled-board",
  "plastic",
  "paper",
  "leather",
  "cork",
  "foam",
  "carpet",
  "bread",
  "mottled-slab",
];

export const foreignDefects: readonly DefectKind[] = [
  {
    ...{ name: "foreign-patch", wording: "a patch of something else", adjective: "patched", split: "train" },
    appliesTo: isSolid,
    paint: paintForeignPatch,
  },
  {
    ...{ name: "distortion", wording: "a distortion", adjective: "distorted", split: "train", paint: paintDistortion },
    // In a scan it is what a mass does to its surroundings.
    appliesTo: (category) =>
      category.scan === true
        ? category.kind === "object"
        : isSolid(category) && ![...orderless, ...featureless].includes(category.name),
  },
  {
    ...{ name: "streak", wording: "a streak", adjective: "streaked", split: "train", paint: paintStreak },
    appliesTo: isSolid,
  },
  {
    ...{ name: "shadowy-region", wording: "an uneven region", adjective: "blotchy", split: "train" },
    appliesTo: isSolid,
    paint: paintShadowyRegion,
  },
  {
    ...{ name: "fine-crack", wording: "a hairline crack", adjective: "split", split: "train", paint: paintFineCrack },
    appliesTo: (category) => isSolid(category) && category.material !== "fabric" && category.name !== "wire-mesh",
  },
];
