import { describe, expect, test } from "vitest";
import type { RgbImage } from "../image/image.ts";
import { attentionPanel, PANEL_SIDE, panelPicture, similarityPanel } from "./panels.ts";

const gray = (width: number, height: number): RgbImage => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(128),
});

const pixel = ({ width, data }: RgbImage, x: number, y: number) => [...data.slice((y * width + x) * 3).slice(0, 3)];
const GRAY = [128, 128, 128];

describe("a panel", () => {
  test.each([
    [10, 20, PANEL_SIDE / 2, PANEL_SIDE],
    [4000, 1000, PANEL_SIDE, PANEL_SIDE / 4],
    [5000, 1, PANEL_SIDE, 1],
  ])("of a picture of %d x %d keeps its shape", (width, height, panelWidth, panelHeight) => {
    expect(panelPicture(gray(width, height))).toMatchObject({ width: panelWidth, height: panelHeight });
  });

  test("shows similarity from 0, which is clear, to 1", () => {
    const map = Float32Array.of(0, 0, 1, 1);
    const panel = similarityPanel(gray(40, 20), map);
    expect(pixel(panel, 20, 0)).toEqual(GRAY);
    const [red, , blue] = pixel(panel, 20, 19);
    expect(red!).toBeGreaterThan(blue! + 50);
  });
});

describe("an attention panel", () => {
  // Two by two patches and the class token: a fifth of the attention each would be uniform.
  const row = Float32Array.of(0.1, 0.2, 0.1, 0.5, 0.1);
  const panel = attentionPanel(gray(100, 100), row, { column: 1, row: 0 });

  test("colours what is above the uniform share, and nothing else", () => {
    expect(pixel(panel, 5, 5)).toEqual(GRAY);
    expect(pixel(panel, 95, 95)).toEqual(GRAY);
    expect(pixel(panel, 5, 95)).not.toEqual(GRAY);
  });

  test("frames the patch that asks", () => {
    const changed = [...Array(100).keys()].filter((x) => `${pixel(panel, x, 25)}` !== `${GRAY}`);
    expect(changed.some((x) => x < 50)).toBe(true);
    expect(changed.some((x) => x > 90)).toBe(true);
    expect(pixel(panel, 75, 25)).toEqual(GRAY);
  });

  test("survives attention of nothing at all", () => {
    const none = attentionPanel(gray(10, 10), Float32Array.of(1, 0, 0, 0, 0), { column: 1, row: 1 });
    expect(pixel(none, 0, 0)).toEqual(GRAY);
  });
});
