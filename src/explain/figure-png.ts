/** A figure as a picture file for papers and slides: white, with its headings, captions and scale. */

import sharp, { type OverlayOptions } from "sharp";
import { escapeHtml } from "../html.ts";
import type { RgbImage } from "../image/image.ts";
import { type Figure, type Heading, type Panel, scaleBar } from "./figure.ts";

/** The bytes of a PNG file. */
export async function figurePng(figure: Figure): Promise<Uint8Array> {
  const { rows, columns, scale } = figure;
  const { width: panelWidth, height: panelHeight } = panelSize(figure);
  const cellWidth = Math.max(panelWidth, NARROWEST_CELL);
  const left = rows.some(({ heading }) => heading !== null) ? ROW_HEADING : MARGIN;
  const top = MARGIN + (columns.some(({ detail }) => detail) ? 2 : 1) * LINE + GAP / 2;
  const cellX = (column: number) => left + column * (cellWidth + GAP);
  const cellY = (row: number) => top + row * (panelHeight + LINE + GAP);
  const width = cellX(columns.length) - GAP + MARGIN;
  const bar = { x: left, y: cellY(rows.length), width: Math.min(BAR_WIDTH, width - left - MARGIN), height: 14 };
  const height = bar.y + bar.height + 2 * LINE + MARGIN;

  const layers: OverlayOptions[] = [layer(scaleBar(bar.width, bar.height), bar.x, bar.y)];
  const texts: string[] = [];
  for (const [i, heading] of columns.entries()) {
    texts.push(...headingTexts(heading, cellX(i) + cellWidth / 2, MARGIN + LINE * 0.7, "middle", cellWidth));
  }
  for (const [r, { heading, panels }] of rows.entries()) {
    const middle = cellY(r) + panelHeight / 2;
    if (heading) texts.push(...headingTexts(heading, MARGIN, middle, "start", ROW_HEADING - MARGIN));
    for (const [c, panel] of panels.entries()) {
      const centre = cellX(c) + cellWidth / 2;
      if (typeof panel === "string") {
        texts.push(textElement(panel, centre, middle, { anchor: "middle", soft: true, room: cellWidth }));
        continue;
      }
      layers.push(layer(panel.image, Math.round(centre - panel.image.width / 2), cellY(r)));
      const below = cellY(r) + panelHeight + LINE * 0.8;
      texts.push(textElement(panel.caption, centre, below, { anchor: "middle", soft: true, room: cellWidth }));
    }
  }
  const last = scale.ticks.length - 1;
  for (const [i, tick] of scale.ticks.entries()) {
    const anchor = i === 0 ? "start" : i === last ? "end" : "middle";
    const x = bar.x + (bar.width * i) / last;
    texts.push(textElement(tick, x, bar.y + bar.height + LINE * 0.8, { anchor, room: bar.width / 2 }));
  }
  texts.push(textElement(scale.label, bar.x, bar.y + bar.height + LINE * 1.8, { anchor: "start", room: width }));

  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="Helvetica, Arial, DejaVu Sans, sans-serif" font-size="${FONT}">${texts.join("")}</svg>`;
  return await sharp({ create: { width, height, channels: 3, background: "#ffffff" }, limitInputPixels: false })
    // Pictures last: in a wide font words would reach over their edges.
    .composite([{ input: Buffer.from(svg), left: 0, top: 0 }, ...layers])
    .removeAlpha()
    .png()
    .toBuffer();
}

// --- internal ---

const FONT = 22;
const LINE = 30;
const GAP = 14;
const MARGIN = 16;
const ROW_HEADING = 150;
const BAR_WIDTH = 640;

/** Narrower panels, of upright pictures, leave room for their captions. */
const NARROWEST_CELL = 250;

/** Average width of a character, in font sizes; no font is at hand to measure with. */
const CHARACTER = 0.55;

interface TextStyle {
  anchor: "start" | "middle" | "end";
  /** What it must fit into, pixels; a longer text is drawn narrower, and cut where that does not help. */
  room: number;
  bold?: boolean;
  soft?: boolean;
}

/** All panels of a figure show the same picture. */
function panelSize({ rows }: Figure): { width: number; height: number } {
  return rows.flatMap(({ panels }) => panels).find((panel): panel is Panel => typeof panel !== "string")!.image;
}

function layer({ data, width, height }: RgbImage, left: number, top: number): OverlayOptions {
  return {
    input: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    raw: { width, height, channels: 3 },
    left,
    top,
  };
}

function headingTexts({ text, detail }: Heading, x: number, y: number, anchor: TextStyle["anchor"], room: number) {
  const first = textElement(text, x, y, { anchor, room, bold: true });
  return detail === undefined ? [first] : [first, textElement(detail, x, y + LINE * 0.9, { anchor, room })];
}

function textElement(text: string, x: number, y: number, { anchor, room, bold, soft }: TextStyle): string {
  const most = Math.floor(room / (SMALLEST * CHARACTER));
  const shown = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  const size = Math.max(SMALLEST, Math.min(FONT, room / (shown.length * CHARACTER)));
  const weight = bold ? ' font-weight="bold"' : "";
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="${size.toFixed(1)}" fill="${soft ? "#444" : "#000"}"${weight}>${escapeHtml(shown)}</text>`;
}

const SMALLEST = 14;
