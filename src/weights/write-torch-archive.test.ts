import { mkdir, readdir, readFile } from "node:fs/promises";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { BYTES_PER_ELEMENT, type DType } from "./checkpoint.ts";
import { withFile } from "./random-access.ts";
import { countElements, readTensorBytes } from "./read-tensor.ts";
import { StoredZip } from "./stored-zip.ts";
import { useTemporaryFolder } from "./temporary-folder.fixture.ts";
import { openTorchArchive } from "./torch-archive.ts";
import type { TensorToWrite } from "./write-safetensors.ts";
import { writeTorchArchive } from "./write-torch-archive.ts";

const folder = useTemporaryFolder();

const tensor = (name: string, data = Float32Array.of(1, 2, 3, 4, 5, 6)): TensorToWrite => ({
  name,
  dtype: "F32",
  shape: [2, 3],
  data,
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

test("what was written is read back: names, types, shapes and bytes", async () => {
  const kind = fc.record({
    dtype: fc.constantFrom(...(Object.keys(BYTES_PER_ELEMENT) as DType[])),
    shape: fc.array(fc.nat(4), { maxLength: 4 }),
  });
  const names = fc.uniqueArray(fc.string(), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(names, fc.array(kind, { minLength: 5, maxLength: 5 }), async (all, kinds) => {
      const tensors = all.map((name, i) => {
        const { dtype, shape } = kinds[i]!;
        const data = new Uint8Array(countElements(shape) * BYTES_PER_ELEMENT[dtype]).map((_, at) => 31 * i + at);
        return { name, dtype, shape, data };
      });
      const path = folder.path("round.pth");
      await writeTorchArchive(path, { model: tensors });
      const checkpoint = await openTorchArchive(path);
      expect([...checkpoint.tensors.keys()]).toEqual(all.map((name) => `model.${name}`));
      for (const { name, dtype, shape, data } of tensors) {
        const stored = checkpoint.tensors.get(`model.${name}`)!;
        expect(stored).toMatchObject({ dtype, shape });
        expect(await readTensorBytes(stored)).toEqual(data);
      }
    }),
    { numRuns: 40 },
  );
});

test("every state dict stands under its key", async () => {
  const path = folder.path("two.pth");
  await writeTorchArchive(path, { a: [tensor("x")], b: [tensor("x"), tensor("y")] });
  expect([...(await openTorchArchive(path)).tensors.keys()]).toEqual(["a.x", "b.x", "b.y"]);
});

test("the entries are those of torch.save, uncompressed and without sizes that follow the data", async () => {
  const path = folder.path("layout.pth");
  await writeTorchArchive(path, { model: [tensor("x"), tensor("y")] });
  const expected = ["data.pkl", "byteorder", "data/0", "data/1", "version"].map((name) => `archive/${name}`);
  await withFile(path, async (file, size) => {
    const zip = await StoredZip.open(path, file, size);
    expect([...zip.names]).toEqual(expected);
    for (const name of expected) {
      // Refuses what is compressed.
      const { offset } = await zip.find(name);
      const header = Buffer.alloc(30);
      await file.read(header, 0, 30, offset - name.length - 30);
      expect(header.readUInt32LE(0)).toBe(0x04034b50);
      expect(header.readUInt16LE(6) & 8).toBe(0);
    }
  });
});

test("the same tensors give the same bytes on any day, in any time zone, in any file", async () => {
  const write = async (name: string, now: string, zone: string) => {
    vi.stubEnv("TZ", zone);
    vi.useFakeTimers({ toFake: ["Date"], now: new Date(now) });
    await writeTorchArchive(folder.path(name), { model: [tensor("x")] });
    return readFile(folder.path(name));
  };
  const first = await write("first.pth", "2024-02-29T12:00:00Z", "Asia/Tokyo");
  expect(await write("second.pth", "2031-07-01T00:00:00Z", "America/Los_Angeles")).toEqual(first);
});

test("tensors of one array share its bytes, those of equal arrays or of another type do not", async () => {
  const path = folder.path("shared.pth");
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  const integers: TensorToWrite = { ...tensor("integers", data), dtype: "I32" };
  await writeTorchArchive(path, { model: [tensor("a", data), tensor("b", data), tensor("c", data.slice()), integers] });
  const { tensors } = await openTorchArchive(path);
  const offsetOf = (name: string) => tensors.get(`model.${name}`)!.offset;
  expect(offsetOf("b")).toBe(offsetOf("a"));
  expect(new Set(["a", "c", "integers"].map(offsetOf)).size).toBe(3);
  expect(tensors.get("model.integers")!.dtype).toBe("I32");
});

test("data that do not fit the shape, and a name given twice, are the caller's mistakes", async () => {
  const path = folder.path("never.pth");
  await expect(writeTorchArchive(path, { m: [{ ...tensor("x"), shape: [7] }] })).rejects.toThrow(RangeError);
  await expect(writeTorchArchive(path, { m: [tensor("x"), tensor("x")] })).rejects.toThrow(RangeError);
  await expect(readFile(path)).rejects.toThrow(/ENOENT/);
});

test("a failed write leaves nothing behind, and the target as it was", async () => {
  const occupied = folder.path("occupied/folder");
  await mkdir(`${occupied}/inner`, { recursive: true });
  await expect(writeTorchArchive(occupied, { m: [tensor("x")] })).rejects.toThrow(/folder: cannot be written/);
  expect(await readdir(folder.path("occupied"))).toEqual(["folder"]);
  expect(await readdir(occupied)).toEqual(["inner"]);
});
