/** What grows or runs where it should not: lesions, masses, polyps, bleedings, hazes and tumours in tissue and in scans of it. */

import { fractalNoise, gradientNoise } from "../noise.ts";
import { stampBlob } from "./brushes.ts";
import type { Damage } from "./damage.ts";
import type { DefectKind } from "./kind.ts";

/** A grey for a scan: mostly far from the middle. */
const brightOrDark = (damage: Damage) =>
  damage.random.chance(0.6) ? damage.random.range(0.55, 1) : damage.random.range(0, 0.25);

/** Mixes a scan towards a grey, and tissue towards a colour of it. */
function stain(damage: Damage, stencil: Float32Array, level: number, opacity: number): void {
  const { random, category } = damage;
  if (category.scan) damage.tint(stencil, [level, level, level], opacity);
  else damage.tint(stencil, [level, level * random.range(0.4, 0.95), level * random.range(0.4, 0.95)], opacity);
}

/** A lump with an inside of its own: a grain of any size, sometimes a rim, sometimes in lobes. */
function paintMass(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const lump = damage.stencil();
  const radius = 0.03 + 0.35 * damage.extent;
  const style = () => ({
    radius: radius * random.range(0.6, 1),
    squash: random.range(0.5, 1),
    angle: random.range(0, Math.PI),
    roughness: random.range(0, 0.35),
    softness: random.range(0.05, 0.5),
  });
  for (let lobe = random.chance(0.6) ? 1 : random.int(2, 4); lobe > 0; lobe--) {
    const far = lobe === 1 ? 0 : 0.7 * radius;
    stampBlob(lump, size, { x: place.x + far * random.normal(), y: place.y + far * random.normal() }, style(), random);
  }
  const grain = random.range(4, 40);
  const rough = random.range(0, 0.8);
  const seed = random.int(0, 255);
  const inside = lump.map((amount, i) => {
    const [x, y] = [(i % size) / size, Math.floor(i / size) / size];
    return amount * (1 - rough * (0.5 + 0.5 * fractalNoise(x * grain, y * grain, 2, seed)));
  });
  const level = brightOrDark(damage);
  stain(damage, inside, level, 0.35 + 0.5 * damage.strength);
  if (random.chance(0.35)) {
    const rim = lump.map((amount) => 4 * amount * (1 - amount));
    stain(damage, rim, level > 0.4 ? random.range(0, 0.3) : random.range(0.6, 1), 0.3 + 0.4 * damage.strength);
  }
}

/** Blood where there should be none: long and ragged, bright in a scan, dark red in tissue. */
function paintBleeding(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const pool = damage.stencil();
  const style = {
    radius: 0.04 + 0.45 * damage.extent,
    squash: random.range(0.15, 0.7),
    angle: random.range(0, Math.PI),
    roughness: random.range(0.2, 0.7),
    softness: random.range(0.05, 0.4),
  };
  stampBlob(pool, size, place, style, random);
  const opacity = 0.4 + 0.5 * damage.strength;
  if (damage.category.scan) {
    const level = random.range(0.7, 1);
    damage.tint(pool, [level, level, level], opacity);
  } else damage.tint(pool, [random.range(0.2, 0.55), random.range(0, 0.1), random.range(0, 0.1)], opacity);
}

/** A wide veil without an outline, even or in flakes. */
function paintHaze(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const veil = damage.stencil();
  const style = {
    radius: 0.1 + 0.6 * damage.extent,
    squash: random.range(0.5, 1),
    angle: random.range(0, Math.PI),
    roughness: random.range(0.2, 0.6),
    softness: random.range(0.6, 1),
  };
  stampBlob(veil, size, place, style, random);
  const flakes = random.range(3, 16);
  const uneven = random.range(0, 0.7);
  const seed = random.int(0, 255);
  const patchy = veil.map((amount, i) => {
    const [x, y] = [(i % size) / size, Math.floor(i / size) / size];
    return amount * (1 - uneven * (0.5 + 0.5 * gradientNoise(x * flakes, y * flakes, seed)));
  });
  stain(damage, patchy, random.range(0.5, 0.95), 0.3 + 0.5 * damage.strength);
}

/** A rounded bump of the wall, on its own base or on a stalk, paler or redder than what surrounds it. */
function paintPolyp(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const radius = 0.04 + 0.4 * damage.extent;
  const shape = { squash: random.range(0.6, 1), angle: random.range(0, Math.PI), roughness: random.range(0, 0.3) };
  const dome = damage.stencil();
  stampBlob(dome, size, place, { ...shape, radius, softness: 1 }, random);
  const cap = damage.stencil();
  stampBlob(cap, size, place, { ...shape, radius: radius * 0.95, softness: random.range(0.1, 0.5) }, random);
  damage.raise(dome, radius * random.range(0.4, 1.1) * (0.5 + damage.strength));
  const gain = random.chance(0.5) ? random.range(1.1, 1.4) : random.range(0.6, 0.9);
  damage.filter(cap, [gain, gain * random.range(0.75, 1.05), gain * random.range(0.75, 1.05)]);
  if (random.chance(0.5)) damage.level(cap, random.range(0.004, 0.015));
}

/** A soft-edged patch, darker or brighter than what surrounds it, sometimes several. */
function paintLesion(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const patch = damage.stencil();
  for (let count = random.chance(0.75) ? 1 : random.int(2, 4); count > 0; count--) {
    const far = count === 1 ? 0 : 0.12;
    const at = { x: place.x + far * random.normal(), y: place.y + far * random.normal() };
    const style = {
      radius: 0.025 + 0.28 * damage.extent,
      squash: random.range(0.6, 1),
      angle: random.range(0, Math.PI),
      roughness: random.range(0.1, 0.4),
      softness: random.range(0.2, 0.7),
    };
    stampBlob(patch, size, at, style, random);
  }
  const bright = random.chance(0.5);
  if (damage.category.scan) {
    const level = bright ? random.range(0.75, 1) : random.range(0, 0.15);
    damage.tint(patch, [level, level, level], 0.35 + 0.45 * damage.strength);
    return;
  }
  const gain = 1 - (0.35 + 0.4 * damage.strength);
  damage.filter(patch, [gain + 0.2, gain, gain * random.range(0.8, 1.1)]);
}

/** A rounded mass with a rim, an uneven inside, and a faint halo that pushes on its surroundings. */
function paintTumor(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const radius = 0.035 + 0.3 * damage.extent;
  const shape = { squash: random.range(0.7, 1), angle: random.range(0, Math.PI), roughness: random.range(0.1, 0.3) };
  const halo = damage.stencil();
  stampBlob(halo, size, place, { ...shape, radius: radius * 1.6, softness: 0.8 }, random);
  const mass = damage.stencil();
  stampBlob(mass, size, place, { ...shape, radius, softness: 0.25 }, random);
  const core = damage.stencil();
  stampBlob(core, size, place, { ...shape, radius: radius * random.range(0.3, 0.65), softness: 0.5 }, random);
  const seed = random.int(0, 255);
  const uneven = mass.map((inside, i) => {
    const noise = gradientNoise(((i % size) / size) * 18, (Math.floor(i / size) / size) * 18, seed);
    return inside * (0.8 + 0.3 * noise);
  });
  const bright = random.range(0.7, 1);
  const dark = random.range(0.1, 0.35);
  const halved = bright * 0.6;
  damage.tint(halo, [halved, halved, halved], 0.25);
  if (damage.category.scan) damage.tint(uneven, [bright, bright, bright], 0.4 + 0.45 * damage.strength);
  else damage.tint(uneven, [0.45, 0.2, 0.25], 0.4 + 0.45 * damage.strength);
  damage.tint(core, [dark, dark, dark], 0.4 + 0.3 * damage.strength);
}

export const diseaseDefects: readonly DefectKind[] = [
  {
    ...{ name: "lesion", wording: "a lesion", adjective: "diseased", split: "train", paint: paintLesion },
    appliesTo: ({ material }) => material === "tissue",
  },
  {
    ...{ name: "mass", wording: "a mass", adjective: "swollen", split: "train", paint: paintMass },
    appliesTo: ({ material }) => material === "tissue",
  },
  {
    ...{ name: "bleeding", wording: "a bleeding", adjective: "bleeding", split: "train", paint: paintBleeding },
    appliesTo: ({ material }) => material === "tissue",
  },
  {
    ...{ name: "haze", wording: "a hazy region", adjective: "hazy", split: "train", paint: paintHaze },
    appliesTo: ({ material }) => material === "tissue",
  },
  {
    ...{ name: "polyp", wording: "a polyp", adjective: "lumpy", split: "train", paint: paintPolyp },
    appliesTo: ({ material, scan }) => material === "tissue" && scan !== true,
  },
  {
    ...{ name: "tumor", wording: "a tumor", adjective: "tumorous", split: "held-out", paint: paintTumor },
    appliesTo: ({ material }) => material === "tissue",
  },
];
