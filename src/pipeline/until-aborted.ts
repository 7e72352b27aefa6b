/** Items until somebody has had enough. */

/** The items of a source until `signal` is aborted, even while the source is silent. */
export async function* untilAborted<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  signal?: AbortSignal,
): AsyncGenerator<Item, void, void> {
  if (signal === undefined) {
    yield* items;
    return;
  }
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let abort = () => {};
  const aborted = new Promise<{ done: true; value: undefined }>((resolve) => {
    abort = () => resolve({ done: true, value: undefined });
  });
  signal.addEventListener("abort", abort, { once: true });
  let pending = false;
  try {
    while (!signal.aborted) {
      pending = true;
      const next = Promise.resolve(iterator.next());
      // When the signal wins, nobody else hears how the source ended.
      next.catch(() => undefined);
      const { done, value } = await Promise.race([next, aborted]);
      if (signal.aborted) return;
      pending = false;
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    const closing = Promise.resolve(iterator.return?.()).catch(() => undefined);
    // A source that is silent would keep everybody waiting.
    if (!pending) await closing;
  }
}
