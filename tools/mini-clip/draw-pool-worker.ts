/** A drawing thread of `draw-pool.ts`: a request in, a specimen's pictures out. */

import { categories } from "../../src/datasets/procedural/categories.ts";
import { outlineDefects } from "../../src/datasets/procedural/defects/outline.ts";
import { partDefects } from "../../src/datasets/procedural/defects/parts.ts";
import { defects } from "../../src/datasets/procedural/defects.ts";
import { abstractObjects } from "../../src/datasets/procedural/objects/abstract.ts";
import { arrangedObjects } from "../../src/datasets/procedural/objects/arrangements.ts";
import { mechanismObjects } from "../../src/datasets/procedural/objects/mechanisms.ts";
import { renderSpecimen } from "../../src/datasets/procedural/render.ts";
import type { CategoryInfo } from "../../src/datasets/procedural/surface.ts";
import { abstractTextures } from "../../src/datasets/procedural/textures/abstract.ts";
import { Random } from "../../src/random.ts";
import { Moved, serve } from "../../src/runtime/worker-pool.ts";

export interface SpecimenRequest {
  seed: number;
  /** Pixels on a side. */
  size: number;
  /** Of categories and of kinds of defects. */
  half: Half;
  /** The categories to choose from; all of that half when left out. */
  names?: string[] | undefined;
}

/** The half of the world that is trained on, or the other one. */
export type Half = "train" | "held-out";

/** One scene, sound and with defects. */
export interface Specimen {
  category: string;
  /** Of each picture; null for the sound one. */
  defects: (string | null)[];
  /** [pictures, size, size, 3] */
  images: Uint8Array;
  /** [pictures, size * size / 8] */
  masks: Uint8Array;
}

/** Pictures with a defect of each specimen. */
const DAMAGED = 2;
const standForMany = [...abstractTextures, ...abstractObjects, ...arrangedObjects, ...mechanismObjects].map(
  ({ name }) => name,
);
/** Objects, which are harder to learn, and categories that stand for many things are drawn twice as often. */
const chances = categories.flatMap((category) =>
  new Array<CategoryInfo>(
    (category.kind === "object" && !category.scan ? 2 : 1) * (standForMany.includes(category.name) ? 2 : 1),
  ).fill(category),
);
/** What only objects can have, of their outline and parts: one of the defects of every object. */
const structural = [...outlineDefects, ...partDefects];

async function drawSpecimen({ seed, size, half, names }: SpecimenRequest): Promise<Moved<Specimen>> {
  const random = new Random(seed);
  const category = random.pick(chances.filter(({ split, name }) => split === half && (names?.includes(name) ?? true)));
  const kinds = defects.filter((kind) => kind.split === half && kind.appliesTo(category));
  const chosen: (string | null)[] = [null];
  const first = kinds.filter(({ name }) => structural.some((kind) => kind.name === name));
  while (chosen.length <= Math.min(DAMAGED, kinds.length)) {
    const { name } = random.pick(chosen.length === 1 && first.length > 0 ? first : kinds);
    if (!chosen.includes(name)) chosen.push(name);
  }
  const samples = renderSpecimen({
    category: category.name,
    defects: chosen,
    seed: random.int(0, 2 ** 31 - 1),
    size,
  });
  const images = new Uint8Array(samples.length * 3 * size * size);
  const masks = new Uint8Array((samples.length * size * size) / 8);
  samples.forEach(({ image, mask }, i) => {
    images.set(image.data, i * image.data.length);
    mask.forEach((inside, at) => {
      if (inside) masks[(i * mask.length + at) >> 3]! |= 0x80 >> (at & 7);
    });
  });
  return new Moved({ category: category.name, defects: chosen, images, masks }, [images.buffer, masks.buffer]);
}

export default serve({ drawSpecimen });
