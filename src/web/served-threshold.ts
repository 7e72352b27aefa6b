/** By what the service judges a picture for which no threshold is sent. */

import type { Model, Product } from "../server/api.ts";

interface Choice {
  product: string | null;
  /** Null is the first. */
  model: string | null;
}

/** The product's threshold, else the model's own; null while the model has not been loaded. */
export function servedThreshold(
  { product, model }: Choice,
  products: readonly Product[],
  models: readonly Model[],
): number | null {
  const ofProduct = products.find(({ name }) => name === product);
  if (ofProduct !== undefined) return ofProduct.threshold;
  return (model === null ? models[0] : models.find(({ name }) => name === model))?.threshold ?? null;
}
