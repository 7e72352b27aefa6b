/** Reverse-mode differentiation as a function from graph to graph. */

import { add } from "./elementwise.ts";
import { constant, type Tensor, zeros } from "./tensor.ts";
import { topologicalOrder } from "./topological-order.ts";

/**
 * The gradients of a scalar with respect to tensors that it was computed from, as new tensors of the same shapes;
 * zeros for one that it does not depend on.
 *
 * @throws RangeError when `loss` is not a scalar
 */
export function gradient(loss: Tensor, parameters: readonly Tensor[]): Tensor[] {
  if (loss.shape.length !== 0) {
    throw new RangeError(`gradient: the loss must be a scalar, got the shape [${loss.shape}]`);
  }
  const order = topologicalOrder([loss]);
  // Only what lies between the parameters and the loss needs a gradient: a frozen tower adds no node.
  const dependent = new Set(parameters);
  for (const tensor of order) {
    if (tensor.source.kind === "apply" && tensor.source.inputs.some((x) => dependent.has(x))) {
      dependent.add(tensor);
    }
  }
  const gradients = new Map<Tensor, Tensor>([[loss, constant([1], [])]]);
  for (const tensor of order.reverse()) {
    const received = gradients.get(tensor);
    if (received === undefined || tensor.source.kind !== "apply" || !dependent.has(tensor)) {
      continue;
    }
    const { op, inputs, attributes } = tensor.source;
    const contributions = op.gradient(received, { inputs, output: tensor, attributes });
    inputs.forEach((x, i) => {
      const contribution = contributions[i];
      if (contribution && dependent.has(x)) {
        const before = gradients.get(x);
        gradients.set(x, before === undefined ? contribution : add(before, contribution));
      }
    });
  }
  return parameters.map((parameter) => gradients.get(parameter) ?? zeros(parameter.shape));
}
