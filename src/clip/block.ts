/** The parts of a transformer block, which both towers and both paths of the vision tower share. */

import { add, gelu, quickGelu } from "../graph/elementwise.ts";
import { linear } from "../graph/linear.ts";
import { layerNorm } from "../graph/normalize.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ClipConfig } from "../weights/clip-config.ts";
import type { Parameters } from "./parameters.ts";

/** One block of a tower, ready to be applied; every tensor is [batch, tokens, width]. */
export interface Block {
  norm1(x: Tensor): Tensor;
  query(x: Tensor): Tensor;
  key(x: Tensor): Tensor;
  value(x: Tensor): Tensor;
  /** The linear layer after attention. */
  out(x: Tensor): Tensor;
  /** x + fc2(activation(fc1(norm2(x)))) */
  feedForward(x: Tensor): Tensor;
}

/** Applies the linear layer of a canonical name, such as `vision.blocks.0.query`, to `x` [..., in]. */
export type LinearLayers = (name: string, x: Tensor) => Tensor;

/** The linear layers of a model as they are stored. */
export function storedLayers(parameters: Parameters): LinearLayers {
  return (name, x) => linear(x, parameters(`${name}.weight`), parameters(`${name}.bias`));
}

/** The activation of a model. */
export function activationOf({ activation }: Pick<ClipConfig, "activation">): (x: Tensor) => Tensor {
  return activation === "gelu" ? gelu : quickGelu;
}

/**
 * Block `index` (0-based) of a tower.
 *
 * @param layers how its linear layers are computed. Default: in float32, as they are stored
 */
export function block(
  parameters: Parameters,
  tower: "vision" | "text",
  index: number,
  config: ClipConfig,
  layers: LinearLayers = storedLayers(parameters),
): Block {
  const prefix = `${tower}.blocks.${index}`;
  const norm = (name: string) => (x: Tensor) =>
    layerNorm(x, parameters(`${prefix}.${name}.weight`), parameters(`${prefix}.${name}.bias`), config.layerNormEps);
  const project = (name: string) => (x: Tensor) => layers(`${prefix}.${name}`, x);
  const activate = activationOf(config);
  const [norm2, fc1, fc2] = [norm("norm2"), project("fc1"), project("fc2")];
  return {
    norm1: norm("norm1"),
    query: project("query"),
    key: project("key"),
    value: project("value"),
    out: project("out"),
    feedForward: (x) => add(x, fc2(activate(fc1(norm2(x))))),
  };
}
