import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { add, multiply } from "../graph/elementwise.ts";
import { gatherRows } from "../graph/gather.ts";
import { input, weight } from "../graph/tensor.ts";
import { evaluate, Session } from "./session.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "anomalyclip-test-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("weights are read where they lie, at any offset, from several folders and through links", async () => {
  await mkdir(join(folder, "a", "b"), { recursive: true });
  await mkdir(join(folder, "c"));
  const first = join(folder, "a", "b", "first.bin");
  const second = join(folder, "c", "second.bin");
  await writeFile(first, Buffer.concat([Buffer.alloc(3), Buffer.from(Float32Array.of(1, 2).buffer)]));
  // 1.5 and -2 in half precision
  await writeFile(second, Uint8Array.of(0x00, 0x3e, 0x00, 0xc0));
  const link = join(folder, "link.bin");
  await symlink(second, link);
  const { y } = await evaluate({ y: add(weight(first, 3, "F32", [2]), weight(link, 0, "F16", [2])) });
  expect([...y!]).toEqual([2.5, 0]);
});

test("bfloat16 weights are widened", async () => {
  const path = join(folder, "w.bin");
  await writeFile(path, Uint8Array.of(0x80, 0x3f, 0x20, 0xc0)); // 1, -2.5
  const { y } = await evaluate({ y: weight(path, 0, "BF16", [2]) });
  expect([...y!]).toEqual([1, -2.5]);
});

test("results are written to given arrays", async () => {
  const session = await Session.create({ y: multiply(input("x", [2]), 3), z: input("x2", [1]) });
  const y = new Float32Array(2);
  const results = await session.run({ x: Float32Array.of(1, 2), x2: Float32Array.of(7) }, { y });
  expect([...y]).toEqual([3, 6]);
  expect(results.y).toBe(y);
  expect([...results.z!]).toEqual([7]);
  await session.close();
});

test("an input that is missing or of another size is named", async () => {
  const session = await Session.create({ y: multiply(input("x", [2]), 3) });
  await expect(session.run({})).rejects.toThrow('input "x" needs 2 values, got none');
  await expect(session.run({ x: new Float32Array(3) })).rejects.toThrow('input "x" needs 2 values, got 3');
  await session.close();
});

test("a weight beyond the end of its file is the runtime's error, in one line", async () => {
  const path = join(folder, "short.bin");
  await writeFile(path, Buffer.alloc(4));
  await expect(evaluate({ y: weight(path, 0, "F32", [2]) })).rejects.toMatchObject({ code: "E_RUNTIME" });
});

test("a provider that is not there is passed over, with the reason", async () => {
  const graph = { y: multiply(input("x", [2]), 3) };
  const session = await Session.create(graph, { providers: ["no-such-provider", "cpu"] });
  expect(session.provider).toBe("cpu");
  expect(session.takeNotes()).toEqual([
    expect.stringMatching(/^no-such-provider cannot be used \(.+\); going on with cpu$/),
  ]);
  expect(session.takeNotes()).toEqual([]);
  const { y } = await session.run({ x: Float32Array.of(1, 2) });
  expect([...y!]).toEqual([3, 6]);
  await session.close();
  await expect(Session.create(graph, { providers: ["no-such-provider"] })).rejects.toMatchObject({ code: "E_RUNTIME" });
});

test("a provider that fails later is passed over too, and the last one's failure is an error", async () => {
  const rows = gatherRows(input("table", [2, 1]), input("index", [1], "int64"));
  const session = await Session.create({ rows }, { providers: ["cpu", "cpu"] });
  expect(session.takeNotes()).toEqual([]);
  const table = Float32Array.of(5, 6);
  // No row 7: it fails on every provider.
  await expect(session.run({ table, index: BigInt64Array.of(7n) })).rejects.toMatchObject({ code: "E_RUNTIME" });
  expect(session.takeNotes()).toEqual([expect.stringMatching(/^cpu cannot be used \(.*out of/)]);
  const { rows: found } = await session.run({ table, index: BigInt64Array.of(1n) });
  expect([...found!]).toEqual([6]);
  await session.close();
});
