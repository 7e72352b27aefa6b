/** Worker threads for work that would keep the program's own thread from everything else. */

import { Piscina } from "piscina";
import { AnomalyClipError, type ErrorCode, messageOf } from "../errors.ts";

/** Threads that run the functions which one module serves. Arguments are copied, or moved where they are listed. */
export class WorkerPool {
  readonly #pool: Piscina;

  /**
   * @param module of the functions, relative to `base` and without extension; its default export is made by {@link serve}
   * @param base `import.meta.url` of the caller
   * @param size threads. Default: 1
   */
  constructor(module: string, base: string, size = 1) {
    const source = base.endsWith(".ts");
    const filename = new URL(`${module}${source ? ".ts" : ".js"}`, base).href;
    this.#pool = new Piscina({
      ...(source ? { filename: new URL("./source-worker.mjs", import.meta.url).href, argv: [filename] } : { filename }),
      minThreads: size,
      maxThreads: size,
      // Threads keep what they opened until the pool is closed.
      idleTimeout: Number.POSITIVE_INFINITY,
    });
  }

  /**
   * Runs the function `name` of the module, when a thread is free.
   *
   * @param moved buffers of `argument` that the thread takes over: they are empty here afterwards
   * @throws AnomalyClipError what the function threw; E_RUNTIME where the thread died
   */
  async run<Result>(name: string, argument: unknown, moved: readonly ArrayBufferLike[] = []): Promise<Result> {
    let answer: Answer<Result>;
    try {
      const transferList = [...new Set(moved)] as ArrayBuffer[];
      answer = await this.#pool.run({ name, argument } satisfies Call, { transferList });
    } catch (error) {
      throw new AnomalyClipError("E_RUNTIME", `a worker thread failed: ${messageOf(error)}`, { cause: error });
    }
    if ("failure" in answer) throw restore(answer.failure);
    return answer.result;
  }

  /** Ends the threads, whatever they do. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

/** A result of a worker function whose memory moves to the caller instead of being copied. */
export class Moved<Result> {
  constructor(
    readonly result: Result,
    /** Parts of the result. */
    readonly buffers: readonly ArrayBufferLike[],
  ) {}
}

/** A function that a pool can call. */
// biome-ignore lint/suspicious/noExplicitAny: what comes from another thread has the type that both sides agree on
export type WorkerFunction = (argument: any) => Promise<unknown>;

/** What a worker module exports by default: its functions, by name. */
export function serve(functions: Readonly<Record<string, WorkerFunction>>): (call: Call) => Promise<unknown> {
  return async ({ name, argument }) => {
    try {
      const result = await functions[name]!(argument);
      if (!(result instanceof Moved)) return { result } satisfies Answer<unknown>;
      return Piscina.move({
        [Piscina.transferableSymbol]: [...new Set(result.buffers)],
        [Piscina.valueSymbol]: { result: result.result } satisfies Answer<unknown>,
        // biome-ignore lint/suspicious/noExplicitAny: the library's type leaves lists of buffers out
      } as any);
    } catch (error) {
      const code = error instanceof AnomalyClipError ? error.code : null;
      const stack = error instanceof Error ? error.stack : undefined;
      return { failure: { code, message: messageOf(error), stack } } satisfies Answer<unknown>;
    }
  };
}

// --- internal ---

export interface Call {
  name: string;
  argument: unknown;
}

/** Errors lose their class and their fields on the way between threads. */
type Answer<Result> = { result: Result } | { failure: Failure };

interface Failure {
  code: ErrorCode | null;
  message: string;
  stack?: string;
}

function restore({ code, message, stack }: Failure): Error {
  const error = code === null ? new Error(message) : new AnomalyClipError(code, message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
