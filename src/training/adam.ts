/** Adam (Kingma & Ba, 2015) as graph nodes. */

import { add, divide, multiply, type Operand, sqrt, subtract } from "../graph/elementwise.ts";
import type { Tensor } from "../graph/tensor.ts";

export interface AdamOptions {
  /** Decay of the mean of gradients. Default: 0.9; the released AnomalyCLIP uses 0.5. */
  beta1?: number;
  /** Decay of the mean of squared gradients. Default: 0.999. */
  beta2?: number;
  /** Added to the root of the mean square. Default: 1e-8. */
  epsilon?: number;
}

/** A parameter and its running moments. */
export interface AdamState {
  parameter: Tensor;
  /** m, the running mean of gradients. */
  mean: Tensor;
  /** v, the running mean of squared gradients. */
  meanSquare: Tensor;
}

/** What changes from step to step; numbers or scalar inputs of the graph. */
export interface AdamSchedule {
  learningRate: Operand;
  /** 1 - beta1ᵗ at step t = 1, 2, ... */
  correction1: Operand;
  /** √(1 - beta2ᵗ) */
  correction2: Operand;
}

/** The values of {@link AdamSchedule}'s corrections at step `t` = 1, 2, ... */
export function adamCorrections(t: number, { beta1 = 0.9, beta2 = 0.999 }: AdamOptions = {}): [number, number] {
  return [1 - beta1 ** t, Math.sqrt(1 - beta2 ** t)];
}

/** The state after one step: p - rate/(1 - β1ᵗ) · m / (√v/√(1 - β2ᵗ) + ε), as PyTorch orders the operations. */
export function adamStep(
  { parameter, mean, meanSquare }: AdamState,
  gradient: Tensor,
  { learningRate, correction1, correction2 }: AdamSchedule,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {},
): AdamState {
  const m = add(multiply(mean, beta1), multiply(gradient, 1 - beta1));
  const v = add(multiply(meanSquare, beta2), multiply(multiply(gradient, gradient), 1 - beta2));
  const denominator = add(divide(sqrt(v), correction2), epsilon);
  const moved = divide(multiply(m, divide(learningRate, correction1)), denominator);
  return { parameter: subtract(parameter, moved), mean: m, meanSquare: v };
}
