/** Defects of colour: stain, spots, discoloration, smear, corrosion, burn. */
import { fractalNoise } from "../noise.ts";
import { fromHsv } from "../palette.ts";
import { smoothStep } from "../surface.ts";
import { stampBlob, stampStroke, walk } from "./brushes.ts";
import type { Damage } from "./damage.ts";
import { type DefectKind, isSolid } from "./kind.ts";

/** A dried liquid: an uneven soft patch, mostly with a darker rim. */
function paintStain(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const style = {
    radius: 0.03 + 0.42 * damage.extent,
    squash: random.range(0.6, 1),
    angle: random.range(0, Math.PI),
    roughness: random.range(0.15, 0.4),
    softness: random.range(0.15, 0.6),
  };
  const patch = damage.stencil();
  stampBlob(patch, size, place, style, random);
  const brown = fromHsv(random.range(0.03, 0.15), random.range(0.3, 0.8), random.range(0.15, 0.5));
  const color = random.chance(0.5) ? damage.contrastingColor(place) : brown;
  damage.tint(patch, color, 0.3 + 0.45 * damage.strength);
  if (random.chance(0.6)) {
    const rim = patch.map((inside) => 4 * inside * (1 - inside));
    damage.filter(rim, [0.7, 0.68, 0.66]);
  }
}

/** A cluster of small dots. */
function paintSpots(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const spread = 0.06 + 0.5 * damage.extent;
  const stencil = damage.stencil();
  for (let count = random.int(4, 13); count > 0; count--) {
    const spot = { x: place.x + spread * random.normal() * 0.6, y: place.y + spread * random.normal() * 0.6 };
    stampBlob(stencil, size, spot, { radius: random.range(0.01, 0.03), roughness: 0.2, softness: 0.4 }, random);
  }
  damage.tint(stencil, damage.contrastingColor(place), 0.55 + 0.4 * damage.strength);
}

/** A patch or bar of wrong colour under which the pattern stays: faded, misprinted, over-dyed. */
function paintDiscoloration(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const radius = 0.05 + 0.42 * damage.extent;
  const stencil = damage.stencil();
  if (random.chance(0.4)) {
    const angle = random.range(0, Math.PI);
    const points = walk(
      { x: place.x - Math.cos(angle) * radius, y: place.y - Math.sin(angle) * radius },
      angle,
      2 * radius,
      1,
      0,
      random,
    );
    stampStroke(stencil, size, points, { halfWidth: radius * random.range(0.3, 0.6), softness: 0.03 });
  } else stampBlob(stencil, size, place, { radius, roughness: 0.2, softness: random.range(0.1, 0.5) }, random);
  const hue = fromHsv(random.next(), random.range(0.4, 0.9), 1);
  const level = random.chance(0.5) ? random.range(0.45, 0.7) : random.range(1.3, 1.7);
  damage.filter(stencil, [hue[0] * level, hue[1] * level, hue[2] * level]);
  damage.tint(stencil, hue, 0.1 + 0.25 * damage.strength);
}

/** Something wiped over the surface: parallel streaks that thin out. */
function paintSmear(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const angle = random.range(0, 2 * Math.PI);
  const length = 0.12 + 0.9 * damage.extent;
  const width = 0.03 + 0.25 * damage.extent;
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  const seed = random.int(0, 255);
  const stencil = damage.stencil();
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i++) {
      const x = (column + 0.5) / size - place.x;
      const y = (row + 0.5) / size - place.y;
      const along = (c * x + s * y) / length + 0.4;
      const across = (c * y - s * x) / width;
      if (along < 0 || along > 1 || Math.abs(across) > 1.3) continue;
      const streak = 0.75 + 0.8 * fractalNoise(along * 2, across * 3.5, 2, seed);
      const body = smoothStep(0, 0.1, along) * smoothStep(1, 0.55, along) * smoothStep(1.1, 0.7, Math.abs(across));
      stencil[i] = Math.min(1, Math.max(0, body * streak));
    }
  }
  const pigment = fromHsv(random.next(), random.range(0.1, 0.7), random.range(0.15, 0.95));
  damage.level(stencil, 0.02);
  damage.tint(stencil, random.chance(0.6) ? damage.contrastingColor(place) : pigment, 0.4 + 0.4 * damage.strength);
}

/** Rust: rough orange and brown flakes that eat into the metal. */
function paintCorrosion(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const region = damage.stencil();
  const radius = 0.06 + 0.45 * damage.extent;
  stampBlob(
    region,
    size,
    place,
    { radius, squash: random.range(0.5, 1), angle: random.range(0, 3), roughness: 0.4, softness: 0.7 },
    random,
  );
  const seed = random.int(0, 255);
  const rough = damage.stencil();
  const deep = damage.stencil();
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i++) {
      if (region[i]! < 0.01) continue;
      const flake = fractalNoise(((column + 0.5) / size) * 16, ((row + 0.5) / size) * 16, 3, seed);
      rough[i] = smoothStep(0.3, 0.6, region[i]! + 0.6 * flake);
      deep[i] = rough[i]! * smoothStep(-0.1, 0.35, flake);
    }
  }
  const rust = fromHsv(random.range(0.03, 0.08), random.range(0.6, 0.85), random.range(0.4, 0.65));
  damage.tint(rough, rust, 0.5 + 0.4 * damage.strength);
  damage.tint(deep, [0.2, 0.1, 0.06], 0.65);
  damage.raise(deep, -0.008);
}

/** Scorching: a black core, a brown halo. */
function paintBurn(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const radius = 0.04 + 0.4 * damage.extent;
  const shape = { squash: random.range(0.6, 1), angle: random.range(0, Math.PI), roughness: 0.25 };
  const halo = damage.stencil();
  stampBlob(halo, size, place, { ...shape, radius, softness: 0.7 }, random);
  damage.filter(halo, [0.5, 0.33, 0.2]);
  damage.tint(halo, [0.25, 0.13, 0.05], 0.35);
  const core = damage.stencil();
  stampBlob(core, size, place, { ...shape, radius: radius * 0.55, softness: 0.5 }, random);
  damage.tint(core, [0.05, 0.04, 0.035], 0.6 + 0.35 * damage.strength);
}

export const markDefects: readonly DefectKind[] = [
  { name: "stain", wording: "a stain", adjective: "stained", split: "train", appliesTo: isSolid, paint: paintStain },
  { name: "spots", wording: "spots", adjective: "spotted", split: "train", appliesTo: isSolid, paint: paintSpots },
  {
    name: "discoloration",
    wording: "a discolored area",
    adjective: "discolored",
    split: "train",
    appliesTo: isSolid,
    paint: paintDiscoloration,
  },
  { name: "smear", wording: "a smear", adjective: "smeared", split: "train", appliesTo: isSolid, paint: paintSmear },
  {
    name: "corrosion",
    wording: "rust",
    adjective: "rusty",
    split: "held-out",
    appliesTo: (category) => isSolid(category) && category.material === "metal",
    paint: paintCorrosion,
  },
  {
    name: "burn",
    wording: "a burn",
    adjective: "burnt",
    split: "held-out",
    appliesTo: (category) =>
      (isSolid(category) && !["metal", "stone", "glass"].includes(category.material)) || category.name === "skin",
    paint: paintBurn,
  },
];
