/** What grows where it should not: lesions and tumours in tissue and in scans of it. */

import { gradientNoise } from "../noise.ts";
import { stampBlob } from "./brushes.ts";
import type { Damage } from "./damage.ts";
import type { DefectKind } from "./kind.ts";

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
    ...{ name: "tumor", wording: "a tumor", adjective: "tumorous", split: "held-out", paint: paintTumor },
    appliesTo: ({ material }) => material === "tissue",
  },
];
