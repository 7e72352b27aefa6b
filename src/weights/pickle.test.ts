import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AnomalyClipError } from "../errors.ts";
import { readPickle } from "./pickle.ts";
import { pickleGlobal, pickleText } from "./torch-archive.fixture.ts";
import { TorchModule, TorchStorage, TorchTensor, torchPickleHost } from "./torch-objects.ts";

const read = (...bytes: number[]) => readPickle(Uint8Array.from(bytes), torchPickleHost, "m.pt");
const PROTO = [0x80, 2];
const STOP = 0x2e;
const MARK = 0x28;

describe("readPickle", () => {
  test("rebuilds the values of every kind that torch writes", () => {
    const numbers = [0x4b, 200, 0x4d, 0x39, 0x30, 0x4a, 0xff, 0xff, 0xff, 0xff, 0x8a, 2, 0x00, 0x80, 0x8a, 0];
    const float = [0x47, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0];
    const value = read(...PROTO, MARK, ...numbers, ...float, 0x4e, 0x88, 0x89, ...pickleText("é"), 0x74, STOP);
    expect(value).toEqual([200, 12345, -1, -32768, 0, 1.5, null, true, false, "é"]);
  });

  test("rebuilds dictionaries, lists and what the memo holds", () => {
    const list = [0x5d, 0x71, 7, 0x4b, 1, 0x61, MARK, 0x4b, 2, 0x4b, 3, 0x65];
    const dict = [0x7d, ...pickleText("a"), ...list, 0x73, MARK, 0x4b, 5, 0x68, 7, 0x75];
    expect(read(...PROTO, ...dict, STOP)).toEqual(
      new Map([
        ["a", [1, 2, 3]],
        ["5", [1, 2, 3]],
      ]),
    );
  });

  test("a scripted module is a bag of attributes", () => {
    const state = [0x7d, ...pickleText("training"), 0x88, 0x73];
    const value = read(...PROTO, ...pickleGlobal("__torch__.a.b", "Net"), 0x29, 0x81, ...state, 0x62, STOP);
    expect(value).toBeInstanceOf(TorchModule);
    expect((value as TorchModule).attributes).toEqual(new Map([["training", true]]));
  });

  test.each([
    ["os", "system"],
    ["posix", "system"],
    ["builtins", "eval"],
    ["torch", "load"],
    ["torch._utils", "_rebuild_tensor_v3"],
    ["collections", "deque"],
    ["__torch__", "x"],
  ])("refuses to run %s.%s, by name", (module, name) => {
    const call = [...pickleGlobal(module, name), MARK, ...pickleText("echo hello"), 0x74, 0x52];
    expect(() => read(...PROTO, ...call, STOP)).toThrow(
      `m.pt: cannot read its pickle: refuses to run ${module}.${name}`,
    );
  });

  test("a storage type is no function", () => {
    expect(() => read(...PROTO, ...pickleGlobal("torch", "FloatStorage"), 0x29, 0x52, STOP)).toThrow(
      /torch.FloatStorage/,
    );
  });

  test.each<[string, number[], RegExp]>([
    ["nothing", [], /ends early \(byte 0\)/],
    ["an unknown opcode", [...PROTO, 0x93], /opcode 0x93/],
    ["another protocol", [0x80, 4], /protocol 4/],
    ["no end", [...PROTO, 0x4e], /ends early/],
    ["a stop on an empty stack", [STOP], /stack is empty/],
    ["a pop below a mark", [0x4e, MARK, 0x85, STOP], /stack is empty/],
    ["a tuple without its mark", [0x74], /mark is missing/],
    ["a text that is longer than the file", [0x58, 0xff, 0xff, 0xff, 0xff, 65], /ends early/],
    ["an empty memo", [0x6a, 0xff, 0xff, 0xff, 0xff, STOP], /memo 4294967295 is empty/],
    ["items of a list", [0x5d, 0x4e, 0x4e, 0x73, STOP], /no dict/],
    ["a key without a value", [0x7d, MARK, 0x4e, 0x75, STOP], /no value/],
    ["a key that is a dict", [0x7d, 0x7d, 0x4e, 0x73, STOP], /no string or number/],
    ["an append to None", [0x4e, 0x4e, 0x61, STOP], /no list/],
    ["a call of None", [0x4e, 0x29, 0x52, STOP], /no class/],
    ["a state for a number", [0x4b, 1, 0x7d, 0x62, STOP], /has none/],
    ["a state that is no dict", [0x7d, 0x4e, 0x62, STOP], /no dict/],
    ["a persistent id that is no storage", [0x29, 0x51, STOP], /names no storage/],
    ["a global name without end", [0x63, 65, 65], /ends early/],
    ["an OrderedDict from pairs", [...pickleGlobal("collections", "OrderedDict"), 0x5d, 0x85, 0x52, STOP], /pairs/],
    [
      "a tensor of nothing",
      [...pickleGlobal("torch._utils", "_rebuild_tensor_v2"), 0x29, 0x52, STOP],
      /described wrongly/,
    ],
    ["a parameter of nothing", [...pickleGlobal("torch._utils", "_rebuild_parameter"), 0x29, 0x52, STOP], /no tensor/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => read(...bytes)).toThrow(message);
    expect(() => read(...bytes)).toThrow(AnomalyClipError);
  });

  describe("a tensor", () => {
    const storage = [...pickleText("storage"), ...pickleGlobal("torch", "FloatStorage"), ...pickleText("0")];
    const tensorOf = (shape: number[]) => {
      const arguments_ = [MARK, MARK, ...storage, 0x74, 0x51, 0x4b, 0, ...shape, 0x68, 1, 0x74];
      return [...pickleGlobal("torch._utils", "_rebuild_tensor_v2"), ...arguments_, 0x52];
    };
    const shapeOf = (axes: number) => [0x5d, 0x71, 1, MARK, ...new Array(axes).fill([0x4b, 2]).flat(), 0x65];

    test("keeps its shape when the pickle changes the list later", () => {
      const value = read(...PROTO, ...tensorOf(shapeOf(1)), 0x68, 1, 0x4b, 9, 0x61, 0x86, STOP);
      expect(value).toEqual([new TorchTensor(new TorchStorage("F32", "0"), 0, [2], [2]), [2, 9]]);
    });

    test("has at most 64 axes", () => {
      expect(read(...PROTO, ...tensorOf(shapeOf(64)), STOP)).toBeInstanceOf(TorchTensor);
      expect(() => read(...PROTO, ...tensorOf(shapeOf(65)), STOP)).toThrow(/described wrongly/);
    });
  });

  test("a pickle of a million objects is refused before it fills the memory", () => {
    const bytes = new Uint8Array(1_100_000).fill(0x7d);
    expect(() => readPickle(bytes, torchPickleHost, "m.pt")).toThrow(/more than 1000000 steps/);
  });

  test("random opcodes give a value or a refusal", () => {
    const known = "80284e88894b4d4a8a47585d297d85868774616573757172686a6351528162".match(/../g)!;
    const opcode = fc.constantFrom(...known.map((hex) => Number.parseInt(hex, 16)));
    const globals = fc.constantFrom(
      pickleGlobal("torch._utils", "_rebuild_tensor_v2"),
      pickleGlobal("torch", "FloatStorage"),
      pickleGlobal("collections", "OrderedDict"),
      pickleGlobal("__torch__", "M"),
    );
    const piece = fc.oneof(
      { weight: 6, arbitrary: opcode.map((code) => [code]) },
      { weight: 2, arbitrary: fc.nat(255).map((byte) => [byte]) },
      { weight: 2, arbitrary: fc.constantFrom("storage", "0", "cpu").map(pickleText) },
      { weight: 1, arbitrary: globals },
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        try {
          expect(read(...PROTO, ...pieces.flat(), STOP)).not.toBeUndefined();
        } catch (error) {
          expect(error).toBeInstanceOf(AnomalyClipError);
          expect((error as Error).message).not.toContain("\n");
        }
      }),
      { numRuns: 3000 },
    );
  });
});
