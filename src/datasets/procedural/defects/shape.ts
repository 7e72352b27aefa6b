/** Defects of shape and matter: hole, dent, contamination, worn patch, bend, chip. */
import { gradientNoise } from "../noise.ts";
import { fromHsv } from "../palette.ts";
import { bendLayers } from "./bend.ts";
import { curl, stampBlob, stampStroke } from "./brushes.ts";
import type { Damage } from "./damage.ts";
import { type DefectKind, isSolid } from "./kind.ts";

/** Punched through: the background of an object, the dark behind a texture. */
function paintHole(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const style = {
    radius: 0.02 + 0.22 * damage.extent,
    squash: random.range(0.6, 1),
    angle: random.range(0, Math.PI),
    roughness: random.range(0, 0.35),
  };
  const rim = damage.stencil();
  const hole = damage.stencil();
  stampBlob(rim, size, place, { ...style, radius: style.radius * 1.35, softness: 0.5 }, random);
  damage.raise(rim, -0.02);
  damage.filter(rim, [0.8, 0.8, 0.8]);
  stampBlob(hole, size, place, style, random);
  const through = damage.category.openwork || (damage.category.kind === "object" && random.chance(0.5));
  if (through) damage.erase(hole);
  const depth = random.chance(0.2) ? 0.92 : 0.05;
  if (!through) damage.tint(hole, [depth, depth, depth], 0.75 + 0.25 * damage.strength);
}

/** Pressed in or pushed out: only light and shade tell. */
function paintDent(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const radius = 0.05 + 0.3 * damage.extent;
  const shape = { squash: random.range(0.6, 1), angle: random.range(0, Math.PI), roughness: 0.08 };
  const bowl = damage.stencil();
  stampBlob(bowl, size, place, { ...shape, radius, softness: 0.9 }, random);
  const inward = random.chance(0.7) ? -1 : 1;
  damage.raise(bowl, inward * radius * (0.55 + 0.75 * damage.strength));
  const dim = inward < 0 ? 0.88 : 1.1;
  damage.filter(bowl, [dim, dim, dim]);
}

/** Foreign matter: lumps of another stuff, or a hair. */
function paintContamination(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const stencil = damage.stencil();
  const hair = random.chance(0.3);
  if (hair) {
    const line = curl(place, random.range(0, 2 * Math.PI), 0.12 + 0.8 * damage.extent, random.range(0.3, 1.3), random);
    stampStroke(stencil, size, line, { halfWidth: random.range(0.003, 0.007) });
  } else {
    const spread = random.range(0.02, 0.1);
    for (let count = random.int(1, 4); count > 0; count--) {
      const at = { x: place.x + spread * random.normal(), y: place.y + spread * random.normal() };
      const radius = random.range(0.4, 1) * (0.022 + 0.2 * damage.extent);
      stampBlob(
        stencil,
        size,
        at,
        { radius, squash: random.range(0.5, 1), angle: random.range(0, 3), roughness: 0.45 },
        random,
      );
    }
  }
  const vivid = fromHsv(random.next(), random.range(0.2, 0.9), random.range(0.2, 0.95));
  damage.tint(stencil, random.chance(0.6) ? damage.contrastingColor(place) : vivid, 0.7 + 0.3 * damage.strength);
  damage.raise(stencil, hair ? 0.006 : 0.02);
}

/** Rubbed away: pattern and relief gone, a little paler. */
function paintWorn(damage: Damage): void {
  const { random, size } = damage;
  const place = damage.placeInside();
  const radius = 0.06 + 0.4 * damage.extent;
  const patch = damage.stencil();
  stampBlob(
    patch,
    size,
    place,
    { radius, squash: random.range(0.5, 1), angle: random.range(0, 3), roughness: 0.3, softness: 0.4 },
    random,
  );
  damage.level(patch, 0.05);
  const seed = random.int(0, 255);
  const uneven = patch.map((inside, i) => {
    const noise = gradientNoise(((i % size) / size) * 14, (Math.floor(i / size) / size) * 14, seed);
    return Math.min(1, Math.max(0, inside * (0.75 + 0.7 * noise)));
  });
  const pale = 0.75 + 0.2 * random.next();
  damage.tint(uneven, [pale, pale, pale * 0.97], 0.2 + 0.45 * damage.strength);
}

/** A flake broken out: the raw inside shows; at the edge of an object a little of the outline is gone. */
function paintChip(damage: Damage): void {
  const { random, size } = damage;
  const onEdge = damage.category.kind === "object";
  const edge = onEdge ? damage.placeOnEdge() : { ...damage.placeInside(), inX: 0, inY: 0 };
  const radius = 0.035 + 0.2 * damage.extent;
  const shape = { squash: random.range(0.5, 0.9), angle: random.range(0, Math.PI), roughness: 0.45 };
  const flake = damage.stencil();
  const centre = { x: edge.x + edge.inX * radius * 0.5, y: edge.y + edge.inY * radius * 0.5 };
  stampBlob(flake, size, centre, { ...shape, radius }, random);
  damage.raise(flake, -0.5 * radius);
  damage.tint(flake, damage.contrastingColor(centre), 0.35 + 0.4 * damage.strength);
  if (onEdge) {
    const gone = damage.stencil();
    stampBlob(gone, size, edge, { ...shape, radius: radius * 0.6 }, random);
    damage.erase(gone);
  }
}

/** Textures whose regular pattern shows a bend; in the others it would be invisible. */
const patterned = ["woven-fabric", "knit", "wire-mesh", "perforated-sheet", "ceramic-tile", "corrugated-board", "wood"];

export const shapeDefects: readonly DefectKind[] = [
  {
    name: "hole",
    wording: "a hole",
    adjective: "punctured",
    split: "train",
    appliesTo: (category) => isSolid(category) && category.name !== "button",
    paint: paintHole,
  },
  {
    name: "dent",
    wording: "a dent",
    adjective: "dented",
    split: "train",
    appliesTo: (category) =>
      isSolid(category) && !["stone", "glass"].includes(category.material) && category.name !== "wire-mesh",
    paint: paintDent,
  },
  {
    name: "contamination",
    wording: "contamination",
    adjective: "contaminated",
    split: "train",
    appliesTo: isSolid,
    paint: paintContamination,
  },
  {
    name: "worn",
    wording: "a worn area",
    adjective: "worn",
    split: "train",
    appliesTo: (category) => isSolid(category) && (category.kind === "texture" || category.name === "printed-label"),
    paint: paintWorn,
  },
  {
    name: "bend",
    wording: "a bend",
    adjective: "bent",
    split: "held-out",
    appliesTo: (category) => (isSolid(category) && category.kind === "object") || patterned.includes(category.name),
    paint: bendLayers,
  },
  {
    name: "chip",
    wording: "a chip",
    adjective: "chipped",
    split: "held-out",
    appliesTo: (category) =>
      (isSolid(category) && category.kind === "object" && category.material !== "fabric") ||
      ["ceramic-tile", "marble", "concrete", "granite", "mottled-slab", "crackle-glaze"].includes(category.name),
    paint: paintChip,
  },
];
