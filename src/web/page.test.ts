import { expect, test } from "vitest";
import { buildColormap, COLORMAPS } from "../image/colormap.ts";
import { encodeNpy } from "../image/npy.ts";
import { colourMap, readMap } from "./map.ts";
import { en } from "./messages/en.ts";
import { ko } from "./messages/ko.ts";
import { panBy, WHOLE, zoomAt } from "./zoom.ts";

test("a map is read as the service writes it", () => {
  const values = Float32Array.of(0, 0.25, 0.5, 1, 2, 3);
  const file = encodeNpy(values, [2, 3]);
  const map = readMap(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer);
  expect(map).toEqual({ values, rows: 2, columns: 3 });
});

test.each(COLORMAPS)("%s has the colours of drawn overlays, and grows opaque with the map", (name) => {
  const levels = Float32Array.from({ length: 256 }, (_, i) => (2 * i) / 255);
  const pixels = colourMap({ values: levels, rows: 1, columns: 256 }, 2, name, 1);
  const table = buildColormap(name);
  for (let i = 0; i < 256; i++) {
    expect(pixels[4 * i + 3]).toBe(i);
    for (let c = 0; c < 3; c++) expect(Math.abs(pixels[4 * i + c]! - table[3 * i + c]!)).toBeLessThanOrEqual(1);
  }
});

test("zooming keeps what is under the pointer, and the picture fills its frame", () => {
  const zoomed = zoomAt(WHOLE, 2, 0.25, 0.75);
  // The point at 0.25 of the picture is at 0.25 of the frame: x + scale · 0.25.
  expect(zoomed.x + zoomed.scale * 0.25).toBeCloseTo(0.25);
  expect(zoomed.y + zoomed.scale * 0.75).toBeCloseTo(0.75);
  expect(zoomAt(zoomed, 0.01)).toEqual(WHOLE);
  expect(panBy(zoomed, 5, -5)).toEqual({ scale: 2, x: 0, y: -1 });
  expect(panBy(WHOLE, 1, 1)).toEqual(WHOLE);
});

test("both languages say everything, with the same places to fill", () => {
  expect(Object.keys(ko)).toEqual(Object.keys(en));
  const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const [key, text] of Object.entries(en)) expect(places(ko[key as keyof typeof en]), key).toEqual(places(text));
});
