/** Decides, by the error that is measured on real activations, how a site is computed. */

import { divide, multiply, subtract } from "../graph/elementwise.ts";
import { linear } from "../graph/linear.ts";
import { BLOCK_SIZE, blockQuantizedLinear, quantizedLinear } from "../graph/quantized.ts";
import { sum } from "../graph/reduce.ts";
import { constant, constant8, input, type Tensor } from "../graph/tensor.ts";
import { Session } from "../runtime/session.ts";
import {
  type BlockQuantized,
  type ChannelQuantized,
  columnMaxima,
  quantizeBlocks,
  quantizeChannels,
  smoothingFactors,
} from "./quantize-weights.ts";
import type { Site, SiteMethod } from "./sites.ts";

/**
 * The largest relative error ‖ŷ - y‖ / ‖y‖ of a site's products at which it is computed in 8 bits. Errors of the sites
 * add up like independent ones, so 96 of them at this bound leave a few percent of the features.
 */
export const TOLERANCE = 0.02;

/** A layer's weight, [out, in]. */
export interface LayerWeight {
  name: string;
  values: Float32Array;
  shape: readonly [out: number, inner: number];
}

/** What was decided. */
export interface SiteChoice {
  method: SiteMethod;
  /** ‖ŷ - y‖ / ‖y‖ of the products, without biases, of each method that was tried. */
  errors: Partial<Record<SiteMethod, number>>;
  /** [in]: what activations are divided by and weights multiplied; for `int8-smoothed`. */
  factors?: Float32Array;
  /** By the layers' names; none for `fp32`. */
  weights: ReadonlyMap<string, ChannelQuantized | BlockQuantized>;
}

/**
 * @param activations what the site reads, each [tokens, in]
 * @param weights of the site's layers
 */
export async function chooseMethod(
  site: Site,
  weights: readonly LayerWeight[],
  activations: readonly Float32Array[],
  tolerance = TOLERANCE,
): Promise<SiteChoice> {
  const inner = weights[0]!.shape[1];
  const errors: SiteChoice["errors"] = {};
  const try8 = async (method: SiteMethod, factors?: Float32Array) => {
    const quantized = new Map<string, ChannelQuantized | BlockQuantized>();
    for (const { name, values, shape } of weights) {
      quantized.set(name, method === "int8-blocks" ? quantizeBlocks(values) : quantizeChannels(values, shape, factors));
    }
    errors[method] = await measureError(weights, quantized, method, activations, factors);
    return quantized;
  };

  const plain = await try8("int8");
  let best: SiteChoice = { method: "int8", errors, weights: plain };
  if (site.norm !== undefined) {
    const factors = smoothingFactors(
      columnMaxima(activations, inner),
      columnMaxima(
        weights.map(({ values }) => values),
        inner,
      ),
    );
    const smoothed = await try8("int8-smoothed", factors);
    // Both cost the same.
    if (errors["int8-smoothed"]! < errors.int8!) best = { method: "int8-smoothed", errors, factors, weights: smoothed };
  }
  if (errors[best.method]! <= tolerance) return best;
  if (inner % BLOCK_SIZE === 0) {
    const blocks = await try8("int8-blocks");
    if (errors["int8-blocks"]! <= tolerance) return { method: "int8-blocks", errors, weights: blocks };
  }
  return { method: "fp32", errors, weights: new Map() };
}

// --- internal ---

async function measureError(
  weights: readonly LayerWeight[],
  quantized: ReadonlyMap<string, ChannelQuantized | BlockQuantized>,
  method: SiteMethod,
  activations: readonly Float32Array[],
  factors?: Float32Array,
): Promise<number> {
  const inner = weights[0]!.shape[1];
  const x = input("x", [activations[0]!.length / inner, inner]);
  const read = factors === undefined ? x : divide(x, constant(factors));
  const graph: Record<string, Tensor> = {};
  for (const [i, { name, values, shape }] of weights.entries()) {
    const exact = linear(x, constant(values, shape));
    const approximate = product(read, method, quantized.get(name)!, shape);
    const difference = subtract(approximate, exact);
    graph[`error${i}`] = sum(multiply(difference, difference), [0, 1]);
    graph[`size${i}`] = sum(multiply(exact, exact), [0, 1]);
  }
  const session = await Session.create(graph);
  try {
    let worst = 0;
    const totals = weights.map(() => ({ error: 0, size: 0 }));
    for (const values of activations) {
      const results = await session.run({ x: values });
      for (const [i, total] of totals.entries()) {
        total.error += results[`error${i}`]![0]!;
        total.size += results[`size${i}`]![0]!;
      }
    }
    for (const { error, size } of totals) worst = Math.max(worst, size === 0 ? 0 : Math.sqrt(error / size));
    // What is not finite is no error that could be tolerated.
    return Number.isFinite(worst) ? worst : Number.POSITIVE_INFINITY;
  } finally {
    await session.close();
  }
}

function product(
  x: Tensor,
  method: SiteMethod,
  { data, scale }: ChannelQuantized | BlockQuantized,
  [out, inner]: readonly [number, number],
): Tensor {
  return method === "int8-blocks"
    ? blockQuantizedLinear(x, constant8(data, [out, inner / BLOCK_SIZE, BLOCK_SIZE]), constant(scale))
    : quantizedLinear(x, constant8(data, [inner, out]), constant(scale));
}
