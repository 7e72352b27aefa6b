import { setTimeout as delay, setImmediate as soon } from "node:timers/promises";
import { expect, test } from "vitest";
import { mapInOrder } from "./map-in-order.ts";

test("results come in the order of the items, whichever is ready first", async () => {
  const results: number[] = [];
  const work = async (item: number) => {
    await delay(item);
    return item;
  };
  for await (const result of mapInOrder([30, 1, 20, 2], work, 3)) results.push(result);
  expect(results).toEqual([30, 1, 20, 2]);
});

test("no more items are in hand than were allowed, and none is asked for before a result is taken", async () => {
  let asked = 0;
  let inHand = 0;
  let most = 0;
  function* items() {
    for (; asked < 20; asked++) yield asked;
  }
  const work = async (item: number) => {
    most = Math.max(most, ++inHand);
    await soon();
    inHand--;
    return item;
  };
  for await (const result of mapInOrder(items(), work, 4)) {
    await delay(1);
    expect(asked).toBeLessThanOrEqual(result + 5);
  }
  expect(most).toBe(4);
});

test("a result is given while the source is silent", async () => {
  let speak = () => {};
  async function* items() {
    yield 1;
    await new Promise<void>((resolve) => {
      speak = resolve;
    });
    yield 2;
  }
  const results: number[] = [];
  for await (const result of mapInOrder(items(), async (item) => item, 3)) {
    results.push(result);
    speak();
  }
  expect(results).toEqual([1, 2]);
});

test("what fails is thrown in its place, after the results before it", async () => {
  const results: number[] = [];
  const run = async () => {
    const work = async (item: number) => {
      if (item === 2) throw new Error("two");
      await delay(10);
      return item;
    };
    for await (const result of mapInOrder([1, 2, 3], work, 3)) results.push(result);
  };
  await expect(run()).rejects.toThrow("two");
  expect(results).toEqual([1]);
});

test("a source that fails gives its items first", async () => {
  function* items() {
    yield 1;
    yield 2;
    throw new Error("the source broke");
  }
  const results: number[] = [];
  const run = async () => {
    for await (const result of mapInOrder(items(), async (item) => item, 4)) results.push(result);
  };
  await expect(run()).rejects.toThrow("the source broke");
  expect(results).toEqual([1, 2]);
});

test("stopping early waits for what is in hand, and closes the source", async () => {
  let open = 0;
  let closed = false;
  function* items() {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      closed = true;
    }
  }
  const work = async (item: number) => {
    open++;
    await delay(5);
    open--;
    return item;
  };
  for await (const result of mapInOrder(items(), work, 3)) if (result === 2) break;
  expect(open).toBe(0);
  expect(closed).toBe(true);
});

test("stopping early does not wait for a silent source", async () => {
  async function* items() {
    yield 1;
    await new Promise(() => {});
  }
  for await (const result of mapInOrder(items(), async (item) => item, 3)) {
    expect(result).toBe(1);
    break;
  }
});
