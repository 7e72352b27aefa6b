/** How fast this machine's processor multiplies matrices through ONNX Runtime: nearly all that detection does. */

import { matmul } from "../graph/linear.ts";
import { quantizedLinear } from "../graph/quantized.ts";
import { constant, constant8, input, type Tensor } from "../graph/tensor.ts";
import { Session } from "../runtime/session.ts";

/** Floating-point operations a second, multiply-adds counted twice. */
export interface MatrixRate {
  float32: number;
  /** With weights and activations in 8 bits. */
  int8: number;
}

/** The product of a feed-forward layer of ViT-L/14 at 518 pixels. */
const [M, K, N] = [1370, 1024, 4096];

/** Products of each kind, after one that is not counted; fewer on a slow machine. */
const ROUNDS = 6;
const SECONDS = 1.5;

/** Takes about a second. */
export async function matrixRate(): Promise<MatrixRate> {
  const x = input("x", [M, K]);
  return {
    float32: await rateOf(matmul(x, constant(random(K * N), [K, N]))),
    int8: await rateOf(
      quantizedLinear(
        x,
        constant8(
          Int8Array.from({ length: K * N }, () => 256 * Math.random() - 128),
          [K, N],
        ),
        constant(new Float32Array(N).fill(1 / 128)),
      ),
    ),
  };
}

// --- internal ---

async function rateOf(product: Tensor): Promise<number> {
  const session = await Session.create({ product });
  try {
    const feeds = { x: random(M * K) };
    const into = { product: new Float32Array(M * N) };
    await session.run(feeds, into);
    const times: number[] = [];
    const end = performance.now() + 1000 * SECONDS;
    while (times.length < ROUNDS && (times.length === 0 || performance.now() < end)) {
      const start = performance.now();
      await session.run(feeds, into);
      times.push((performance.now() - start) / 1000);
    }
    times.sort((a, b) => a - b);
    return (2 * M * K * N) / times[times.length >> 1]!;
  } finally {
    await session.close();
  }
}

/** Uniform numbers in [-1, 1). */
function random(length: number): Float32Array {
  return Float32Array.from({ length }, () => 2 * Math.random() - 1);
}
