import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { mapConcurrently } from "./map-concurrently.ts";

it("keeps the order of the items and the limit", async () => {
  let atWork = 0;
  let most = 0;
  const results = await mapConcurrently([5, 1, 4, 2, 3], 2, async (turns) => {
    most = Math.max(most, ++atWork);
    for (let i = 0; i < turns; i++) await setImmediate();
    atWork--;
    return 10 * turns;
  });
  expect(results).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
});

it("begins nothing more after an error, and passes it on", async () => {
  const begun: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    await setImmediate();
    if (item === 2) throw new Error("two");
  };
  await expect(mapConcurrently([1, 2, 3, 4, 5, 6, 7, 8], 2, work)).rejects.toThrow("two");
  await setImmediate();
  expect(begun.length).toBeLessThan(5);
});

it("gives nothing for nothing", async () => {
  expect(await mapConcurrently([], 4, async () => 1)).toEqual([]);
});
