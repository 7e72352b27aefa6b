/** Defects that are lines: scratch, crack, cut, fold, loose thread. */
import { fromHsv } from "../palette.ts";
import { curl, stampStroke, walk } from "./brushes.ts";
import type { Damage } from "./damage.ts";
import { type DefectKind, isSolid } from "./kind.ts";

/** One to three shallow, almost straight grooves side by side. */
function paintScratch(damage: Damage): void {
  const { random, size } = damage;
  const stencil = damage.stencil();
  const start = damage.placeInside();
  const angle = random.range(0, 2 * Math.PI);
  const length = 0.12 + 1.1 * damage.extent;
  const count = random.int(1, 3);
  const halfWidth = random.range(0.003, 0.009);
  for (let k = 0; k < count; k++) {
    const from = {
      x: start.x + random.range(-0.03, 0.03) * k - (Math.cos(angle) * length) / 2,
      y: start.y + random.range(-0.03, 0.03) * k - (Math.sin(angle) * length) / 2,
    };
    const points = walk(from, angle + random.range(-0.1, 0.1), length * random.range(0.6, 1), 8, 0.06, random);
    stampStroke(stencil, size, points, { halfWidth, tapered: true });
  }
  damage.raise(stencil, -0.006);
  damage.tint(stencil, damage.contrastingColor(start), 0.45 + 0.5 * damage.strength);
}

/** A dark jagged line with branches. */
function paintCrack(damage: Damage): void {
  const { random, size } = damage;
  const stencil = damage.stencil();
  const start = damage.placeInside();
  const angle = random.range(0, 2 * Math.PI);
  const length = 0.14 + 1.1 * damage.extent;
  const from = { x: start.x - (Math.cos(angle) * length) / 2, y: start.y - (Math.sin(angle) * length) / 2 };
  const trunk = walk(from, angle, length, random.int(8, 13), 0.75, random);
  const halfWidth = random.range(0.004, 0.01);
  stampStroke(stencil, size, trunk, { halfWidth, tapered: true });
  for (let branch = random.int(0, 3); branch > 0; branch--) {
    const root = random.pick(trunk.slice(2, -2));
    const turned = angle + random.sign() * random.range(0.5, 1.2);
    const twig = walk(root, turned, length * random.range(0.2, 0.45), 5, 0.7, random);
    stampStroke(stencil, size, twig, { halfWidth: halfWidth * 0.6, tapered: false });
  }
  const floor = 0.35 - 0.3 * damage.strength;
  damage.raise(stencil, -0.012);
  damage.filter(stencil, [floor, floor, floor]);
  damage.tint(stencil, [0.04, 0.035, 0.03], 0.45);
}

/** A straight slit that gapes in the middle, with raised lips. */
function paintCut(damage: Damage): void {
  const { random, size } = damage;
  const middle = damage.placeInside();
  const angle = random.range(0, 2 * Math.PI);
  const length = 0.1 + 0.8 * damage.extent;
  const from = { x: middle.x - (Math.cos(angle) * length) / 2, y: middle.y - (Math.sin(angle) * length) / 2 };
  const line = walk(from, angle, length, 10, 0.07, random);
  const halfWidth = random.range(0.012, 0.024);
  const lips = damage.stencil();
  stampStroke(lips, size, line, { halfWidth: halfWidth * 1.7, tapered: true, softness: 0.012 });
  damage.raise(lips, 0.012);
  const slit = damage.stencil();
  stampStroke(slit, size, line, { halfWidth, tapered: true });
  damage.raise(slit, -0.03);
  const inside = random.chance(0.75) ? 0.05 : 0.9;
  damage.tint(slit, [inside, inside, inside], 0.65 + 0.3 * damage.strength);
}

/** A crease: a long sharp ridge, light on one side and dark on the other. */
function paintFold(damage: Damage): void {
  const { random, size } = damage;
  const middle = damage.placeInside();
  const angle = random.range(0, 2 * Math.PI);
  const length = 0.3 + 1.6 * damage.extent;
  const bend = random.range(-0.25, 0.25);
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  const halfWidth = random.range(0.02, 0.04);
  const up = random.sign();
  const stencil = damage.stencil();
  const ridge = damage.stencil();
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i++) {
      const x = (column + 0.5) / size - middle.x;
      const y = (row + 0.5) / size - middle.y;
      const along = (c * x + s * y) / (length / 2);
      if (Math.abs(along) > 1) continue;
      const across = c * y - s * x + bend * length * 0.25 * (along * along - 0.5);
      const rise = Math.max(0, 1 - Math.abs(across) / halfWidth) * Math.min(1, 4 * (1 - Math.abs(along)));
      // A ridge along the light has no bright side: one flank is rubbed or in shadow, so that it shows all the same.
      stencil[i] = across * up > 0 ? rise ** 0.5 : 0;
      ridge[i] = rise;
    }
  }
  damage.raise(ridge, up * halfWidth * (0.7 + 0.6 * damage.strength));
  const worn = random.chance(0.6) ? 0.85 - 0.4 * damage.strength : 1.2 + 0.7 * damage.strength;
  damage.filter(stencil, [worn, worn, worn]);
}

/** A pulled or foreign thread lying over the cloth. */
function paintLooseThread(damage: Damage): void {
  const { random, size } = damage;
  const middle = damage.placeInside();
  const line = curl(middle, random.range(0, 2 * Math.PI), 0.2 + 1.3 * damage.extent, random.range(0.5, 1.4), random);
  const halfWidth = random.range(0.005, 0.011);
  const shadow = damage.stencil();
  const offset = 0.9 * halfWidth + 0.004;
  stampStroke(
    shadow,
    size,
    line.map((point) => ({ x: point.x + offset, y: point.y + offset })),
    {
      halfWidth,
      softness: 0.01,
    },
  );
  damage.filter(shadow, [0.6, 0.6, 0.6]);
  const thread = damage.stencil();
  stampStroke(thread, size, line, { halfWidth });
  const dyed = fromHsv(random.next(), random.range(0.1, 0.6), random.range(0.5, 0.95));
  damage.tint(thread, random.chance(0.7) ? damage.contrastingColor(middle) : dyed, 0.6 + 0.35 * damage.strength);
  damage.raise(thread, 0.008);
}

export const lineDefects: readonly DefectKind[] = [
  {
    name: "scratch",
    wording: "a scratch",
    adjective: "scratched",
    split: "train",
    appliesTo: (category) =>
      isSolid(category) && !["carpet", "knit", "wire-mesh", "toothbrush", "bread"].includes(category.name),
    paint: paintScratch,
  },
  {
    name: "crack",
    wording: "a crack",
    adjective: "cracked",
    split: "train",
    appliesTo: (category) =>
      (isSolid(category) || category.name === "weld-radiograph") &&
      category.material !== "fabric" &&
      category.name !== "wire-mesh",
    paint: paintCrack,
  },
  {
    name: "cut",
    wording: "a cut",
    adjective: "cut",
    split: "train",
    appliesTo: (category) =>
      ["fabric", "paper", "plastic", "plant", "wood"].includes(category.material) || category.name === "skin",
    paint: paintCut,
  },
  {
    name: "fold",
    wording: "a fold",
    adjective: "folded",
    split: "held-out",
    appliesTo: (category) => ["fabric", "paper", "plant"].includes(category.material) || category.name === "foam",
    paint: paintFold,
  },
  {
    name: "loose-thread",
    wording: "a loose thread",
    adjective: "frayed",
    split: "held-out",
    appliesTo: (category) => category.material === "fabric",
    paint: paintLooseThread,
  },
];
