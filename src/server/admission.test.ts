import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { Admission } from "./admission.ts";

test("beyond its capacity a caller is told when to come back, and a freed place is given again", () => {
  const admission = new Admission({ capacity: 2, inHand: 1, bytes: 0 });
  const free = admission.admit(2);
  expect(admission.depth).toBe(2);
  let problem: unknown;
  try {
    admission.admit();
  } catch (error) {
    problem = error;
  }
  expect(problem).toMatchObject({ status: 429, headers: { "Retry-After": expect.stringMatching(/^[1-9]\d*$/) } });
  free();
  free();
  expect(admission.depth).toBe(0);
  expect(() => admission.admit(2)).not.toThrow();
});

test("no more is in hand than allowed, in the order of asking", async () => {
  const admission = new Admission({ capacity: 100, inHand: 3, bytes: 0 });
  let inHand = 0;
  let most = 0;
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      admission.inTurn(async () => {
        order.push(i);
        most = Math.max(most, ++inHand);
        await delay(2);
        inHand--;
      }),
    ),
  );
  expect(most).toBe(3);
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("who went away while waiting is passed over, and a failure frees its place", async () => {
  const admission = new Admission({ capacity: 100, inHand: 1, bytes: 0 });
  const abort = new AbortController();
  const first = admission.inTurn(async () => {
    await delay(5);
    throw new Error("first failed");
  });
  const second = admission.inTurn(async () => "worked", abort.signal);
  const third = admission.inTurn(async () => "third");
  abort.abort(new Error("gone"));
  await expect(first).rejects.toThrow("first failed");
  await expect(second).rejects.toThrow("gone");
  await expect(third).resolves.toBe("third");
});
