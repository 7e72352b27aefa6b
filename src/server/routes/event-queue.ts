/** Events for one reader, who may be slower than what happens. */

/** Says nothing now and then: a silent connection is taken for a dead one on the way. */
export function keepAlive(stream: { write(text: string): Promise<unknown> }): NodeJS.Timeout {
  return setInterval(() => void stream.write(":\n\n").catch(() => undefined), 20_000);
}

export interface QueuedEvent {
  event: string;
  data: string;
}

/** Events that a reader has not taken; of more, it is not reading. */
const MOST_WAITING = 10_000;

export class EventQueue {
  readonly #events: QueuedEvent[] = [];
  #ended = false;
  #wake: (() => void) | null = null;

  /** @param keep `latest` replaces an event of the same name that was not read yet */
  put(event: string, data: string, keep: "all" | "latest" = "all"): void {
    const at = keep === "latest" ? this.#events.findIndex((waiting) => waiting.event === event) : -1;
    if (at >= 0) this.#events.splice(at, 1);
    if (this.#events.length >= MOST_WAITING) this.#ended = true;
    else this.#events.push({ event, data });
    this.#wake?.();
  }

  /** No more will come: what is there is read, then the reader ends. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<QueuedEvent, void, void> {
    for (;;) {
      const next = this.#events.shift();
      if (next !== undefined) yield next;
      else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = null;
      }
    }
  }
}
