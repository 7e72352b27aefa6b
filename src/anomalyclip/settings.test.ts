import { expect, test } from "vitest";
import type { ClipConfig } from "../weights/clip-config.ts";
import { resolveSettings } from "./settings.ts";

const tower = { width: 1024, layers: 24, heads: 16, mlpWidth: 4096 };
const config: ClipConfig = {
  embedDim: 768,
  imageSize: 336,
  patchSize: 14,
  vision: tower,
  text: { ...tower, contextLength: 77, vocabSize: 49408 },
  activation: "quick_gelu",
  layerNormEps: 1e-5,
};

test("without anything said, settings are the paper's", () => {
  expect(resolveSettings(config, {}, {})).toEqual({
    precision: "fp32",
    imageSize: 518,
    views: 1,
    layers: [24],
    dpamFrom: 6,
    attention: "v-v",
    temperature: 0.07,
    sigma: 4,
    threshold: 0.5,
    mapThreshold: 0.5,
  });
});

test("patches of 16 pixels tile 512", () => {
  expect(resolveSettings({ ...config, patchSize: 16 }, {}, {}).imageSize).toBe(512);
});

test("the caller goes before the prompt file, and the prompt file before the paper", () => {
  const metadata = { settings: JSON.stringify({ imageSize: 336, sigma: 2, layers: [6, 24], attention: "k-k" }) };
  const settings = resolveSettings(config, metadata, { sigma: 0, threshold: undefined });
  expect(settings).toMatchObject({ imageSize: 336, sigma: 0, layers: [6, 24], attention: "k-k", threshold: 0.5 });
});

test("fields of another type in a prompt file's settings are left alone, and broken settings refused", () => {
  const odd = JSON.stringify({ imageSize: "518", layers: ["x"], attention: "z-z", prototype: 1 });
  expect(resolveSettings(config, { settings: odd }, {})).toEqual(resolveSettings(config, {}, {}));
  expect(resolveSettings(config, { settings: "null" }, {}).imageSize).toBe(518);
  expect(() => resolveSettings(config, { settings: "{" }, {})).toThrow("settings are not JSON");
});

test.each([
  [{ layers: [25] }, "layer 25 does not exist: the model has blocks 1 to 24"],
  [{ layers: [] }, "no layers given"],
  [{ dpamFrom: 0 }, "first V-V block 0 does not exist"],
  [{ temperature: 0 }, "temperature must be above 0, got 0"],
  [{ sigma: Number.NaN }, "sigma must be 0 to 100, got NaN"],
  [{ threshold: 2 }, "threshold must be 0 to 1, got 2"],
  [{ views: 3 }, "views must be 1, 2, 4 or 8, got 3"],
  [{ imageSize: 1e9 }, "image size must be a whole number"],
])("%j is refused", (given, message) => {
  expect(() => resolveSettings(config, {}, given)).toThrow(message);
});

test("a precision that does not exist is refused", () => {
  const precision = "int4" as "int8";
  expect(() => resolveSettings(config, {}, { precision })).toThrow("precision must be fp32 or int8, got int4");
});
