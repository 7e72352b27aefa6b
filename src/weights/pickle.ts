/**
 * A pickle machine that cannot run anything: it rebuilds plain values and hands every global name to its caller.
 *
 * It knows the opcodes of protocol 2 that PyTorch writes for tensors and containers of them (CPython's
 * `Lib/pickletools.py` describes each); every other opcode is refused.
 */
import { AnomalyClipError } from "../errors.ts";
import { quoteName } from "./quote-name.ts";

/** A dictionary, or a class instance's attributes. Python's keys that are no strings are written as strings. */
export type PickleDict = Map<string, PickleValue>;

/** Whatever a pickle may hold here. Tuples and lists are arrays; `object` covers what the host makes. */
export type PickleValue = null | boolean | number | string | object;

/** What a global name of a pickle stands for. */
export interface PickleGlobal {
  /** `module.name`, for messages. */
  readonly name: string;
  /** Stands for calling it, or for creating an instance: `arguments_` in, the made value out. */
  make(arguments_: PickleValue[]): PickleValue;
}

/** Decides what global names and persistent ids mean. Both throw plain `Error`s for what they refuse. */
export interface PickleHost {
  findGlobal(module: string, name: string): PickleGlobal;
  loadPersistent(id: PickleValue): PickleValue;
  /** Applies a pickled state to an instance (`BUILD`). */
  setState(instance: PickleValue, state: PickleValue): void;
}

/** Far above any model (about 25 steps a tensor), and few enough for a hostile file not to exhaust memory. */
const MAX_STEPS = 1_000_000;

/**
 * The value that `bytes` describe. Time and memory grow linearly with the input and end at a million steps.
 * @throws {AnomalyClipError} `E_WEIGHTS`, naming `path`, for anything malformed or refused.
 */
export function readPickle(bytes: Uint8Array, host: PickleHost, path: string): PickleValue {
  const machine = new PickleMachine(bytes, host);
  try {
    return machine.run();
  } catch (error) {
    if (error instanceof Error) throw refused(path, machine.position, error.message, error);
    throw error;
  }
}

function refused(path: string, position: number, why: string, cause: Error): AnomalyClipError {
  return new AnomalyClipError("E_WEIGHTS", `${path}: cannot read its pickle: ${why} (byte ${position})`, { cause });
}

/** What each opcode does to the machine. */
const OPCODES = new Map<number, (machine: PickleMachine) => void>([
  [0x80 /* PROTO */, (m) => m.checkProtocol(m.readByte())],
  [0x28 /* MARK */, (m) => m.mark()],
  [0x4e /* NONE */, (m) => m.push(null)],
  [0x88 /* NEWTRUE */, (m) => m.push(true)],
  [0x89 /* NEWFALSE */, (m) => m.push(false)],
  [0x4b /* BININT1 */, (m) => m.push(m.readByte())],
  [0x4d /* BININT2 */, (m) => m.push(m.view.getUint16(m.skip(2), true))],
  [0x4a /* BININT */, (m) => m.push(m.view.getInt32(m.skip(4), true))],
  [0x8a /* LONG1 */, (m) => m.push(m.readLong(m.readByte()))],
  [0x47 /* BINFLOAT */, (m) => m.push(m.view.getFloat64(m.skip(8), false))],
  [0x58 /* BINUNICODE */, (m) => m.push(m.readText(m.readUint32()))],
  [0x5d /* EMPTY_LIST */, (m) => m.push([])],
  [0x29 /* EMPTY_TUPLE */, (m) => m.push([])],
  [0x7d /* EMPTY_DICT */, (m) => m.push(new Map())],
  [0x85 /* TUPLE1 */, (m) => m.push(m.popMany(1))],
  [0x86 /* TUPLE2 */, (m) => m.push(m.popMany(2))],
  [0x87 /* TUPLE3 */, (m) => m.push(m.popMany(3))],
  [0x74 /* TUPLE */, (m) => m.push(m.popToMark())],
  [0x61 /* APPEND */, (m) => m.append(m.popMany(1))],
  [0x65 /* APPENDS */, (m) => m.append(m.popToMark())],
  [0x73 /* SETITEM */, (m) => m.setItems(m.popMany(2))],
  [0x75 /* SETITEMS */, (m) => m.setItems(m.popToMark())],
  [0x71 /* BINPUT */, (m) => m.remember(m.readByte())],
  [0x72 /* LONG_BINPUT */, (m) => m.remember(m.readUint32())],
  [0x68 /* BINGET */, (m) => m.recall(m.readByte())],
  [0x6a /* LONG_BINGET */, (m) => m.recall(m.readUint32())],
  [0x63 /* GLOBAL */, (m) => m.push(m.host.findGlobal(m.readLine(), m.readLine()))],
  [0x51 /* BINPERSID */, (m) => m.push(m.host.loadPersistent(m.pop()))],
  [0x52 /* REDUCE */, (m) => m.make()],
  [0x81 /* NEWOBJ */, (m) => m.make()],
  [0x62 /* BUILD */, (m) => m.build()],
]);
const STOP = 0x2e;

const TEXT = new TextDecoder("utf-8", { ignoreBOM: true });

class PickleMachine {
  position = 0;
  readonly view: DataView;
  private readonly memo = new Map<number, PickleValue>();
  private stack: PickleValue[] = [];
  /** The stacks that lie below each open mark. */
  private readonly marks: PickleValue[][] = [];

  constructor(
    private readonly bytes: Uint8Array,
    readonly host: PickleHost,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): PickleValue {
    for (let step = 0; step < MAX_STEPS; step++) {
      const opcode = this.readByte();
      if (opcode === STOP) return this.pop();
      const execute = OPCODES.get(opcode);
      if (!execute) throw new Error(`opcode 0x${opcode.toString(16).padStart(2, "0")} is none that tensors need`);
      execute(this);
    }
    throw new Error(`it has more than ${MAX_STEPS} steps, which no model needs`);
  }

  checkProtocol(protocol: number): void {
    if (protocol === 2) return;
    throw new Error(`pickle protocol ${protocol}; save it again with torch.save's default, which is 2`);
  }

  mark(): void {
    this.marks.push(this.stack);
    this.stack = [];
  }

  make(): void {
    const [target, arguments_] = this.popMany(2) as [PickleValue, PickleValue];
    if (!isGlobal(target)) throw new Error("it calls something that is no class");
    if (!Array.isArray(arguments_)) throw new Error(`${target.name} is called without a tuple`);
    this.push(target.make(arguments_));
  }

  build(): void {
    const state = this.pop();
    this.host.setState(this.top(), state);
  }

  append(items: PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw new Error("it appends to something that is no list");
    for (const item of items) list.push(item);
  }

  setItems(items: PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof Map)) throw new Error("it sets items of something that is no dict");
    if (items.length % 2 !== 0) throw new Error("a dict's key has no value");
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i]!;
      if (typeof key === "object" && key !== null) throw new Error("a dict's key is no string or number");
      dict.set(String(key), items[i + 1]!);
    }
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw new Error(`memo ${index} is empty`);
    this.push(value);
  }

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  private top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined) throw new Error("its stack is empty");
    return value;
  }

  pop(): PickleValue {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  popMany(count: number): PickleValue[] {
    if (this.stack.length < count) throw new Error("its stack is empty");
    return this.stack.splice(this.stack.length - count);
  }

  popToMark(): PickleValue[] {
    const below = this.marks.pop();
    if (below === undefined) throw new Error("a mark is missing");
    const items = this.stack;
    this.stack = below;
    return items;
  }

  readByte(): number {
    return this.view.getUint8(this.skip(1));
  }

  readUint32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  /** Moves on by `length` bytes and returns where they begin. */
  skip(length: number): number {
    const start = this.position;
    if (length > this.bytes.length - start) throw new Error("it ends early");
    this.position += length;
    return start;
  }

  readText(length: number): string {
    const start = this.skip(length);
    return TEXT.decode(this.bytes.subarray(start, start + length));
  }

  readLine(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0) throw new Error("it ends early");
    const line = this.readText(end - this.position);
    this.position++;
    if (line.length > 1024) throw new Error(`the global name ${quoteName(line)} is too long`);
    return line;
  }

  /** A little-endian two's-complement integer; beyond 2^53 it is rounded, which no size or offset can be. */
  readLong(length: number): number {
    const start = this.skip(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[start + i]!);
    return Number(BigInt.asIntN(8 * length, value));
  }
}

function isGlobal(value: PickleValue): value is PickleGlobal {
  return typeof value === "object" && value !== null && "make" in value && typeof value.make === "function";
}
