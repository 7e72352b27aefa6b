/** Looks at pictures that wait, several at once: a processor with many units is not filled by one picture. */

import type { Values } from "../runtime/session.ts";

/** What the model says of one picture. */
export interface Look {
  score: number;
  /** [S, S] */
  map: Float32Array;
}

interface Waiting {
  input: Float32Array;
  signal: AbortSignal | undefined;
  resolve(look: Look): void;
  reject(reason: unknown): void;
}

/** Something that runs a graph with the input `image` [batch, 3, S, S] and the outputs `score` [batch], `map` [batch, S, S]. */
export interface BatchSession {
  run(feeds: Readonly<Record<string, Values>>): Promise<Record<string, Float32Array>>;
}

/** Pictures come one by one; whatever waits when the model is free is looked at together, up to a number. */
export class PictureBatches {
  readonly #waiting: Waiting[] = [];
  #running = false;

  /** @param most pictures at once; 1 for a graph of one picture */
  constructor(
    private readonly session: BatchSession,
    private readonly most: number,
  ) {}

  /**
   * Looks at one picture when its turn comes.
   *
   * @param input normalised, [3, S, S]; may be empty afterwards
   * @throws the signal's reason where it was aborted before; what the session throws, for all pictures of the batch
   */
  look(input: Float32Array, signal?: AbortSignal): Promise<Look> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, signal, resolve, reject });
      if (!this.#running) void this.#runAll();
    });
  }

  async #runAll(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const batch: Waiting[] = [];
      while (this.#waiting.length > 0 && batch.length < this.most) {
        const next = this.#waiting.shift()!;
        if (next.signal?.aborted) next.reject(next.signal.reason);
        else batch.push(next);
      }
      if (batch.length > 0) await this.#run(batch);
    }
    this.#running = false;
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    try {
      const { score, map } = await this.session.run({ image: together(batch.map(({ input }) => input)) });
      const side = map!.length / batch.length;
      for (const [i, { resolve }] of batch.entries()) {
        // Not a view: what is kept of one picture must not keep the others.
        resolve({ score: score![i]!, map: batch.length === 1 ? map! : map!.slice(i * side, (i + 1) * side) });
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

// --- internal ---

function together(inputs: readonly Float32Array[]): Float32Array {
  if (inputs.length === 1) return inputs[0]!;
  const all = new Float32Array(inputs.reduce((length, input) => length + input.length, 0));
  let start = 0;
  for (const input of inputs) {
    all.set(input, start);
    start += input.length;
  }
  return all;
}
