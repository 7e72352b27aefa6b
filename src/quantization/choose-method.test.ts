import { expect, test } from "vitest";
import { BLOCK_SIZE } from "../graph/quantized.ts";
import { Random } from "../random.ts";
import { chooseMethod, type LayerWeight } from "./choose-method.ts";
import type { Site } from "./sites.ts";

const [ROWS, INNER, OUT] = [32, 2 * BLOCK_SIZE, 48];
const random = new Random(3);
const draw = (length: number) => Float32Array.from({ length }, () => random.normal());
const site: Site = { name: "site", layers: ["a"] };
const afterNorm: Site = { ...site, norm: "norm" };
const weights: LayerWeight[] = [{ name: "a", values: draw(OUT * INNER), shape: [OUT, INNER] }];

/** Activations of which one channel is `factor` times the others. */
const outlier = (factor: number) => draw(ROWS * INNER).map((value, i) => (i % INNER === 5 ? factor * value : value));

test("well-behaved activations are computed in int8", async () => {
  const { method, errors, weights: quantized } = await chooseMethod(site, weights, [draw(ROWS * INNER)]);
  expect(method).toBe("int8");
  expect(errors.int8).toBeGreaterThan(0.001);
  expect([...quantized.keys()]).toEqual(["a"]);
});

test("an outlier channel is smoothed into the norm before, where there is one", async () => {
  const activations = [outlier(30)];
  const { method, errors, factors } = await chooseMethod(afterNorm, weights, activations);
  expect(method).toBe("int8-smoothed");
  expect(errors["int8-smoothed"]).toBeLessThan(errors.int8! / 2);
  expect(factors![5]).toBe(Math.max(...factors!));
});

test("without a norm it is computed by blocks, and left in float32 where those err too", async () => {
  const by = async (tolerance: number) => (await chooseMethod(site, weights, [outlier(300)], tolerance)).method;
  expect(await by(0.02)).toBe("int8-blocks");
  expect(await by(1e-6)).toBe("fp32");
});

test("nothing is chosen by an error that is not a number", async () => {
  const broken = draw(ROWS * INNER);
  broken[0] = Number.NaN;
  expect((await chooseMethod(site, weights, [broken])).method).toBe("fp32");
});
