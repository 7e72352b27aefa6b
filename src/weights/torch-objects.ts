/** The few Python names that a torch archive may mention, and what each becomes; every other name is refused. */
import type { DType } from "./checkpoint.ts";
import type { PickleDict, PickleGlobal, PickleHost, PickleValue } from "./pickle.ts";
import { quoteName } from "./quote-name.ts";

/** A run of elements that tensors are views of: the archive's entry `data/<key>`. */
export class TorchStorage {
  constructor(
    readonly dtype: DType,
    readonly key: string,
  ) {}
}

/** A strided view of a storage; offset and strides count elements. */
export class TorchTensor {
  constructor(
    readonly storage: TorchStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** An instance of a scripted module (`__torch__.*`): a bag of attributes. */
export class TorchModule {
  attributes: PickleDict = new Map();
}

/** `torch.FloatStorage` and its kind. */
class StorageType implements PickleGlobal {
  constructor(
    readonly name: string,
    readonly dtype: DType,
  ) {}

  make(): PickleValue {
    throw new Error(`refuses to run ${this.name}`);
  }
}

/** PyTorch's own limit is 64. */
const MAX_AXES = 64;

/** What the elements of each storage class are. */
export const STORAGE_DTYPES: Readonly<Record<string, DType>> = {
  DoubleStorage: "F64",
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

/** Typed lists of scripted modules: torch rebuilds them by calling these with the plain list first. */
const SCRIPT_LIST_BUILDERS = ["build_intlist", "build_doublelist", "build_boollist", "build_tensorlist"];

const CONSTRUCTORS = new Map<string, (arguments_: PickleValue[]) => PickleValue>([
  ["torch._utils._rebuild_tensor_v2", rebuildTensor],
  ["torch._utils._rebuild_parameter", ([tensor]) => expectTensor(tensor)],
  ["collections.OrderedDict", makeOrderedDict],
  ...SCRIPT_LIST_BUILDERS.map((name): [string, typeof takeList] => [`torch.jit._pickle.${name}`, takeList]),
]);

/** Rebuilds the tensors, dictionaries and scripted modules of torch archives, and nothing else. */
export const torchPickleHost: PickleHost = {
  findGlobal(module, name) {
    const fullName = `${module}.${name}`;
    const make = CONSTRUCTORS.get(fullName);
    if (make) return { name: fullName, make };
    if (module.startsWith("__torch__.")) return { name: fullName, make: () => new TorchModule() };
    if ((module === "torch" || module === "torch.cuda") && Object.hasOwn(STORAGE_DTYPES, name)) {
      return new StorageType(fullName, STORAGE_DTYPES[name]!);
    }
    throw new Error(
      `refuses to run ${quoteName(fullName).slice(1, -1)}: only tensors are read; save the model's state_dict()`,
    );
  },

  loadPersistent(id) {
    if (!Array.isArray(id)) throw new Error("a persistent id is no tuple");
    // ("storage", type, key, device, number of elements): where the tensor once lay does not matter, and the length of
    // the archive's entry tells better how many elements there are.
    const [kind, type, key] = id;
    if (kind !== "storage" || !(type instanceof StorageType) || typeof key !== "string") {
      throw new Error("a persistent id names no storage");
    }
    return new TorchStorage(type.dtype, key);
  },

  setState(instance, state) {
    if (!(state instanceof Map)) throw new Error("an object's state is no dict");
    if (instance instanceof TorchModule) instance.attributes = state;
    // The state of an OrderedDict is the `_metadata` of a state dict: version numbers.
    else if (!(instance instanceof Map)) throw new Error("it sets the state of something that has none");
  },
};

/** `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`. */
function rebuildTensor([storage, offset, shape, strides]: PickleValue[]): TorchTensor {
  if (!(storage instanceof TorchStorage) || !isSize(offset) || !isSizes(shape) || !isSizes(strides)) {
    throw new Error("a tensor is described wrongly");
  }
  if (shape.length !== strides.length) throw new Error("a tensor's strides do not fit its shape");
  // Copied, for a list that the pickle changes later would escape these checks.
  return new TorchTensor(storage, offset, [...shape], [...strides]);
}

function expectTensor(value: PickleValue | undefined): TorchTensor {
  if (value instanceof TorchTensor) return value;
  throw new Error("a parameter holds no tensor");
}

function makeOrderedDict(arguments_: PickleValue[]): PickleDict {
  if (arguments_.length > 0) throw new Error("an OrderedDict is made from a list of pairs, which torch never writes");
  return new Map();
}

function takeList([list]: PickleValue[]): PickleValue[] {
  if (Array.isArray(list)) return list;
  throw new Error("a typed list holds no list");
}

function isSize(value: PickleValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isSizes(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.length <= MAX_AXES && value.every(isSize);
}
