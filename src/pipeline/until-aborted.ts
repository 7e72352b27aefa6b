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
  let wake = () => {};
  const abort = () => wake();
  signal.addEventListener("abort", abort, { once: true });
  let pending = false;
  try {
    while (!signal.aborted) {
      pending = true;
      const next = Promise.resolve(iterator.next());
      // A promise of its own for each: one that all are raced with would hold on to every item. When the signal wins, nobody
      // hears how the source ended.
      const { done, value } = await new Promise<IteratorResult<Item, unknown>>((resolve, reject) => {
        wake = () => resolve({ done: true, value: undefined });
        if (signal.aborted) wake();
        next.then(resolve, reject);
      });
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
