/** Turns Ctrl-C, SIGTERM and a closed output into a request to stop after the picture in hand. */

import type { Terminal } from "./terminal.ts";

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof EXIT_CODES;

/** Listens from its making until `dispose`. */
export class StopRequest {
  readonly #controller = new AbortController();
  #exitCode: number | null = null;

  constructor(
    private readonly terminal: Terminal,
    private readonly say: (text: string) => void,
  ) {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, this.#onSignal);
    terminal.stdout.on("error", this.#onClosed);
  }

  /** Aborted once a stop is asked for. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What to exit with, or null where no signal asked for a stop. */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  dispose(): void {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, this.#onSignal);
    this.terminal.stdout.off("error", this.#onClosed);
  }

  readonly #onSignal = (signal: StopSignal): void => {
    // Asked twice, it is meant: results so far are on disk.
    if (this.#exitCode !== null) process.exit(EXIT_CODES[signal]);
    this.#exitCode = EXIT_CODES[signal];
    this.say("stopping after this picture; once more to stop at once");
    this.#controller.abort();
  };

  // Nobody reads any further, as with `| head`.
  readonly #onClosed = (): void => this.#controller.abort();
}
