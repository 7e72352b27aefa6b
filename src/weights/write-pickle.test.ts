import fc from "fast-check";
import { expect, test } from "vitest";
import { type PickleHost, readPickle } from "./pickle.ts";
import { type Picklable, PickledCall, PickledGlobal, PickledPersistentId, writePickle } from "./write-pickle.ts";

/** Shows what a pickle asks for instead of doing it. */
const host: PickleHost = {
  findGlobal: (module, name) => ({ name: `${module}.${name}`, make: (arguments_) => ({ called: name, arguments_ }) }),
  loadPersistent: (id) => ({ id }),
  setState: () => {
    throw new Error("no state was written");
  },
};

const readBack = (value: Picklable) => readPickle(writePickle(value), host, "test");

test("dicts, tuples, text, integers and booleans are read back as they were", () => {
  const { value } = fc.letrec<{ value: Picklable }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.boolean(),
      fc.integer(),
      fc.string({ unit: "binary" }),
      fc.array(tie("value"), { maxLength: 5 }),
      fc.array(fc.tuple(fc.string(), tie("value")), { maxLength: 5 }).map((items) => new Map(items)),
    ),
  }));
  fc.assert(
    fc.property(value, (any) => {
      expect(readBack(any)).toEqual(any);
    }),
  );
});

test("calls and persistent ids reach the reader with their arguments", () => {
  const storage = new PickledPersistentId(["storage", "0"]);
  expect(readBack(new PickledCall(new PickledGlobal("torch._utils", "rebuild"), [storage, 3]))).toEqual({
    called: "rebuild",
    arguments_: [{ id: ["storage", "0"] }, 3],
  });
});

test("the bytes are those of protocol 2", () => {
  const bytes = writePickle(new Map([["a", new PickledGlobal("torch", "FloatStorage")]]));
  // PROTO 2, EMPTY_DICT, MARK, BINUNICODE "a", GLOBAL, SETITEMS, STOP
  expect(Buffer.from(bytes).toString("latin1")).toBe("\x80\x02}(X\x01\0\0\0actorch\nFloatStorage\nu.");
});

test.each([1.5, 2 ** 31, -(2 ** 31) - 1, Number.NaN])("%d is refused: sizes are integers of 32 bits", (value) => {
  expect(() => writePickle(value)).toThrow(RangeError);
});
