import { mkdir, readdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BYTES_PER_ELEMENT, type DType } from "./checkpoint.ts";
import { countElements, readTensor, readTensorBytes } from "./read-tensor.ts";
import { resultOrRefusal } from "./refusal.fixture.ts";
import { openSafetensors } from "./safetensors.ts";
import { useTemporaryFolder } from "./temporary-folder.fixture.ts";
import { writeSafetensors } from "./write-safetensors.ts";

const folder = useTemporaryFolder();

/** A file with this header, given as an object or as it shall stand there, and so many zero bytes of data. */
function build(header: unknown, dataBytes: number, claimedLength?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, claimedLength ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const open = async (bytes: Uint8Array) => openSafetensors(await folder.write("t.safetensors", bytes));
const f32 = (shape: unknown, begin: unknown, end: unknown) => ({ dtype: "F32", shape, data_offsets: [begin, end] });

describe("openSafetensors", () => {
  test("what was written is read back: names, types, shapes, bytes and metadata", async () => {
    const tensor = fc.record({
      dtype: fc.constantFrom(...(Object.keys(BYTES_PER_ELEMENT) as DType[])),
      shape: fc.array(fc.nat(4), { maxLength: 3 }),
    });
    const names = fc.uniqueArray(
      fc.string().filter((name) => name !== "__metadata__"),
      { maxLength: 5 },
    );
    const metadata = fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 });
    await fc.assert(
      fc.asyncProperty(
        names,
        fc.array(tensor, { minLength: 5, maxLength: 5 }),
        metadata,
        async (all, kinds, strings) => {
          const tensors = all.map((name, i) => {
            const { dtype, shape } = kinds[i]!;
            const data = new Uint8Array(countElements(shape) * BYTES_PER_ELEMENT[dtype]).fill(i + 1);
            return { name, dtype, shape, data };
          });
          const path = folder.path("round.safetensors");
          await writeSafetensors(path, tensors, strings);
          const checkpoint = await openSafetensors(path);
          expect(checkpoint.metadata).toEqual({ ...strings });
          expect([...checkpoint.tensors.keys()].sort()).toEqual([...all].sort());
          for (const { name, dtype, shape, data } of tensors) {
            const stored = checkpoint.tensors.get(name)!;
            expect(stored).toMatchObject({ dtype, shape, file: path });
            expect(stored.offset % BYTES_PER_ELEMENT[dtype]).toBe(0);
            expect(await readTensorBytes(stored)).toEqual(data);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test("the first tensor of a written file lies at a multiple of 64 bytes", async () => {
    const path = folder.path("aligned.safetensors");
    await writeSafetensors(path, [
      { name: "half", dtype: "F16", shape: [1], data: Uint16Array.of(0x3c00) },
      { name: "double", dtype: "F64", shape: [1], data: Float64Array.of(2) },
    ]);
    const { tensors } = await openSafetensors(path);
    expect(tensors.get("double")!.offset % 64).toBe(0);
    expect([...(await readTensor(tensors.get("half")!))]).toEqual([1]);
  });

  test.each<[string, unknown, number, RegExp]>([
    ["JSON that is cut off", '{"a":', 0, /not JSON/],
    ["JSON nested without end", "[".repeat(1e6), 0, /not JSON/],
    ["a header that is an array", [], 0, /not a JSON object/],
    ["an entry that is no object", { a: 3 }, 0, /'a' is not described/],
    ["an unknown type", { a: { dtype: "Q4", shape: [], data_offsets: [0, 1] } }, 1, /unsupported type 'Q4'/],
    [
      "a type that is a property of every object",
      { a: { ...f32([], 0, 4), dtype: "toString" } },
      4,
      /unsupported type/,
    ],
    ["a negative size", { a: f32([-1], 0, 4) }, 4, /no valid shape/],
    ["a fractional size", { a: f32([1.5], 0, 6) }, 6, /no valid shape/],
    ["a shape that is no list", { a: f32("1", 0, 4) }, 4, /no valid shape/],
    ["a thousand axes", { a: f32(new Array(1000).fill(1), 0, 4) }, 4, /no valid shape/],
    ["sizes whose product overflows", { a: f32([2 ** 40, 2 ** 40], 0, 4) }, 4, /has 4 bytes/],
    ["sizes whose product wraps to zero bytes", { a: f32([2 ** 32, 2 ** 32], 0, 0) }, 0, /has 0 bytes/],
    ["fewer bytes than its shape needs", { a: f32([2], 0, 4) }, 4, /\[2\] in F32 has 4 bytes/],
    ["offsets in the wrong order", { a: f32([1], 4, 0) }, 4, /has -4 bytes/],
    ["one offset", { a: { dtype: "F32", shape: [1], data_offsets: [0] } }, 4, /no valid data_offsets/],
    ["data beyond the file", { a: f32([4], 0, 16) }, 8, /ends beyond the file/],
    ["overlapping tensors", { a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12, /'b' overlaps another/],
    ["a gap", { a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12, /'b' follows a gap/],
    ["data that belong to no tensor", { a: f32([1], 0, 4) }, 9, /5 bytes after the last tensor/],
    [
      "a name twice",
      '{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}',
      1,
      /twice/,
    ],
    ["a name of thousands of characters", { ["0.".repeat(5000)]: f32([1], 0, 4) }, 4, /too long a name/],
    ["metadata that are no strings", { __metadata__: { a: 1 } }, 0, /__metadata__ 'a' is not a string/],
  ])("refuses %s", async (_, header, dataBytes, message) => {
    await expect(open(build(header, dataBytes))).rejects.toThrow(message);
  });

  test.each([0n, 1n, 2n ** 20n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n])(
    "refuses a header of %d bytes",
    async (length) => {
      await expect(open(build("{}", 2, length))).rejects.toThrow(/not a valid safetensors file/);
    },
  );

  test("quotes and braces inside names do not confuse the search for repeated names", async () => {
    const names = ['a":{', "b\\", '":"', "[{", "__proto__"];
    const header = Object.fromEntries(names.map((name, i) => [name, f32([1], 4 * i, 4 * i + 4)]));
    const { tensors } = await open(build(header, 20));
    expect([...tensors.keys()].sort()).toEqual([...names].sort());
  });

  test("a line break in a name does not break the message", async () => {
    const message = await resultOrRefusal(open(build({ "a\nb": f32([9], 0, 4) }, 4)));
    expect(message).toContain("'a?b'");
  });

  test("an empty file and a folder are refused", async () => {
    await expect(open(new Uint8Array())).rejects.toThrow(/too short/);
    await expect(openSafetensors(dirname(folder.path("x")))).rejects.toThrow(/not a regular file/);
  });

  test("cut, extended or altered files give a result within the file, or a refusal", async () => {
    const path = folder.path("good.safetensors");
    await writeSafetensors(path, [
      { name: "a.weight", dtype: "F32", shape: [4, 3], data: new Float32Array(12) },
      { name: "a.bias", dtype: "F16", shape: [4], data: new Uint16Array(4) },
    ]);
    const good = new Uint8Array(await readFile(path));
    const damage = fc.record({
      length: fc.nat(good.length + 8),
      flips: fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 })), { maxLength: 4 }),
      isCut: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ length, flips, isCut }) => {
        const bytes = new Uint8Array(isCut ? length : good.length);
        bytes.set(good.subarray(0, bytes.length));
        for (const [at, mask] of flips) if (at < bytes.length) bytes[at]! ^= mask;
        const checkpoint = await resultOrRefusal(open(bytes));
        if (typeof checkpoint === "string") return;
        for (const { offset, shape, dtype } of checkpoint.tensors.values()) {
          expect(offset + countElements(shape) * BYTES_PER_ELEMENT[dtype]).toBeLessThanOrEqual(bytes.length);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("writeSafetensors", () => {
  test("data that do not fit the shape, and a name given twice, are the caller's mistakes", async () => {
    const tensor = { name: "a", dtype: "F32", shape: [2], data: new Float32Array(2) } as const;
    const path = folder.path("never.safetensors");
    await expect(writeSafetensors(path, [{ ...tensor, shape: [3] }])).rejects.toThrow(RangeError);
    await expect(writeSafetensors(path, [tensor, tensor])).rejects.toThrow(RangeError);
  });

  test("a failed write leaves nothing behind, and the target as it was", async () => {
    const file = await folder.write("file", "");
    await expect(writeSafetensors(`${file}/x.safetensors`, [])).rejects.toThrow(/x\.safetensors: cannot be written/);
    const occupied = folder.path("folder");
    await mkdir(`${occupied}/inner`, { recursive: true });
    await expect(writeSafetensors(occupied, [])).rejects.toThrow(/folder: cannot be written/);
    expect(await readdir(occupied)).toEqual(["inner"]);
    expect((await readdir(dirname(file))).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});
