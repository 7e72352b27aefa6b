import { describe, expect, test } from "vitest";
import { decodeImage } from "../image/decode.ts";
import { inferredOf, readInference, writeInference } from "./inference-protocol.ts";

const LIMITS = { bytes: 1e6, pixels: 100, images: 3, seconds: 5 };

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const read = (value: unknown, rest = Buffer.alloc(0)) => {
  const head = json(value);
  return readInference(Buffer.concat([head, rest]), rest.length === 0 ? null : String(head.length), LIMITS);
};
const framed = (...elements: Buffer[]) =>
  Buffer.concat(elements.flatMap((bytes) => [Buffer.from(Uint32Array.of(bytes.length).buffer), bytes]));

describe("what is asked", () => {
  test("picture files come in base64 and in binary", async () => {
    const files = [Buffer.from("one"), Buffer.from("picture two")];
    const input = { name: "image", datatype: "BYTES", shape: [2] };
    const inText = await read({ id: "a", inputs: [{ ...input, data: files.map((file) => file.toString("base64")) }] });
    expect(inText.pictures.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()])).toEqual([
      ["a 1", "one"],
      ["a 2", "picture two"],
    ]);
    expect(inText).toMatchObject({ keep: true, outputs: [{ binary: false }, { binary: false }, { binary: false }] });
    const rest = framed(...files);
    const parameters = { binary_data_size: rest.length };
    const inBinary = await read({ inputs: [{ ...input, parameters }], parameters: { binary_data_output: true } }, rest);
    expect(inBinary.pictures.map(({ bytes }) => Buffer.from(bytes))).toEqual(files);
    expect(inBinary.outputs.map(({ name, binary }) => [name, binary])).toEqual([
      ["score", true],
      ["verdict", true],
      ["map", true],
    ]);
  });

  test("pixels become the picture that they are, nested, flat and in binary", async () => {
    const flat = Array.from({ length: 12 }, (_, i) => i * 20);
    const nested = [[flat.slice(0, 6), flat.slice(6)].map((row) => [row.slice(0, 3), row.slice(3)])];
    const input = { name: "pixels", datatype: "UINT8", shape: [1, 2, 2, 3] };
    const outputs = [{ name: "score", parameters: { binary_data: true } }];
    const requests = [
      await read({ inputs: [{ ...input, data: flat }], outputs }),
      await read({ inputs: [{ ...input, data: nested }], outputs }),
      await read({ inputs: [{ ...input, parameters: { binary_data_size: 12 } }], outputs }, Buffer.from(flat)),
    ];
    for (const { pictures, outputs } of requests) {
      const { width, height, data } = await decodeImage(pictures[0]!.bytes);
      expect([width, height, ...data]).toEqual([2, 2, ...flat]);
      expect(outputs).toEqual([{ name: "score", binary: true }]);
    }
  });

  const image = (more: object) => ({ inputs: [{ name: "image", datatype: "BYTES", shape: [1], ...more }] });
  const pixels = (shape: number[], data: unknown[]) => ({
    inputs: [{ name: "pixels", datatype: "UINT8", shape, data }],
  });
  let deep: unknown[] = [];
  for (let i = 0; i < 500; i++) deep = [deep];
  test.each([
    ["no input", { inputs: [] }, "one input is expected"],
    [
      "an input of another model",
      { inputs: [{ name: "x", datatype: "BYTES", shape: [1], data: [] }] },
      "inputs.0.name",
    ],
    ["no data", image({}), "data is missing"],
    ["another datatype", image({ datatype: "UINT8", data: [1] }), "expected BYTES"],
    ["fewer elements than the shape", image({ shape: [2], data: ["b25l"] }), "1 elements, the shape says 2"],
    ["more elements than the shape", image({ data: [1, "b25l"] }), "2 elements, the shape says 1"],
    ["no picture", image({ shape: [0], data: [] }), "no picture"],
    ["too many pictures", image({ shape: [4], data: ["", "", "", ""] }), "more than the 3"],
    ["an element that is no text", image({ data: [1] }), "element 0 is no picture file"],
    ["four channels", pixels([1, 1, 1, 4], [1, 2, 3, 4]), "[n, height, width, 3]"],
    ["levels out of range", pixels([1, 1, 1, 3], [0, 0, 256]), "whole numbers from 0 to 255"],
    ["fractions", pixels([1, 1, 1, 3], [0, 0, 0.5]), "whole numbers from 0 to 255"],
    ["arrays too deep", pixels([1, 1, 1, 3], deep), "whole numbers from 0 to 255"],
    ["more pixels than allowed", pixels([1, 11, 10, 3], []), "more than the 100 pixels"],
    ["fewer values than the shape", pixels([1, 2, 1, 3], [1]), "1 values, the shape says 6"],
    ["a threshold in a text", { ...image({ data: ["b25l"] }), parameters: { threshold: "0" } }, "parameters.threshold"],
    ["a threshold that is true", { ...image({ data: ["b25l"] }), parameters: { threshold: true } }, "expected number"],
    ["an unknown output", { ...image({ data: ["b25l"] }), outputs: [{ name: "y" }] }, "outputs.0.name"],
  ])("%s is refused in a sentence", async (_, value, message) => {
    await expect(read(value)).rejects.toThrow(message);
  });

  test("a parameter that is null is as if it were not there", async () => {
    const nothing = { product: null, threshold: null, keep: null, binary_data_output: null };
    for (const parameters of [undefined, null, {}, nothing]) {
      const request = await read({ ...image({ data: ["b25l"] }), parameters });
      expect(request).toMatchObject({ product: undefined, threshold: undefined, keep: true });
      expect(request.outputs.map(({ binary }) => binary)).toEqual([false, false, false]);
    }
    expect(await read({ ...image({ data: ["b25l"] }), parameters: { threshold: 0 } })).toMatchObject({ threshold: 0 });
  });

  test("binary parts that do not fit are refused", async () => {
    const input = (size: number) => image({ parameters: { binary_data_size: size } });
    await expect(read(input(9), Buffer.alloc(8))).rejects.toThrow("8 bytes follow");
    const beyond = Buffer.from(Uint32Array.of(100).buffer);
    await expect(read(input(4), beyond)).rejects.toThrow("ends beyond the body");
    await expect(read(input(2), Buffer.alloc(2))).rejects.toThrow("ends beyond the body");
    await expect(read(input(4000), Buffer.alloc(4000))).rejects.toThrow("more elements than the 1 of the shape");
    for (const length of ["-1", "x", "99999", "1.5"]) {
      await expect(readInference(json({}), length, LIMITS)).rejects.toThrow("Inference-Header-Content-Length");
    }
  });
});

describe("what is answered", () => {
  const seen = [0.25, 0.75].map((score) => ({
    result: { score, verdict: score < 0.5 ? ("normal" as const) : ("abnormal" as const) },
    detection: { map: Float32Array.of(0, score), mapWidth: 2, mapHeight: 1 },
  }));
  const all = (binary: boolean) => (["score", "verdict", "map"] as const).map((name) => ({ name, binary }));

  test("nothing is kept of what was seen but what is answered", () => {
    const [inferred] = seen;
    const { result, detection } = inferred!;
    const more = { result: { ...result, regions: [] }, detection: { ...detection, image: new Uint8Array(1e6) } };
    expect(inferredOf(more)).toEqual(inferred);
  });

  test("tensors as JSON", () => {
    const { body, jsonLength } = writeInference("m", { id: "7", outputs: all(false) }, seen);
    expect(jsonLength).toBeNull();
    expect(JSON.parse(Buffer.from(body).toString())).toEqual({
      ...{ model_name: "m", model_version: "1", id: "7" },
      outputs: [
        { name: "score", datatype: "FP32", shape: [2], data: [0.25, 0.75] },
        { name: "verdict", datatype: "BYTES", shape: [2], data: ["normal", "abnormal"] },
        { name: "map", datatype: "FP32", shape: [2, 1, 2], data: [0, 0.25, 0, 0.75] },
      ],
    });
  });

  test("tensors in binary, in the order of their names", () => {
    const { body, jsonLength } = writeInference("m", { id: undefined, outputs: all(true) }, seen);
    const { outputs } = JSON.parse(Buffer.from(body.subarray(0, jsonLength!)).toString());
    expect(outputs.map((output: { parameters: object }) => output.parameters)).toEqual(
      [8, 22, 16].map((binary_data_size) => ({ binary_data_size })),
    );
    const rest = Buffer.from(body.subarray(jsonLength!));
    expect([rest.readFloatLE(0), rest.readFloatLE(4), rest.readUInt32LE(8)]).toEqual([0.25, 0.75, 6]);
    expect(rest.subarray(12, 18).toString()).toBe("normal");
    expect(rest.readFloatLE(rest.length - 4)).toBe(0.75);
  });

  test("maps of different sizes make no tensor", () => {
    const other = { ...seen[0]!, detection: { map: Float32Array.of(0), mapWidth: 1, mapHeight: 1 } };
    expect(() => writeInference("m", { id: "1", outputs: all(false) }, [seen[0]!, other])).toThrow("differ in size");
  });
});
