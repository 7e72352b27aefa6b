import { describe, expect, test } from "vitest";
import { Random } from "../../../random.ts";
import { categories, findCategory } from "../categories.ts";
import { composeScene } from "../scene.ts";
import { Damage } from "./damage.ts";
import { outlineDefects } from "./outline.ts";
import { partDefects } from "./parts.ts";

const size = 96;
const structural = [...outlineDefects, ...partDefects];

/** Covered area before and after, and the largest change of a plane outside of what the defect says is its own. */
function damageOf(name: string, categoryName: string, seed: number) {
  const category = findCategory(categoryName);
  const scene = composeScene(category, new Random(seed), size);
  const damage = new Damage(scene, category, new Random(seed + 1), 0.8, 0.15);
  structural.find((kind) => kind.name === name)!.paint(damage);
  const { layers, alpha } = damage;
  let [before, after, outside] = [0, 0, 0];
  for (let i = 0; i < alpha.length; i++) {
    before += scene.layers.coverage[i]!;
    after += layers.coverage[i]!;
    if (alpha[i]! > 0.004) continue;
    outside = Math.max(
      outside,
      Math.abs(layers.coverage[i]! - scene.layers.coverage[i]!),
      Math.abs(layers.color[3 * i]! - scene.layers.color[3 * i]!) * scene.layers.coverage[i]!,
    );
  }
  return { before, after, outside };
}

describe.each([
  ["notch", -1],
  ["broken-off", -1],
  ["tear", -1],
  ["overflow", 1],
  ["crooked-end", 0],
])("%s", (name, sign) => {
  test.each(["button", "turned-part", "fastener-rows"])("changes the outline of a %s as it should", (category) => {
    let total = 0;
    for (let seed = 0; seed < 6; seed++) {
      const { before, after, outside } = damageOf(name, category, seed);
      expect(outside).toBeLessThan(0.05);
      if (sign !== 0) expect(sign * (after - before)).toBeGreaterThanOrEqual(0);
      expect(Math.abs(after - before)).toBeLessThan(0.5 * before);
      total += sign * (after - before);
    }
    if (sign !== 0) expect(total).toBeGreaterThan(0.001 * size * size);
  });
});

test("of equal pieces, one is missing, too many or of another size, and the others stay", () => {
  for (let seed = 0; seed < 8; seed++) {
    const missing = damageOf("missing-part", "fastener-rows", seed);
    const extra = damageOf("extra-part", "fastener-rows", seed);
    const wrong = damageOf("wrong-part", "fastener-rows", seed);
    expect(missing.after).toBeLessThan(missing.before);
    expect(extra.after).toBeGreaterThanOrEqual(extra.before - 0.01);
    for (const { outside } of [missing, extra, wrong]) expect(outside).toBeLessThan(0.3);
  }
});

test("every solid object can have each of them that is trained with", () => {
  const objects = categories.filter(({ kind, scan, material }) => kind === "object" && !scan && material !== "tissue");
  for (const category of objects) {
    for (const kind of structural.filter(({ split }) => split === "train")) {
      expect(kind.appliesTo(category) || category.material === "glass", `${kind.name} on ${category.name}`).toBe(true);
    }
  }
  expect(objects.length).toBeGreaterThan(15);
});
