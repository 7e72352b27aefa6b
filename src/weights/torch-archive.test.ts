import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BYTES_PER_ELEMENT, type Checkpoint, type StoredTensor } from "./checkpoint.ts";
import { countElements, readTensor, readTensorBytes } from "./read-tensor.ts";
import { resultOrRefusal } from "./refusal.fixture.ts";
import { useTemporaryFolder } from "./temporary-folder.fixture.ts";
import {
  type Archived,
  buildTorchArchive,
  buildZip,
  float32Tensor,
  nestModules,
  pickleGlobal,
  pickleText,
} from "./torch-archive.fixture.ts";
import { openTorchArchive } from "./torch-archive.ts";

const folder = useTemporaryFolder();
const openBytes = async (bytes: Uint8Array) => openTorchArchive(await folder.write("m.pt", bytes));
const openValue = (value: Archived) => openBytes(buildTorchArchive(value));
const zipOf = (...pickle: number[]) => buildZip([{ name: "a/data.pkl", bytes: Uint8Array.from([0x80, 2, ...pickle]) }]);

const values = Float32Array.of(1, 2, 3, 4, 5, 6);
const tensor = float32Tensor([2, 3], values);
const bytes = tensor.bytes;

async function valuesOf(checkpoint: Checkpoint, name: string): Promise<number[]> {
  return [...(await readTensor(checkpoint.tensors.get(name)!))];
}

describe("openTorchArchive", () => {
  test("a state dict gives its tensors, and skips what is no tensor", async () => {
    const checkpoint = await openValue(
      new Map<string, Archived>([
        ["a.weight", tensor],
        ["epoch", 3],
        ["note", null],
      ]),
    );
    expect([...checkpoint.tensors.keys()]).toEqual(["a.weight"]);
    expect(checkpoint.tensors.get("a.weight")).toMatchObject({ dtype: "F32", shape: [2, 3] });
    expect(await valuesOf(checkpoint, "a.weight")).toEqual([...values]);
  });

  test("nested dictionaries flatten with dots", async () => {
    const checkpoint = await openValue(new Map([["state_dict", new Map([["x", tensor]])]]));
    expect([...checkpoint.tensors.keys()]).toEqual(["state_dict.x"]);
  });

  test("a scripted module gives the names that its state dict would have", async () => {
    const checkpoint = await openValue(
      nestModules(
        new Map([
          ["b.0.attn.weight", tensor],
          ["scale", tensor],
        ]),
      ),
    );
    expect([...checkpoint.tensors.keys()].sort()).toEqual(["b.0.attn.weight", "scale"]);
    expect(await valuesOf(checkpoint, "b.0.attn.weight")).toEqual([...values]);
  });

  test("a view starts at its offset in the storage", async () => {
    const view = { storageType: "FloatStorage", shape: [2], storageOffset: 3, bytes };
    expect(await valuesOf(await openValue(new Map([["x", view]])), "x")).toEqual([4, 5]);
  });

  test("strides of axes of size 1 do not matter, those of others do", async () => {
    const column = { storageType: "FloatStorage", shape: [1, 3], strides: [99, 1], bytes };
    expect(await valuesOf(await openValue(new Map([["x", column]])), "x")).toEqual([1, 2, 3]);
    const turned = { storageType: "FloatStorage", shape: [3, 2], strides: [1, 3], bytes };
    await expect(openValue(new Map([["x", turned]]))).rejects.toThrow(/'x': \[3, 2\] has strides \[1, 3\].*contiguous/);
  });

  test.each([
    ["more elements than its storage", { shape: [7] }],
    ["an offset beyond its storage", { shape: [1], storageOffset: 6 }],
    ["sizes whose product overflows", { shape: [2 ** 30, 2 ** 30, 2 ** 30] }],
  ])("refuses a tensor of %s", async (_, view) => {
    const archived = { storageType: "FloatStorage", bytes, ...view };
    await expect(openValue(new Map([["x", archived]]))).rejects.toThrow(/tensor 'x' .* does not fit its storage of 24/);
  });

  test("a pickle that calls os.system is refused by name", async () => {
    const call = [...pickleGlobal("os", "system"), 0x28, ...pickleText("touch hacked"), 0x74, 0x52, 0x2e];
    await expect(openBytes(zipOf(...call))).rejects.toThrow(/m\.pt: .*refuses to run os\.system/);
  });

  test("a dictionary that contains itself, and one of exponentially many paths, are refused", async () => {
    const self = [0x7d, 0x71, 0, ...pickleText("a"), 0x68, 0, 0x73, 0x2e];
    await expect(openBytes(zipOf(...self))).rejects.toThrow(/nested without end|repeat too often/);
    const doubled = Array.from({ length: 60 }, () => [0x71, 0, 0x68, 0, 0x86]).flat();
    await expect(openBytes(zipOf(0x29, ...doubled, 0x2e))).rejects.toThrow(/repeat too often/);
  });

  test("two paths to one name are refused", async () => {
    const both = new Map<string, Archived>([
      ["a.b", tensor],
      ["a", new Map([["b", tensor]])],
    ]);
    await expect(openValue(both)).rejects.toThrow(/holds 'a\.b' twice/);
  });

  test.each<[string, () => Uint8Array, RegExp]>([
    [
      "a torch file of the old format",
      () => Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc),
      /before PyTorch 1\.6; save it again/,
    ],
    ["something else", () => new TextEncoder().encode("hello"), /not a torch archive/],
    ["an empty file", () => new Uint8Array(), /not a torch archive/],
    ["a zip without a pickle", () => buildZip([{ name: "a/x", bytes: new Uint8Array(3) }]), /without data\.pkl/],
    ["an empty zip", () => buildZip([]), /not a torch archive|without data\.pkl/],
    [
      "two pickles",
      () => buildZip(["a/data.pkl", "b/data.pkl"].map((name) => ({ name, bytes: Uint8Array.of(0x4e, 0x2e) }))),
      /several data\.pkl/,
    ],
    [
      "an entry twice",
      () => buildZip(["a/x", "a/x"].map((name) => ({ name, bytes: new Uint8Array(1) }))),
      /'a\/x' twice/,
    ],
    [
      "a compressed pickle",
      () => buildZip([{ name: "data.pkl", bytes: new Uint8Array(9), method: 8 }]),
      /is compressed/,
    ],
    [
      "a big-endian archive",
      () =>
        buildZip([
          { name: "a/data.pkl", bytes: Uint8Array.of(0x4e, 0x2e) },
          { name: "a/byteorder", bytes: new TextEncoder().encode("big") },
        ]),
      /byte order is 'big'/,
    ],
    [
      "an entry outside the archive's folder",
      () => buildZip([{ name: "../x", bytes: new Uint8Array(1) }]),
      /relative path/,
    ],
  ])("refuses %s", async (_, build, message) => {
    await expect(openBytes(build())).rejects.toThrow(message);
  });

  test("a storage that the archive lacks is named", async () => {
    const archive = buildTorchArchive(new Map([["x", tensor]]));
    // The name stands twice, in the local header and in the directory.
    const text = Buffer.from(archive).toString("latin1").replaceAll("archive/data/0", "archive/data/9");
    await expect(openBytes(Buffer.from(text, "latin1"))).rejects.toThrow(/no entry 'archive\/data\/0'/);
  });

  test("a zip64 directory that lies beyond the file is an error of its reader, not a crash", async () => {
    const archive = Buffer.from(zipOf(0x4e, 0x2e));
    const end = archive.subarray(-22);
    const end64 = Buffer.alloc(56);
    end64.set([0x50, 0x4b, 6, 6, 44]);
    end64.writeBigUInt64LE(1n, 24);
    end64.writeBigUInt64LE(1n, 32);
    end64.writeBigUInt64LE(2n ** 62n, 48);
    const locator = Buffer.alloc(20);
    locator.set([0x50, 0x4b, 6, 7]);
    locator.writeBigUInt64LE(BigInt(archive.length - 22), 8);
    locator.writeUInt32LE(1, 16);
    const last = Buffer.from(end);
    last.fill(0xff, 8, 20);
    const whole = Buffer.concat([archive.subarray(0, -22), end64, locator, last]);
    await expect(openBytes(whole)).rejects.toThrow(/m\.pt: not a readable zip archive/);
  });

  test("cut or altered archives give tensors within the file, or a refusal", async () => {
    const good = buildTorchArchive(
      new Map<string, Archived>([
        ["a", tensor],
        ["b", new Map([["c", tensor]])],
      ]),
    );
    const where = fc.oneof(
      fc.nat(good.length - 1),
      fc.integer({ min: 1, max: 400 }).map((back) => good.length - back),
    );
    const flips = fc.array(fc.tuple(where, fc.integer({ min: 1, max: 255 })), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.option(fc.nat(good.length), { freq: 4 }), flips, async (cut, changes) => {
        const damaged = good.slice(0, cut ?? good.length);
        for (const [at, mask] of changes) if (at >= 0 && at < damaged.length) damaged[at]! ^= mask;
        const checkpoint = await resultOrRefusal(openBytes(damaged));
        if (typeof checkpoint === "string") return;
        for (const { offset, shape, dtype } of checkpoint.tensors.values()) {
          expect(offset + countElements(shape) * BYTES_PER_ELEMENT[dtype]).toBeLessThanOrEqual(damaged.length);
        }
      }),
      { numRuns: 400 },
    );
  });

  const reference = fileURLToPath(new URL("../../../shared/reference/", import.meta.url));
  test.skipIf(!existsSync(reference))(
    "a state dict and a TorchScript archive of one model hold equal tensors",
    async () => {
      const plain = await openTorchArchive(`${reference}clip-state-dict.pt`);
      const scripted = await openTorchArchive(`${reference}clip-torchscript.pt`);
      expect([...scripted.tensors.keys()].sort()).toEqual([...plain.tensors.keys()].sort());
      for (const [name, stored] of plain.tensors) {
        // Compared as bytes: a million element-wise expectations take half a minute.
        const bytesOf = async (found: StoredTensor) => Buffer.from(await readTensorBytes(found));
        expect((await bytesOf(stored)).equals(await bytesOf(scripted.tensors.get(name)!))).toBe(true);
      }
    },
  );
});
