/** What an operation is: its shape rule, its ONNX node and its derivative, side by side at the place of its definition. */

import type { ElementType, Shape, Tensor } from "./tensor.ts";

/** An ONNX attribute value; whole numbers become INT, `{float}` FLOAT, strings STRING, arrays INTS. */
export type OnnxAttribute = number | { float: number } | string | readonly number[];

/** The one ONNX node that an operation becomes. */
export interface OnnxCall {
  type: string;
  /** Operator domain. Default: ONNX's own. */
  domain?: "com.microsoft";
  /** In ONNX's order; null where an optional one is left out. */
  inputs: readonly (Tensor | null)[];
  attributes?: Record<string, OnnxAttribute>;
}

/** An operation with attributes `A`. */
export interface Op<A> {
  name: string;
  /** @throws RangeError when the inputs do not fit each other */
  shape(inputs: readonly Shape[], attributes: A): Shape;
  /** Element type of the result. Default: that of the first input. */
  type?: ElementType;
  onnx(inputs: readonly Tensor[], attributes: A, output: Shape): OnnxCall;
  /**
   * The vector-Jacobian product: given dL/d(output), dL/d(input) for each input; `null` where there is none (indices).
   * Nodes that nobody asks for are never written, so a rule need not care which inputs matter.
   */
  gradient(
    outputGradient: Tensor,
    call: { inputs: readonly Tensor[]; output: Tensor; attributes: A },
  ): readonly (Tensor | null)[];
}

/** The source of a computed tensor. */
export interface Application {
  kind: "apply";
  op: Op<unknown>;
  inputs: readonly Tensor[];
  attributes: unknown;
}

/** The result of `op` on `inputs`. */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): Tensor {
  let shape: Shape;
  try {
    shape = op.shape(
      inputs.map((tensor) => tensor.shape),
      attributes,
    );
  } catch (error) {
    const shapes = inputs.map((tensor) => `[${tensor.shape}]`).join(" and ");
    throw new RangeError(`${op.name} of ${shapes}: ${(error as Error).message}`);
  }
  return {
    shape,
    type: op.type ?? inputs[0]?.type ?? "float32",
    source: { kind: "apply", op: op as Op<unknown>, inputs, attributes },
  };
}
