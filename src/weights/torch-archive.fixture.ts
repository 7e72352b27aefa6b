/** Builds torch archives by hand, as `torch.save` and `torch.jit.save` lay them out, for tests of their reader. */

import { countElements } from "./read-tensor.ts";

/** A tensor to be pickled. */
export interface ArchivedTensor {
  /** `FloatStorage`, `HalfStorage`, ... */
  storageType: string;
  shape: readonly number[];
  /** Elements; C order when absent. */
  strides?: readonly number[];
  /** Elements from the start of the storage; 0 when absent. */
  storageOffset?: number;
  bytes: Uint8Array;
}

/** What an archive may hold: maps are dicts, `module` objects scripted modules. */
export type Archived =
  | ArchivedTensor
  | Map<string, Archived>
  | { module: Map<string, Archived> }
  | number
  | boolean
  | null;

export function float32Tensor(shape: readonly number[], values: Float32Array): ArchivedTensor {
  return {
    storageType: "FloatStorage",
    shape,
    bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  };
}

/** A whole archive, ready to be written to a file. */
export function buildTorchArchive(root: Archived, name = "archive"): Uint8Array {
  const storages: Uint8Array[] = [];
  const pickle = Uint8Array.from([0x80, 2, ...pickleValue(root, storages), 0x2e]);
  return buildZip([
    { name: `${name}/data.pkl`, bytes: pickle },
    ...storages.map((bytes, i) => ({ name: `${name}/data/${i}`, bytes })),
    { name: `${name}/version`, bytes: new TextEncoder().encode("3\n") },
  ]);
}

/** The nested dictionaries that attribute paths of scripted modules are: `{"a.b": t}` becomes `a: {b: t}`. */
export function nestModules(tensors: ReadonlyMap<string, ArchivedTensor>): Archived {
  const root = new Map<string, Archived>();
  for (const [name, tensor] of tensors) {
    const path = name.split(".");
    let bag = root;
    for (const part of path.slice(0, -1)) {
      const child = bag.get(part);
      const inner = typeof child === "object" && child !== null && "module" in child ? child : { module: new Map() };
      bag.set(part, inner);
      bag = inner.module;
    }
    bag.set(path.at(-1)!, tensor);
    bag.set("training", true);
  }
  return { module: root };
}

function pickleValue(value: Archived, storages: Uint8Array[]): number[] {
  if (value === null) return [0x4e];
  if (typeof value === "boolean") return [value ? 0x88 : 0x89];
  if (typeof value === "number") return [0x4a, ...littleEndian(value, 4)];
  if (value instanceof Map) return [0x7d, 0x28, ...pickleItems(value, storages), 0x75];
  if ("module" in value) {
    const state = [0x7d, 0x28, ...pickleItems(value.module, storages), 0x75];
    return [...pickleGlobal("__torch__.some_model", "Module"), 0x29, 0x81, ...state, 0x62];
  }
  const key = storages.push(value.bytes) - 1;
  const strides = value.strides ?? contiguousStrides(value.shape);
  return [
    ...pickleGlobal("torch._utils", "_rebuild_tensor_v2"),
    0x28,
    ...[0x28, ...pickleText("storage"), ...pickleGlobal("torch", value.storageType), ...pickleText(String(key))],
    ...[...pickleText("cpu"), ...pickleValue(countElements(value.shape), storages), 0x74, 0x51],
    ...pickleValue(value.storageOffset ?? 0, storages),
    ...[0x28, ...value.shape.flatMap((size) => pickleValue(size, storages)), 0x74],
    ...[0x28, ...strides.flatMap((stride) => pickleValue(stride, storages)), 0x74],
    ...[0x89, ...pickleGlobal("collections", "OrderedDict"), 0x29, 0x52],
    ...[0x74, 0x52],
  ];
}

function pickleItems(items: Map<string, Archived>, storages: Uint8Array[]): number[] {
  return [...items].flatMap(([key, value]) => [...pickleText(key), ...pickleValue(value, storages)]);
}

export function pickleGlobal(module: string, name: string): number[] {
  return [0x63, ...new TextEncoder().encode(`${module}\n${name}\n`)];
}

export function pickleText(text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  return [0x58, ...littleEndian(bytes.length, 4), ...bytes];
}

function contiguousStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => countElements(shape.slice(axis + 1)));
}

/** A zip archive of stored entries, their data aligned to 64 bytes by an extra field, as torch does it. */
export function buildZip(entries: readonly { name: string; bytes: Uint8Array; method?: number }[]): Uint8Array {
  const chunks: Uint8Array[] = [];
  const directory: number[] = [];
  let position = 0;
  const append = (bytes: Uint8Array) => {
    chunks.push(bytes);
    position += bytes.length;
  };
  for (const { name, bytes, method = 0 } of entries) {
    const start = position;
    const nameBytes = [...new TextEncoder().encode(name)];
    const padding = (64 - ((start + 30 + nameBytes.length + 4) % 64)) % 64;
    const extra = [0x46, 0x42, ...littleEndian(padding, 2), ...new Array<number>(padding).fill(0x5a)];
    const sizes = [...littleEndian(bytes.length, 4), ...littleEndian(bytes.length, 4)];
    const common = [20, 0, 0, 8, ...littleEndian(method, 2), 0, 0, 0, 0, 0, 0, 0, 0, ...sizes];
    const lengths = littleEndian(nameBytes.length, 2);
    append(
      Uint8Array.from([
        0x50,
        0x4b,
        3,
        4,
        ...common,
        ...lengths,
        ...littleEndian(extra.length, 2),
        ...nameBytes,
        ...extra,
      ]),
    );
    append(bytes);
    const rest = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...littleEndian(start, 4)];
    directory.push(0x50, 0x4b, 1, 2, 20, 0, ...common, ...lengths, ...rest, ...nameBytes);
  }
  const directoryStart = position;
  append(Uint8Array.from(directory));
  const counts = [...littleEndian(entries.length, 2), ...littleEndian(entries.length, 2)];
  const where = [...littleEndian(directory.length, 4), ...littleEndian(directoryStart, 4)];
  append(Uint8Array.from([0x50, 0x4b, 5, 6, 0, 0, 0, 0, ...counts, ...where, 0, 0]));
  const archive = new Uint8Array(position);
  let offset = 0;
  for (const chunk of chunks) {
    archive.set(chunk, offset);
    offset += chunk.length;
  }
  return archive;
}

function littleEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) & 255);
}
