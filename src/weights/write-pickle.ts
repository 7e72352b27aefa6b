/**
 * Writes pickles of protocol 2: the values that PyTorch needs to rebuild dictionaries of tensors, and nothing else.
 * The opcodes are those that `pickle.ts` reads; CPython's `Lib/pickletools.py` describes each.
 */

/** What can be written: a `Map` becomes a dict, an array a tuple. */
export type Picklable =
  | boolean
  | number
  | string
  | readonly Picklable[]
  | ReadonlyMap<string, Picklable>
  | PickledGlobal
  | PickledCall
  | PickledPersistentId;

/** A class or function, by the name that Python imports it by. */
export class PickledGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}
}

/** The result of calling `callee` when the pickle is read. */
export class PickledCall {
  constructor(
    readonly callee: PickledGlobal,
    readonly arguments_: readonly Picklable[],
  ) {}
}

/** Something that lies outside the pickle and that its reader finds by this id. */
export class PickledPersistentId {
  constructor(readonly id: Picklable) {}
}

/**
 * The pickle of `value`. Equal values give equal bytes.
 * @throws {RangeError} where a number is no integer of 32 bits: no size in an archive is larger.
 */
export function writePickle(value: Picklable): Uint8Array {
  return Buffer.concat([PROTOCOL_2, ...encode(value), STOP]);
}

const PROTOCOL_2 = Uint8Array.of(0x80, 2);
const STOP = Uint8Array.of(0x2e);
const MARK = Uint8Array.of(0x28);
const NEWTRUE = Uint8Array.of(0x88);
const NEWFALSE = Uint8Array.of(0x89);
const TUPLE = Uint8Array.of(0x74);
const EMPTY_DICT = Uint8Array.of(0x7d);
const SETITEMS = Uint8Array.of(0x75);
const REDUCE = Uint8Array.of(0x52);
const BINPERSID = Uint8Array.of(0x51);

function encode(value: Picklable): Uint8Array[] {
  if (typeof value === "boolean") return [value ? NEWTRUE : NEWFALSE];
  if (typeof value === "number") return [encodeInteger(value)];
  if (typeof value === "string") return encodeText(value);
  if (value instanceof PickledGlobal) return [Buffer.from(`c${value.module}\n${value.name}\n`)];
  if (value instanceof PickledCall) return [...encode(value.callee), ...encode(value.arguments_), REDUCE];
  if (value instanceof PickledPersistentId) return [...encode(value.id), BINPERSID];
  if (value instanceof Map) return [EMPTY_DICT, MARK, ...[...value].flat().flatMap(encode), SETITEMS];
  return [MARK, ...(value as readonly Picklable[]).flatMap(encode), TUPLE];
}

/** BININT. */
function encodeInteger(value: number): Uint8Array {
  if (value !== (value | 0)) throw new RangeError(`${value} is no integer of 32 bits`);
  const bytes = Buffer.alloc(5);
  bytes[0] = 0x4a;
  bytes.writeInt32LE(value, 1);
  return bytes;
}

/** BINUNICODE. */
function encodeText(text: string): Uint8Array[] {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(5);
  head[0] = 0x58;
  head.writeUInt32LE(bytes.length, 1);
  return [head, bytes];
}
