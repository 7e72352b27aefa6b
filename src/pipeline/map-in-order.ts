/** Works on several items at once and gives results in the order of the items. */

/**
 * Applies `work` to every item, to `ahead` of them at once: items are asked for only as results are taken, so a source
 * may be endless. A result is given as soon as it and those before it are ready, even while the source is silent. When the
 * caller stops early, what is in hand is waited for and no more is begun.
 *
 * @throws what the source throws, after the results before it; and what `work` throws, in its place
 */
export async function* mapInOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
  ahead: number,
): AsyncGenerator<Result, void, void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const inHand: Promise<Result>[] = [];
  let next: Promise<Next<Item>> | null = null;
  let ended = false;
  let failure: { error: unknown } | null = null;
  try {
    while (!ended || inHand.length > 0) {
      if (!ended && next === null && inHand.length < ahead) next = ask(iterator);
      const first = inHand[0];
      const asked = next;
      const came: Next<Item> | "result" = await Promise.race([
        ...(asked === null ? [] : [asked]),
        ...(first === undefined ? [] : [settled(first)]),
      ]);
      if (came === "result") {
        inHand.shift();
        yield await first!;
        continue;
      }
      next = null;
      if (came.kind === "item") {
        const begun = work(came.item);
        // It is awaited in its turn; until then a failure is nobody's.
        begun.catch(() => undefined);
        inHand.push(begun);
      } else {
        ended = true;
        if (came.kind === "failure") failure = came;
      }
    }
    if (failure !== null) throw failure.error;
  } finally {
    await Promise.allSettled(inHand);
    if (!ended) {
      const closing = iterator.return?.();
      // A source that is silent would keep everybody waiting.
      if (next === null) await closing;
    }
  }
}

// --- internal ---

type Next<Item> = { kind: "item"; item: Item } | { kind: "end" } | { kind: "failure"; error: unknown };

async function ask<Item>(iterator: Iterator<Item> | AsyncIterator<Item>): Promise<Next<Item>> {
  try {
    const { done, value } = await iterator.next();
    return done ? { kind: "end" } : { kind: "item", item: value };
  } catch (error) {
    return { kind: "failure", error };
  }
}

async function settled(promise: Promise<unknown>): Promise<"result"> {
  await Promise.allSettled([promise]);
  return "result";
}
