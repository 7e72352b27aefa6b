/** The machine's own matrix-product rate through the runtime: what the benches compare with. */

import { matmul } from "../src/graph/linear.ts";
import { input } from "../src/graph/tensor.ts";
import { Session } from "../src/runtime/session.ts";

/** The product of a feed-forward layer of ViT-L/14 at 518 pixels. */
const [M, K, N] = [1370, 1024, 4096];

/** A measurement of floating-point operations a second, multiply-adds counted twice; the median of 12 products. */
export async function machineRate(): Promise<() => Promise<number>> {
  const product = await Session.create({ c: matmul(input("a", [M, K]), input("b", [K, N])) });
  const matrices = { a: random(M * K), b: random(K * N) };
  const result = { c: new Float32Array(M * N) };
  return async () => {
    const times = [];
    for (let i = 0; i < 12; i++) {
      times.push(await seconds(() => product.run(matrices, result)));
    }
    return (2 * M * K * N) / median(times);
  };
}

/** Uniform numbers in [-1, 1). */
export function random(length: number): Float32Array {
  return Float32Array.from({ length }, () => 2 * Math.random() - 1);
}

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
