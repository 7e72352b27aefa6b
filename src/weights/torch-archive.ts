/** Opens PyTorch archives (`torch.save`, `torch.jit.save`): a zip of one pickle and one raw file for each storage. */
import type { FileHandle } from "node:fs/promises";
import { AnomalyClipError } from "../errors.ts";
import { BYTES_PER_ELEMENT, type Checkpoint, type StoredTensor } from "./checkpoint.ts";
import { type PickleValue, readPickle } from "./pickle.ts";
import { MAX_NAME_LENGTH, quoteName, showShape } from "./quote-name.ts";
import { readInto, withFile } from "./random-access.ts";
import { countElements } from "./read-tensor.ts";
import { type ByteRange, StoredZip } from "./stored-zip.ts";
import { TorchModule, TorchTensor, torchPickleHost } from "./torch-objects.ts";

/** The pickle of a model is some 100 bytes a tensor. */
const MAX_PICKLE_BYTES = 64 * 2 ** 20;
const MAX_DEPTH = 64;

/**
 * Opens a `.pt`, `.pth` or `.bin` of PyTorch 1.6 or later, state dict or TorchScript. Nothing in it is ever executed.
 *
 * Nested dictionaries and modules flatten to names joined by dots, as `state_dict()` gives them. Only tensors that lie
 * contiguously (C order) in an uncompressed entry are accepted, which is how models are saved.
 * @throws {AnomalyClipError} `E_WEIGHTS`
 */
export async function openTorchArchive(path: string): Promise<Checkpoint> {
  return withFile(path, async (file, size) => {
    await refuseOldFormat(path, file, size);
    const zip = await StoredZip.open(path, file, size);
    const root = findRoot(path, zip);
    await refuseBigEndian(path, file, zip, root);
    const pickle = await readEntry(path, file, await zip.find(`${root}data.pkl`), MAX_PICKLE_BYTES);
    const found = collectTensors(path, readPickle(pickle, torchPickleHost, path), pickle.length);
    const tensors = new Map<string, StoredTensor>();
    const ranges = new Map<string, ByteRange>();
    for (const [name, tensor] of found) {
      const range = ranges.get(tensor.storage.key) ?? (await zip.find(`${root}data/${tensor.storage.key}`));
      ranges.set(tensor.storage.key, range);
      tensors.set(name, placeTensor(path, name, tensor, range));
    }
    return { path, tensors, metadata: {} };
  });
}

async function refuseOldFormat(path: string, file: FileHandle, size: number): Promise<void> {
  const start = new Uint8Array(Math.min(size, 4));
  await readInto(file, path, 0, start);
  const isZip = start[0] === 0x50 && start[1] === 0x4b;
  if (isZip) return;
  const isPickle = start[0] === 0x80;
  const hint = isPickle
    ? "a torch file of the format before PyTorch 1.6; save it again in Python: torch.save(torch.load(path), path)"
    : "not a torch archive (a zip file)";
  throw new AnomalyClipError("E_WEIGHTS", `${path}: ${hint}`);
}

/** The folder of the archive that holds `data.pkl`, with its slash; `""` at the top. */
function findRoot(path: string, zip: StoredZip): string {
  const roots = [...zip.names].filter((name) => /^([^/]+\/)?data\.pkl$/.test(name));
  const [pickle] = roots;
  if (pickle === undefined || roots.length > 1) {
    const what = pickle === undefined ? "a zip file without data.pkl: not saved by PyTorch" : "holds several data.pkl";
    throw new AnomalyClipError("E_WEIGHTS", `${path}: ${what}`);
  }
  return pickle.slice(0, -"data.pkl".length);
}

async function refuseBigEndian(path: string, file: FileHandle, zip: StoredZip, root: string): Promise<void> {
  const name = `${root}byteorder`;
  if (!zip.has(name)) return;
  const order = new TextDecoder().decode(await readEntry(path, file, await zip.find(name), 16));
  if (order === "little") return;
  throw new AnomalyClipError("E_WEIGHTS", `${path}: its byte order is ${quoteName(order)}; only 'little' is supported`);
}

async function readEntry(path: string, file: FileHandle, range: ByteRange, maxBytes: number): Promise<Uint8Array> {
  if (range.length > maxBytes) {
    throw new AnomalyClipError("E_WEIGHTS", `${path}: an entry that should be small has ${range.length} bytes`);
  }
  const bytes = new Uint8Array(range.length);
  await readInto(file, path, range.offset, bytes);
  return bytes;
}

/**
 * The tensors below `root`, by their dotted names. Values may be shared, so a small pickle can describe an endless or
 * exponentially large tree: depth, names and the number of visited values are bounded.
 */
function collectTensors(path: string, root: PickleValue, maxVisits: number): Map<string, TorchTensor> {
  const found = new Map<string, TorchTensor>();
  let visits = 0;
  function visit(value: PickleValue, name: string, depth: number): void {
    if (value instanceof TorchTensor) {
      if (found.has(name)) throw new AnomalyClipError("E_WEIGHTS", `${path}: holds ${quoteName(name)} twice`);
      found.set(name, value);
      return;
    }
    const children = childrenOf(value);
    if (!children) return;
    if (depth > MAX_DEPTH) throw new AnomalyClipError("E_WEIGHTS", `${path}: is nested without end`);
    for (const [key, child] of children) {
      if (++visits > maxVisits) throw new AnomalyClipError("E_WEIGHTS", `${path}: its values repeat too often`);
      const childName = name === "" ? key : `${name}.${key}`;
      if (typeof child !== "object" || child === null) continue;
      if (childName.length > MAX_NAME_LENGTH) {
        throw new AnomalyClipError("E_WEIGHTS", `${path}: the name ${quoteName(childName)} is too long`);
      }
      visit(child, childName, depth + 1);
    }
  }
  visit(root, "", 0);
  return found;
}

function childrenOf(value: PickleValue): Iterable<[string, PickleValue]> | undefined {
  if (value instanceof Map) return value;
  if (value instanceof TorchModule) return value.attributes;
  if (Array.isArray(value)) return value.map((item, index) => [String(index), item]);
  return undefined;
}

function placeTensor(path: string, name: string, tensor: TorchTensor, range: ByteRange): StoredTensor {
  const { storage, shape } = tensor;
  const where = `${path}: tensor ${quoteName(name)}`;
  const elements = countElements(shape);
  const bytes = BYTES_PER_ELEMENT[storage.dtype];
  if (!Number.isSafeInteger(elements) || (tensor.offset + elements) * bytes > range.length) {
    const what = `${showShape(shape)} in ${storage.dtype} from element ${tensor.offset} on`;
    throw new AnomalyClipError("E_WEIGHTS", `${where} (${what}) does not fit its storage of ${range.length} bytes`);
  }
  if (elements > 1 && !isContiguous(tensor)) {
    const what = `${showShape(shape)} has strides ${showShape(tensor.strides)}`;
    throw new AnomalyClipError("E_WEIGHTS", `${where}: ${what}; save it again after .contiguous()`);
  }
  return { name, dtype: storage.dtype, shape, file: path, offset: range.offset + tensor.offset * bytes };
}

/** Whether the elements lie in C order; the stride of an axis of size 1 means nothing. */
function isContiguous({ shape, strides }: TorchTensor): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}
