/** The order in which a graph can be computed. */

import type { Tensor } from "./tensor.ts";

/** Everything that `outputs` were computed from, themselves included, each after its inputs. */
export function topologicalOrder(outputs: readonly Tensor[]): Tensor[] {
  const order: Tensor[] = [];
  const done = new Set<Tensor>();
  const stack = [...outputs].reverse();
  // A loop, not a recursion: a training step is thousands of nodes deep.
  while (stack.length > 0) {
    const tensor = stack[stack.length - 1]!;
    const pending =
      tensor.source.kind === "apply" && !done.has(tensor) ? tensor.source.inputs.filter((x) => !done.has(x)) : [];
    if (pending.length > 0) {
      stack.push(...pending.reverse());
      continue;
    }
    stack.pop();
    if (!done.has(tensor)) {
      done.add(tensor);
      order.push(tensor);
    }
  }
  return order;
}
