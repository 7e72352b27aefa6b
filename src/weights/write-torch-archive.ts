/** Writes PyTorch archives (`torch.save`) of state dicts, whole or not at all. */
import { writeFile } from "node:fs/promises";
import { ZipFile } from "yazl";
import { writeAtomically } from "./atomic-file.ts";
import { countElements } from "./read-tensor.ts";
import { STORAGE_DTYPES } from "./torch-objects.ts";
import { type Picklable, PickledCall, PickledGlobal, PickledPersistentId, writePickle } from "./write-pickle.ts";
import { checkTensors, type TensorToWrite } from "./write-safetensors.ts";

/** The folder inside the archive: any will do, and a fixed one keeps the bytes the same wherever the file is written. */
const ROOT = "archive";

const STORAGE_TYPES = new Map(Object.entries(STORAGE_DTYPES).map(([name, dtype]) => [dtype, name]));

/**
 * Writes what `torch.save({key: state_dict, ...}, path)` writes, in the format of PyTorch 1.6 and later; `weights_only`
 * loading takes it too. State dicts are plain dicts. The same tensors give the same bytes.
 *
 * Tensors whose `data` are one and the same array share its bytes in the file, as views of one storage do in PyTorch.
 * @param stateDicts tensors by the key of the dictionary that they belong to.
 * @throws {RangeError} where a tensor's data do not fit its shape, or a name occurs twice in a state dict.
 * @throws {AnomalyClipError} `E_WEIGHTS` where the file cannot be written, or a tensor has more than 1 GiB.
 */
export async function writeTorchArchive(
  path: string,
  stateDicts: Readonly<Record<string, readonly TensorToWrite[]>>,
): Promise<void> {
  const storages = new Storages();
  const root = new Map(Object.entries(stateDicts).map(([key, tensors]) => [key, describeAll(tensors, storages)]));
  const entries: [name: string, bytes: Buffer][] = [
    ["data.pkl", asBuffer(writePickle(root))],
    ["byteorder", Buffer.from("little")],
    ...storages.all.map(({ data }, key): [string, Buffer] => [`data/${key}`, asBuffer(data)]),
    ["version", Buffer.from("3\n")],
  ];
  await writeAtomically(path, async (file) => {
    const zip = new ZipFile();
    // Any fixed date: a zip stores local time, so the same date and hour give the same bytes in every time zone.
    const mtime = new Date(2000, 0, 1);
    for (const [name, bytes] of entries) {
      zip.addBuffer(bytes, `${ROOT}/${name}`, { compress: false, mtime, forceDosTimestamp: true });
    }
    zip.end();
    await writeFile(file, zip.outputStream);
  });
}

/** The distinct runs of elements, each an entry of the archive; a place in the list is the key. */
class Storages {
  readonly all: Pick<TensorToWrite, "dtype" | "data">[] = [];

  keyOf({ dtype, data }: TensorToWrite): number {
    const found = this.all.findIndex((storage) => storage.data === data && storage.dtype === dtype);
    return found >= 0 ? found : this.all.push({ dtype, data }) - 1;
  }
}

function describeAll(tensors: readonly TensorToWrite[], storages: Storages): Picklable {
  checkTensors(tensors);
  return new Map(tensors.map((tensor) => [tensor.name, describe(tensor, storages.keyOf(tensor))]));
}

/** `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`. */
function describe({ dtype, shape }: TensorToWrite, key: number): Picklable {
  const type = new PickledGlobal("torch", STORAGE_TYPES.get(dtype)!);
  const storage = new PickledPersistentId(["storage", type, String(key), "cpu", countElements(shape)]);
  const strides = shape.map((_, axis) => countElements(shape.slice(axis + 1)));
  const noHooks = new PickledCall(new PickledGlobal("collections", "OrderedDict"), []);
  const rebuild = new PickledGlobal("torch._utils", "_rebuild_tensor_v2");
  return new PickledCall(rebuild, [storage, 0, shape, strides, false, noHooks]);
}

function asBuffer({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
