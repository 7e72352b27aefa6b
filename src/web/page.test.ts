import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { buildColormap } from "../image/colormap.ts";
import { encodeNpy } from "../image/npy.ts";
import { colourMap, readMap } from "./map.ts";
import { en } from "./messages/en.ts";
import { ko } from "./messages/ko.ts";
import { panBy, WHOLE, zoomAt } from "./zoom.ts";

/** Keys that stand in data and not in the source of a view. */
const NAMED = new Set(["inspect", "calibrate", "compare", "running", "cancelled", "training", "evaluation"]);

test("a map is read as the service writes it", () => {
  const values = Float32Array.of(0, 0.25, 0.5, 1, 2, 3);
  const file = encodeNpy(values, [2, 3]);
  const map = readMap(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer);
  expect(map).toEqual({ values, rows: 2, columns: 3 });
});

test("a map grows opaque with its values, in the colours of drawn overlays", () => {
  const pixels = colourMap({ values: Float32Array.of(-1, 0, 1, 2, 9), rows: 1, columns: 5 }, 2, "turbo", 0.5);
  const table = buildColormap("turbo");
  const expected = [0, 0, 128, 255, 255].flatMap((level, i) => [
    ...table.slice(3 * level, 3 * level + 3),
    [0, 0, 64, 128, 128][i]!,
  ]);
  expect([...pixels]).toEqual(expected);
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

test("every message is said somewhere", async () => {
  const folder = new URL(".", import.meta.url);
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".tsx"));
  const source = (await Promise.all(names.map((name) => readFile(new URL(name, folder), "utf8")))).join("\n");
  // Views, orders and states are named by what they are called in data.
  const unsaid = Object.keys(en).filter((key) => !new RegExp(`"${key}"`).test(source) && !NAMED.has(key));
  expect(unsaid).toEqual([]);
});
