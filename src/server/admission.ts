/** How much is accepted at a time: pictures, the bytes that they came in, and how many are decoded at once. */

import { ProblemError } from "./problem.ts";

export interface AdmissionOptions {
  /** Pictures that may wait or be looked at. */
  capacity: number;
  /** Pictures that are decoded and looked at together; the others wait as files. */
  inHand: number;
  /** Bytes of uploads held in memory. */
  bytes: number;
}

/** A bounded queue. Beyond its bounds a caller is told when to come back. */
export class Admission {
  #accepted = 0;
  #inHand = 0;
  #bytes = 0;
  /** Seconds that a picture took lately, from slot to slot. */
  #pace = 0.5;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly options: AdmissionOptions) {}

  /** Pictures that were accepted and are not finished. */
  get depth(): number {
    return this.#accepted;
  }

  /**
   * Takes places for pictures, until the returned function is called.
   *
   * @throws ProblemError 429 with Retry-After where there is no room
   */
  admit(count = 1): () => void {
    if (this.#accepted + count > this.options.capacity) throw this.#busy(`${this.#accepted} pictures wait already`);
    this.#accepted += count;
    return once(() => {
      this.#accepted -= count;
    });
  }

  /**
   * Takes memory for an upload, until the returned function is called.
   *
   * @throws ProblemError 429 with Retry-After where too much is held
   */
  hold(bytes: number): () => void {
    if (this.#bytes + bytes > this.options.bytes)
      throw this.#busy("uploads that wait fill the memory allowed for them");
    this.#bytes += bytes;
    return once(() => {
      this.#bytes -= bytes;
    });
  }

  /** Does the work when its turn has come. @throws the signal's reason where the caller has gone by then */
  async inTurn<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    if (this.#inHand >= this.options.inHand) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inHand++;
    const begun = performance.now();
    try {
      signal?.throwIfAborted();
      const result = await work();
      const seconds = (performance.now() - begun) / 1000 / this.options.inHand;
      this.#pace += 0.1 * (seconds - this.#pace);
      return result;
    } finally {
      // The place goes to the next in line without becoming free in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inHand--;
    }
  }

  #busy(why: string): ProblemError {
    const seconds = Math.min(60, Math.max(1, Math.ceil(0.5 * this.#accepted * this.#pace)));
    return new ProblemError(429, `the service is busy: ${why}; try again in ${seconds} s`, {
      "Retry-After": String(seconds),
    });
  }
}

// --- internal ---

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}
