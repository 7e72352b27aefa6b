/** One picture of the procedural world, with its exact mask and its captions: a pure function of category, defect and seed. */
import { AnomalyClipError } from "../../errors.ts";
import type { RgbImage } from "../../image/image.ts";
import { mixSeed, Random } from "../../random.ts";
import { chooseShot, type Shot, takePicture } from "./camera.ts";
import { type Captions, captionsFor } from "./captions.ts";
import { findCategory } from "./categories.ts";
import { Damage } from "./defects/damage.ts";
import type { DefectKind } from "./defects/kind.ts";
import { findDefect } from "./defects.ts";
import { composeScene, type Scene } from "./scene.ts";
import type { Category } from "./surface.ts";

/** What `renderSample` needs. */
export interface RenderOptions {
  /** A name from `categories`. */
  category: string;
  /** A name from `defects` that applies to the category, or null for a normal picture. */
  defect: string | null;
  /** Same seed, same scene: with and without a defect, and at every size. */
  seed: number;
  /** Pixels on a side, 16..2048. */
  size: number;
}

/** A picture and everything known about it. */
export interface ProceduralSample extends Captions {
  image: RgbImage;
  /** `[size, size]`: 1 where the defect visibly changed the picture; all 0 when normal. */
  mask: Uint8Array;
  category: string;
  defect: string | null;
}

/** Tries to draw a visible defect before the plainest of them is taken. */
const attempts = 10;
/** A pixel belongs to the mask when the defect holds this much of it ... */
const leastAlpha = 0.3;
/** ... and it, or a direct neighbour, changed by this many levels of 255 in some channel. */
const leastChange = 7;

/**
 * Draws one sample. Bytes depend on the options alone.
 * @throws AnomalyClipError E_CONFIG for an unknown name, a defect that the category cannot have, or a bad size or seed.
 */
export function renderSample({ category, defect, seed, size }: RenderOptions): ProceduralSample {
  return renderSpecimen({ category, defects: [defect], seed, size })[0]!;
}

/**
 * Draws one specimen several times, each time as `renderSample` would with one of `defects` (null: sound); its scene is
 * composed only once, which is most of the work.
 * @throws AnomalyClipError E_CONFIG as `renderSample` does
 */
export function renderSpecimen({
  category: name,
  defects,
  seed,
  size,
}: Omit<RenderOptions, "defect"> & { defects: readonly (string | null)[] }): ProceduralSample[] {
  const category = findCategory(name);
  const kinds = defects.map((defect) => (defect === null ? null : findDefect(defect)));
  checkOptions(seed, size, category, kinds);
  const scene = composeScene(category, new Random(mixSeed("scene", name, seed)), size);
  const shot = chooseShot(new Random(mixSeed("shot", name, seed)), size, scene.material.gloss, category.scan);
  const clean = takePicture(scene.layers, shot);
  return kinds.map((defect) => {
    const drawn = defect
      ? drawDefect(scene, shot, clean, category, defect, seed)
      : { image: clean, mask: new Uint8Array(size * size) };
    return { ...drawn, category: name, defect: defect?.name ?? null, ...captionsFor(category, defect) };
  });
}

function checkOptions(seed: number, size: number, category: Category, defects: readonly (DefectKind | null)[]): void {
  if (!Number.isInteger(size) || size < 16 || size > 2048) {
    throw new AnomalyClipError("E_CONFIG", `procedural set: size must be a whole number from 16 to 2048, got ${size}`);
  }
  if (!Number.isSafeInteger(seed)) {
    throw new AnomalyClipError("E_CONFIG", `procedural set: seed must be a whole number, got ${seed}`);
  }
  for (const defect of defects) {
    if (defect && !defect.appliesTo(category)) {
      throw new AnomalyClipError("E_CONFIG", `procedural set: a ${category.noun} cannot have "${defect.name}"`);
    }
  }
}

/** Redraws with more strength until the change is plain; every attempt compares finished pictures, noise included. */
function drawDefect(scene: Scene, shot: Shot, clean: RgbImage, category: Category, defect: DefectKind, seed: number) {
  let best: { image: RgbImage; mask: Uint8Array } | null = null;
  let bestChange = -1;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const random = new Random(mixSeed("defect", category.name, defect.name, seed, attempt));
    const subtle = random.chance(0.15);
    const strength = Math.min(1, (subtle ? random.range(0.1, 0.35) : random.range(0.4, 1)) + 0.15 * attempt);
    const extent = Math.min(0.34, 0.03 * (0.32 / 0.03) ** (random.next() ** 0.7) + 0.02 * attempt);
    const damage = new Damage(scene, category, random, strength, extent);
    defect.paint(damage);
    const image = takePicture(damage.layers, shot);
    const { mask, count, change } = compare(clean, image, damage.alpha);
    if (count > 0 && change > bestChange) {
      best = { image, mask };
      bestChange = change;
    }
    const enough = Math.max(5, 0.001 * mask.length);
    if (count >= enough && count <= 0.4 * mask.length && change >= (subtle ? 12 : 20)) return { image, mask };
  }
  if (!best) throw new RangeError(`procedural set: no visible ${defect.name} on ${category.name} with seed ${seed}`);
  return best;
}

/** The mask of what changed, its size in pixels, and the mean change inside it in levels of 255. */
function compare(clean: RgbImage, damaged: RgbImage, alpha: Float32Array) {
  const size = clean.width;
  const change = new Uint8Array(size * size);
  for (let i = 0; i < change.length; i++) {
    if (alpha[i]! < leastAlpha / 2) continue;
    let most = 0;
    for (let k = 3 * i; k < 3 * i + 3; k++) most = Math.max(most, Math.abs(clean.data[k]! - damaged.data[k]!));
    change[i] = most;
  }
  const mask = new Uint8Array(size * size);
  let count = 0;
  let sum = 0;
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i++) {
      if (alpha[i]! < leastAlpha || nearbyChange(change, size, row, column) < leastChange) continue;
      mask[i] = 1;
      count++;
      sum += change[i]!;
    }
  }
  return { mask, count, change: count > 0 ? sum / count : 0 };
}

function nearbyChange(change: Uint8Array, size: number, row: number, column: number): number {
  let most = 0;
  for (let r = Math.max(0, row - 1); r <= Math.min(size - 1, row + 1); r++) {
    for (let c = Math.max(0, column - 1); c <= Math.min(size - 1, column + 1); c++) {
      most = Math.max(most, change[r * size + c]!);
    }
  }
  return most;
}
