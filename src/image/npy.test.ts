import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeNpy, encodeNpy } from "./npy.ts";

/** A file with this header text, and bytes after it. */
function makeNpy(header: string, body: Uint8Array = new Uint8Array(0), version = 1): Uint8Array {
  const length =
    version === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0];
  return Buffer.concat([
    Buffer.from("\x93NUMPY", "latin1"),
    Uint8Array.of(version, 0, ...length),
    Buffer.from(header),
    body,
  ]);
}

const header = (fields: { descr?: string; fortran?: string; shape?: string }) => {
  const { descr = "<f4", fortran = "False", shape = "(1,)" } = fields;
  return `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
};

describe("npy", () => {
  it("brings any array back", () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.array(fc.float(), { minLength: 256, maxLength: 256 }), (shape, values) => {
        const data = Float32Array.from(values).subarray(
          0,
          shape.reduce((a, b) => a * b, 1),
        );
        expect(decodeNpy(encodeNpy(data, shape))).toEqual({ data: Float32Array.from(data), shape });
      }),
    );
  });

  it("writes what numpy.save writes", () => {
    const bytes = Buffer.from(encodeNpy(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]));
    expect(bytes.subarray(0, 10).toString("hex")).toBe("934e554d505901007600");
    const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    expect(bytes.toString("latin1", 10, 128)).toBe(`${text.padEnd(117)}\n`);
    expect(bytes.length).toBe(128 + 24);
  });

  it("reads float64 and uint8, versions 2 and 3, and data at an odd address", () => {
    const doubles = new Uint8Array(Float64Array.of(0.1, -2).buffer);
    const file = makeNpy(header({ descr: "<f8", shape: "(2, 1)" }), doubles, 2);
    const shifted = new Uint8Array(file.length + 1);
    shifted.set(file, 1);
    expect(decodeNpy(shifted.subarray(1))).toEqual({ data: Float64Array.of(0.1, -2), shape: [2, 1] });
    const bytes = makeNpy(header({ descr: "|u1", shape: "(3,)" }), Uint8Array.of(7, 8, 9), 3);
    expect(decodeNpy(bytes)).toEqual({ data: Uint8Array.of(7, 8, 9), shape: [3] });
  });

  it("refuses to write a shape that does not hold the data", () => {
    expect(() => encodeNpy(new Float32Array(4), [2, 3])).toThrow(RangeError);
    expect(() => encodeNpy(new Float32Array(4), [-2, -2])).toThrow(RangeError);
  });

  it.each([
    ["Fortran order", makeNpy(header({ fortran: "True" }), new Uint8Array(4)), /Fortran order; save numpy\.asc/],
    ["big-endian numbers", makeNpy(header({ descr: ">f4" }), new Uint8Array(4)), /an array of >f4/],
    ["Python objects", makeNpy(header({ descr: "|O" }), new Uint8Array(4)), /an array of \|O/],
    ["too little data", makeNpy(header({ shape: "(2,)" }), new Uint8Array(4)), /needs 8 bytes, the file has 4/],
    ["too much data", makeNpy(header({}), new Uint8Array(5)), /needs 4 bytes, the file has 5/],
    [
      "a shape beyond memory",
      makeNpy(header({ shape: `(${"999999999999999, ".repeat(20)})` })),
      /needs .+ the file has 0/,
    ],
    ["a negative shape", makeNpy(header({ shape: "(-1,)" })), /header is damaged/],
    ["fields beside the three", makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}"), /damaged/],
    ["code in the header", makeNpy("__import__('os').system('x')"), /header is damaged/],
    ["a header that is cut off", makeNpy(header({})).subarray(0, 30), /header is cut off/],
    ["a giant header", makeNpy("{}".padEnd(20_000)), /header has 20000 bytes/],
    ["an unknown version", makeNpy(header({}), new Uint8Array(4), 9), /version 9/],
    ["another kind of file", Buffer.from("\x89PNG\r\n\x1a\n and more", "latin1"), /not a \.npy file/],
    ["nothing", new Uint8Array(0), /not a \.npy file/],
  ])("refuses %s", (_, bytes, message) => {
    const decode = () => decodeNpy(bytes, "map.npy");
    expect(decode).toThrow(message);
    expect(decode).toThrow(expect.objectContaining({ code: "E_IMAGE" }));
    expect(decode).toThrow(/^map\.npy: .+$/);
  });

  it("answers any bytes with an array or an error of ours", () => {
    const valid = encodeNpy(Float32Array.of(1, 2, 3, 4), [2, 2]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 5 }),
        fc.nat(valid.length),
        (edits, length) => {
          const bytes = valid.slice(0, length);
          for (const [at, value] of edits) if (at < length) bytes[at] = value;
          try {
            const { data, shape } = decodeNpy(bytes);
            expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
          } catch (error) {
            expect(error).toMatchObject({ code: "E_IMAGE" });
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
