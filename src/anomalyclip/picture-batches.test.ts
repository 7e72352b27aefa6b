import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { PictureBatches } from "./picture-batches.ts";

/** Scores a picture of 3 values with their sum; its map is [1, 1], their product. Remembers how large batches were. */
function sums(sizes: number[]) {
  return {
    async run({ image }: Readonly<Record<string, { length: number }>>) {
      const values = image as Float32Array;
      const count = values.length / 3;
      sizes.push(count);
      await delay(5);
      const score = new Float32Array(count);
      const map = new Float32Array(count);
      for (let i = 0; i < count; i++) {
        const [a, b, c] = values.subarray(3 * i, 3 * i + 3);
        if (a === -1) throw new Error("refused");
        score[i] = a! + b! + c!;
        map[i] = a! * b! * c!;
      }
      return { score, map };
    },
  };
}

test("what waits while the model is busy is looked at together, and each picture gets its own result", async () => {
  const sizes: number[] = [];
  const batches = new PictureBatches(sums(sizes), 4);
  const looks = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => batches.look(Float32Array.of(n, 1, 2))));
  expect(looks.map(({ score }) => score)).toEqual([4, 5, 6, 7, 8, 9]);
  expect(looks.map(({ map }) => [...map])).toEqual([[2], [4], [6], [8], [10], [12]]);
  expect(sizes).toEqual([1, 4, 1]);
});

test("a picture that was given up is not looked at, and those beside it are", async () => {
  const sizes: number[] = [];
  const batches = new PictureBatches(sums(sizes), 4);
  const abort = new AbortController();
  const first = batches.look(Float32Array.of(1, 1, 1));
  const second = batches.look(Float32Array.of(2, 1, 1), abort.signal);
  const third = batches.look(Float32Array.of(3, 1, 1));
  abort.abort(new Error("gone"));
  await expect(second).rejects.toThrow("gone");
  expect((await first).score).toBe(3);
  expect((await third).score).toBe(5);
  expect(sizes).toEqual([1, 1]);
});

test("a failure is that of its batch alone", async () => {
  const batches = new PictureBatches(sums([]), 2);
  const bad = batches.look(Float32Array.of(-1, 0, 0));
  const good = batches.look(Float32Array.of(1, 0, 0));
  await expect(bad).rejects.toThrow("refused");
  expect((await good).score).toBe(1);
});
