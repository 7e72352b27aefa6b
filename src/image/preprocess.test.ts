import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeImage, decodeMask } from "./decode.ts";
import { preprocess, preprocessMask, resizeMask } from "./preprocess.ts";

const reference = new URL("../../test/reference/", import.meta.url);
const imagePath = (name: string) => fileURLToPath(new URL(`images/${name}`, reference));

function readExpected(name: string): Float32Array {
  const file = readFileSync(new URL("expected.safetensors", reference));
  const dataAt = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString("utf8", 8, dataAt));
  const [from, to] = header[name].data_offsets;
  return new Float32Array(new Uint8Array(file.subarray(dataAt + from, dataAt + to)).buffer);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

describe("preprocess", () => {
  // Float rounding only: not one pixel may be a grey level (0.0142) away. palette.png is not compared, because the
  // released code resizes palette indices as if they were colours and looks them up afterwards.
  it.each(["rgb-large.png", "rgb-small.png", "square.png", "portrait.jpg", "gray.png"])(
    "equals the released code's input for %s",
    async (name) => {
      const input = preprocess(await decodeImage(imagePath(name)), 96);
      expect(largestDifference(input, readExpected(`preprocess/${name}`))).toBeLessThan(1e-5);
    },
  );

  it("equals the released code's input for rgba.png within one grey level", async () => {
    const input = preprocess(await decodeImage(imagePath("rgba.png")), 96);
    expect(largestDifference(input, readExpected("preprocess/rgba.png"))).toBeLessThan(1 / 255 / 0.26 + 1e-5);
  });

  it("converts a palette to colours before it resizes", async () => {
    const image = await decodeImage(imagePath("palette.png"));
    const input = preprocess(image, 96);
    expect(input.length).toBe(3 * 96 * 96);
    // Interpolated palette indices are unrelated colours: the released input differs wildly.
    expect(largestDifference(input, readExpected("preprocess/palette.png"))).toBeGreaterThan(0.5);
  });

  it("normalises with CLIP's statistics, channel planes in RGB order", () => {
    const input = preprocess({ width: 1, height: 1, data: Uint8Array.of(255, 0, 0) }, 2);
    const expected = [(1 - 0.48145466) / 0.26862954, -0.4578275 / 0.26130258, -0.40821073 / 0.27577711];
    for (let c = 0; c < 3; c++) {
      for (let i = 0; i < 4; i++) expect(input[c * 4 + i]).toBeCloseTo(expected[c]!, 6);
    }
  });
});

describe("preprocessMask", () => {
  it("equals the released code's mask before and after the threshold", async () => {
    const mask = await decodeMask(imagePath("mask.png"));
    const expected = readExpected("mask/mask.png");
    const soft = Float32Array.from(resizeMask(mask, 96), (value) => value / 255);
    expect(largestDifference(soft, expected)).toBeLessThan(1e-6);
    const hard = preprocessMask(mask, 96);
    expect([...hard]).toEqual(Array.from(expected, (value) => (value > 0.5 ? 1 : 0)));
    expect(new Set(hard)).toEqual(new Set([0, 1]));
  });

  it("counts any level above 0 as anomalous", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 30, maxLength: 30 }), (data) => {
        const mask = { width: 6, height: 5, data };
        const binary = { width: 6, height: 5, data: data.map((value) => (value > 0 ? 255 : 0)) };
        expect(preprocessMask(mask, 9)).toEqual(preprocessMask(binary, 9));
      }),
    );
  });
});
