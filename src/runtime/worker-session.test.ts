import { afterEach, expect, test } from "vitest";
import { multiply } from "../graph/elementwise.ts";
import { input } from "../graph/tensor.ts";
import { WorkerSession } from "./worker-session.ts";

const opened: WorkerSession[] = [];
afterEach(async () => {
  for (const session of opened.splice(0)) await session.close();
});

async function doubling(): Promise<WorkerSession> {
  const session = await WorkerSession.create({ y: multiply(input("x", [3]), 2) });
  opened.push(session);
  return session;
}

test("computes in its own thread, one run after another", async () => {
  const session = await doubling();
  const runs = [1, 2, 3].map((x) => session.run({ x: Float32Array.of(x, x, x) }));
  const results = await Promise.all(runs);
  expect(results.map(({ y }) => [...y!])).toEqual([
    [2, 2, 2],
    [4, 4, 4],
    [6, 6, 6],
  ]);
});

test("takes the memory of what it is fed", async () => {
  const session = await doubling();
  const x = Float32Array.of(1, 2, 3);
  await session.run({ x });
  expect(x.length).toBe(0);
});

test("says what is wrong with a feed, and goes on", async () => {
  const session = await doubling();
  await expect(session.run({ x: new Float32Array(2) })).rejects.toThrow('input "x" needs 3 values, got 2');
  const { y } = await session.run({ x: Float32Array.of(1, 2, 3) });
  expect([...y!]).toEqual([2, 4, 6]);
});
