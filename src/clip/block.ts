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

/** Block `index` (0-based) of a tower. */
export function block(
  parameters: Parameters,
  tower: "vision" | "text",
  index: number,
  { activation, layerNormEps }: ClipConfig,
): Block {
  const prefix = `${tower}.blocks.${index}`;
  const norm = (name: string) => (x: Tensor) =>
    layerNorm(x, parameters(`${prefix}.${name}.weight`), parameters(`${prefix}.${name}.bias`), layerNormEps);
  const project = (name: string) => (x: Tensor) =>
    linear(x, parameters(`${prefix}.${name}.weight`), parameters(`${prefix}.${name}.bias`));
  const activate = activation === "gelu" ? gelu : quickGelu;
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
