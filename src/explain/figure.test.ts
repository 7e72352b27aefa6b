import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { RgbImage } from "../image/image.ts";
import { ATTENTION_SCALE, type Figure, type Panel, scaleBar } from "./figure.ts";
import { figureHtml } from "./figure-html.ts";
import { figurePng } from "./figure-png.ts";

const EVIL = `</svg></table><script>alert(1)</script>"'&\u202e\u0000`;

function plain(width: number, height: number, colour: [number, number, number]): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = colour[i % 3]!;
  return { width, height, data };
}

function panelOf(colour: [number, number, number], size: [number, number] = [400, 300]): Panel {
  return { image: plain(...size, colour), caption: "0.1 to 0.9", alt: "A map" };
}

function figureOf(panels: (Panel | string)[][], changes: Partial<Figure> = {}): Figure {
  return {
    name: "map",
    columns: panels[0]!.map((_, i) => ({ text: `column ${i}`, detail: "detail" })),
    rows: panels.map((row, i) => ({ heading: { text: `row ${i}` }, panels: row })),
    scale: ATTENTION_SCALE,
    ...changes,
  };
}

async function pixelsOf(png: Uint8Array) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(3);
  const count = (colour: number[]) => {
    let found = 0;
    for (let i = 0; i < data.length; i += 3) if (colour.every((value, c) => data[i + c] === value)) found++;
    return found;
  };
  return { ...info, count };
}

const RED: [number, number, number] = [250, 10, 20];
const BLUE: [number, number, number] = [20, 30, 240];

describe("a figure as a file", () => {
  test("has all panels whole, on white, with words around them", async () => {
    const { width, height, count } = await pixelsOf(await figurePng(figureOf([[panelOf(RED), panelOf(BLUE)]])));
    expect(count(RED)).toBe(400 * 300);
    expect(count(BLUE)).toBe(400 * 300);
    expect(width).toBeGreaterThan(900);
    expect(width).toBeLessThan(1050);
    expect(height).toBeLessThan(600);
    expect(count([255, 255, 255])).toBeGreaterThan(50_000);
    expect(count([0, 0, 0])).toBeGreaterThan(100);
  });

  test("leaves a place empty where there is nothing to show", async () => {
    const both = await pixelsOf(await figurePng(figureOf([[panelOf(RED), panelOf(RED)]])));
    const one = await pixelsOf(await figurePng(figureOf([[panelOf(RED), "begins at block 6"]])));
    expect([one.width, one.height]).toEqual([both.width, both.height]);
    expect(one.count(RED)).toBe(400 * 300);
  });

  test.each([
    ["narrow", [20, 400]],
    ["flat", [400, 1]],
  ] as [string, [number, number]][])("holds its words where pictures are %s", async (_, size) => {
    const { width, count } = await pixelsOf(await figurePng(figureOf([[panelOf(RED, size), panelOf(BLUE, size)]])));
    expect(count(RED)).toBe(size[0] * size[1]);
    expect(width).toBeGreaterThan(600);
  });

  test("survives hostile and endless words", async () => {
    const panel = { ...panelOf(RED), caption: EVIL };
    const heading = { text: EVIL, detail: "x".repeat(100_000) };
    const figure = figureOf([[panel]], { columns: [heading], rows: [{ heading, panels: [panel, EVIL] }] });
    expect((await pixelsOf(await figurePng(figure))).count(RED)).toBe(400 * 300);
  });
});

describe("a figure in a page", () => {
  test("is a table with its words as text, and pictures that are described", async () => {
    const html = await figureHtml(figureOf([[panelOf(RED), "begins at block 6"]]), "One <i>sees</i> it.");
    for (const text of ["column 0<small>detail</small>", "row 0", "0.1 to 0.9", "begins at block 6", "10"]) {
      expect(html).toContain(text);
    }
    expect(html.match(/<img alt="A map" width="400" height="300" src="data:image\/jpeg;base64,/g)).toHaveLength(1);
    expect(html).toContain("<figcaption>One <i>sees</i> it.");
    expect(html.match(/<img (?!alt=")/g)).toBeNull();
  });

  test("has no column for names where rows have none", async () => {
    const figure = figureOf([[panelOf(RED)]], { rows: [{ heading: null, panels: [panelOf(RED)] }] });
    const html = await figureHtml(figure, "");
    expect(html).not.toContain('scope="row"');
    expect(html).toContain("<thead><tr><th");
  });

  test("makes hostile words harmless", async () => {
    const panel = { ...panelOf(RED), caption: EVIL, alt: EVIL };
    const heading = { text: EVIL, detail: EVIL };
    const scale = { label: EVIL, ticks: [EVIL, EVIL] };
    const rows = [{ heading, panels: [panel, EVIL] }];
    const html = await figureHtml(figureOf([[panel]], { name: EVIL, columns: [heading], rows, scale }), "");
    expect(html).not.toContain("<script");
    expect(html.match(/<\/table>/g)).toHaveLength(1);
    expect(html).not.toMatch(/\u202e|\0/u);
  });

  test("has nothing that a strict page refuses", async () => {
    expect(await figureHtml(figureOf([[panelOf(RED)]]), "")).not.toMatch(/ style="| on\w+="|<style|<script/);
  });
});

test("the bar of a scale runs from the lowest colour to the highest", () => {
  const { data } = scaleBar(64, 2);
  const [low, high] = [data.slice(0, 3), data.slice(63 * 3, 64 * 3)];
  expect([...low]).toEqual([48, 18, 59]);
  expect([...high]).toEqual([122, 4, 3]);
});
