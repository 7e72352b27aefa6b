import { describe, expect, test } from "vitest";
import type { DType, StoredTensor } from "./checkpoint.ts";
import { readIntegers, readTensor, readTensorBytes } from "./read-tensor.ts";
import { useTemporaryFolder } from "./temporary-folder.fixture.ts";

const folder = useTemporaryFolder();

async function store(dtype: DType, data: ArrayBufferView, shape: number[], offset = 3): Promise<StoredTensor> {
  const bytes = new Uint8Array(offset + data.byteLength + 5).fill(0xee);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
  const file = await folder.write(`${dtype}.bin`, bytes);
  return { name: "t", dtype, shape, file, offset };
}

describe("readTensor", () => {
  test.each<[DType, ArrayBufferView]>([
    ["F32", Float32Array.of(1, -2, 0.5)],
    ["F64", Float64Array.of(1, -2, 0.5)],
    ["F16", Uint16Array.of(0x3c00, 0xc000, 0x3800)],
    ["BF16", Uint16Array.of(0x3f80, 0xc000, 0x3f00)],
  ])("%s at an odd offset gives the same float32 values", async (dtype, data) => {
    expect([...(await readTensor(await store(dtype, data, [3])))]).toEqual([1, -2, 0.5]);
  });

  test("a scalar has one element, an empty shape axis none", async () => {
    expect([...(await readTensor(await store("F32", Float32Array.of(7), [])))]).toEqual([7]);
    expect((await readTensor(await store("F32", Float32Array.of(), [0, 4]))).length).toBe(0);
  });

  test("integers are refused by readTensor, floats by readIntegers", async () => {
    await expect(readTensor(await store("I64", BigInt64Array.of(1n), [1]))).rejects.toThrow(/'t' is I64/);
    await expect(readIntegers(await store("F32", Float32Array.of(1), [1]))).rejects.toThrow(/'t' is F32/);
  });

  test("a file that has become shorter since it was opened is named", async () => {
    const tensor = await store("F32", Float32Array.of(1, 2), [2]);
    await expect(readTensorBytes({ ...tensor, shape: [200] })).rejects.toThrow(/F32\.bin: tensor 't' ends at byte 803/);
    await expect(readTensorBytes({ ...tensor, file: folder.path("gone") })).rejects.toThrow(/gone: no such file/);
  });
});

describe("readIntegers", () => {
  test("I32 and I64 give the same integers", async () => {
    expect([...(await readIntegers(await store("I64", BigInt64Array.of(49406n, -1n), [2])))]).toEqual([49406, -1]);
    expect([...(await readIntegers(await store("I32", Int32Array.of(49406, -1), [2])))]).toEqual([49406, -1]);
  });

  test("an integer beyond 32 bits is refused, not wrapped", async () => {
    await expect(readIntegers(await store("I64", BigInt64Array.of(2n ** 31n), [1]))).rejects.toThrow(/2147483648/);
  });
});
