import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AnomalyClipError } from "../../errors.ts";
import { categories } from "./categories.ts";
import { defects } from "./defects.ts";
import { renderSample } from "./render.ts";

const size = 48;
const pairs = categories.flatMap((category) =>
  defects
    .filter((defect) => defect.appliesTo(category))
    .map((defect) => ({ category: category.name, defect: defect.name })),
);

test("names are unique, and both splits hold textures, objects and defect kinds", () => {
  expect(new Set(categories.map((category) => category.name)).size).toBe(categories.length);
  expect(new Set(defects.map((defect) => defect.name)).size).toBe(defects.length);
  for (const split of ["train", "held-out"]) {
    const half = categories.filter((category) => category.split === split);
    expect(half.length).toBeGreaterThan(categories.length / 4);
    expect(new Set(half.map((category) => category.kind)).size).toBe(2);
    const kinds = defects.filter((defect) => defect.split === split);
    expect(kinds.length).toBeGreaterThan(0);
    for (const category of categories)
      expect(
        kinds.some((defect) => defect.appliesTo(category)),
        category.name,
      ).toBe(true);
  }
});

test("equal options give equal bytes, another seed gives others", () => {
  fc.assert(
    fc.property(fc.constantFrom(...pairs), fc.nat(), (pair, seed) => {
      const first = renderSample({ ...pair, seed, size });
      const again = renderSample({ ...pair, seed, size });
      expect(again.image.data).toEqual(first.image.data);
      expect(again.mask).toEqual(first.mask);
      expect(renderSample({ ...pair, seed: seed + 1, size }).image.data).not.toEqual(first.image.data);
    }),
    { numRuns: 15 },
  );
});

test("every category has normal pictures, with an empty mask and something to see", () => {
  for (const { name } of categories) {
    const { image, mask, defect } = renderSample({ category: name, defect: null, seed: 5, size });
    expect(image.data.length).toBe(size * size * 3);
    expect(mask.some((inside) => inside !== 0)).toBe(false);
    expect(defect).toBeNull();
    expect(new Set(image.data).size, name).toBeGreaterThan(8);
  }
});

describe("a defect changes its mask and leaves the rest as in the normal picture of the same seed", () => {
  test.each(defects.map((defect) => defect.name))("%s", (name) => {
    const defect = defects.find((kind) => kind.name === name)!;
    for (const category of categories.filter((one) => defect.appliesTo(one))) {
      const options = { category: category.name, seed: 11, size };
      const normal = renderSample({ ...options, defect: null });
      const damaged = renderSample({ ...options, defect: name });
      const { inside, farAway, count } = meanChanges(normal.image.data, damaged.image.data, damaged.mask);
      const where = `${name} on ${category.name}`;
      expect(count, where).toBeGreaterThan(0);
      expect(count, where).toBeLessThan(0.5 * size * size);
      expect(inside, where).toBeGreaterThan(6);
      expect(farAway, where).toBeLessThan(1.5);
    }
  });
});

test("the same seed shows the same scene at every size", () => {
  for (const category of ["woven-fabric", "hex-nut", "circuit-board", "wire-mesh", "machined-part", "organ-scan"]) {
    const small = renderSample({ category, defect: null, seed: 2, size: 32 }).image.data;
    const large = renderSample({ category, defect: null, seed: 2, size: 128 }).image.data;
    let sum = 0;
    for (let row = 0; row < 32; row++) {
      for (let column = 0; column < 32; column++) {
        let mean = 0;
        for (let k = 0; k < 16; k++) mean += large[((4 * row + (k >> 2)) * 128 + 4 * column + (k & 3)) * 3 + 1]! / 16;
        sum += Math.abs(mean - small[(row * 32 + column) * 3 + 1]!);
      }
    }
    expect(sum / 1024, category).toBeLessThan(16);
  }
});

test("a category that stands for many varies widely in brightness and contrast", () => {
  for (const category of ["weathered-sheet", "patterned-print", "ribbed-panel", "machined-part", "moulded-part"]) {
    const pictures = Array.from({ length: 12 }, (_, seed) => renderSample({ category, defect: null, seed, size }));
    const looks = pictures.map(({ image }) => {
      const mean = image.data.reduce((sum, level) => sum + level, 0) / image.data.length;
      const spread = image.data.reduce((sum, level) => sum + Math.abs(level - mean), 0) / image.data.length;
      return { mean, spread };
    });
    const range = (values: number[]) => [Math.min(...values), Math.max(...values)] as const;
    const [darkest, brightest] = range(looks.map(({ mean }) => mean));
    const [faintest, strongest] = range(looks.map(({ spread }) => spread));
    expect(brightest - darkest, category).toBeGreaterThan(60);
    expect(strongest / faintest, category).toBeGreaterThan(2);
  }
});

test("a hairline crack and a streak are long and thin, an uneven region is large", () => {
  const masks = (defect: string) =>
    Array.from({ length: 8 }, (_, seed) => renderSample({ category: "smooth-shell", defect, seed, size: 128 }).mask);
  const share = (mask: Uint8Array) => mask.reduce((sum, inside) => sum + inside, 0) / mask.length;
  /** The longer side of the mask's box, of the picture's. */
  const reach = (mask: Uint8Array) => {
    const inside = [...mask.keys()].filter((i) => mask[i] === 1);
    const across = inside.map((i) => i % 128);
    const down = inside.map((i) => Math.floor(i / 128));
    return Math.max(Math.max(...across) - Math.min(...across), Math.max(...down) - Math.min(...down)) / 128;
  };
  for (const mask of masks("fine-crack")) expect(share(mask)).toBeLessThan(0.12 * Math.max(0.15, reach(mask)));
  for (const mask of masks("streak")) expect(share(mask)).toBeLessThan(0.14 * Math.max(0.15, reach(mask)));
  for (const mask of masks("shadowy-region")) expect(reach(mask)).toBeGreaterThan(0.1);
});

test("wrong options are refused with a message that helps", () => {
  const good = { category: "leather", defect: null, seed: 0, size: 32 };
  const refused = (options: Partial<Parameters<typeof renderSample>[0]>, message: RegExp) => {
    const draw = () => renderSample({ ...good, ...options });
    expect(draw).toThrow(AnomalyClipError);
    expect(draw).toThrow(message);
  };
  refused({ category: "cheese" }, /unknown category "cheese"; choose from .*leather/);
  refused({ defect: "cheese" }, /unknown defect "cheese"; choose from .*scratch/);
  refused({ defect: "missing-part" }, /cannot have "missing-part"/);
  refused({ size: 3 }, /size must be a whole number from 16 to 2048/);
  refused({ size: Number.NaN }, /size/);
  refused({ seed: 0.5 }, /seed must be a whole number/);
});

/** Mean change of the green channel's levels inside the mask, and more than three pixels away from it. */
function meanChanges(a: Uint8Array, b: Uint8Array, mask: Uint8Array) {
  let inside = 0;
  let count = 0;
  let farAway = 0;
  let far = 0;
  for (let i = 0; i < mask.length; i++) {
    const change = Math.max(...[0, 1, 2].map((k) => Math.abs(a[3 * i + k]! - b[3 * i + k]!)));
    if (mask[i] === 1) {
      inside += change;
      count++;
    } else if (!isNear(mask, i)) {
      farAway += change;
      far++;
    }
  }
  return { inside: inside / Math.max(1, count), farAway: farAway / Math.max(1, far), count };
}

function isNear(mask: Uint8Array, i: number): boolean {
  const row = Math.floor(i / size);
  const column = i % size;
  for (let r = Math.max(0, row - 3); r <= Math.min(size - 1, row + 3); r++) {
    for (let c = Math.max(0, column - 3); c <= Math.min(size - 1, column + 3); c++) {
      if (mask[r * size + c] === 1) return true;
    }
  }
  return false;
}
