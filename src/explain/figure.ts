/** A figure: panels in rows and columns, told apart by their headings. It is drawn as a file and inside a page. */

import type { RgbImage } from "../image/image.ts";
import { renderMap } from "../image/overlay.ts";

export interface Panel {
  image: RgbImage;
  /** A line below it. */
  caption: string;
  /** What it shows, for those who cannot see it. */
  alt: string;
}

export interface Heading {
  text: string;
  /** A second line. Default: none. */
  detail?: string;
}

export interface FigureRow {
  /** Null: the rows need no names. */
  heading: Heading | null;
  /** One for each column; a string stands where there is nothing to show, and says why. */
  panels: (Panel | string)[];
}

/** What the colours mean. */
export interface ColourScale {
  label: string;
  /** Evenly spaced, from the lowest colour to the highest. */
  ticks: string[];
}

export interface Figure {
  /** File name without its ending. */
  name: string;
  columns: Heading[];
  rows: FigureRow[];
  scale: ColourScale;
}

export const SIMILARITY_SCALE: ColourScale = {
  label: "similarity with the abnormal prompt",
  ticks: ["0", "0.25", "0.5", "0.75", "1"],
};

export const ATTENTION_SCALE: ColourScale = {
  label: "attention, in multiples of an equal share for every token",
  ticks: ["1 or less", "10", "100 or more"],
};

/** The colours of a scale, from left to right. */
export function scaleBar(width: number, height: number): RgbImage {
  const ramp = Float32Array.from({ length: width * height }, (_, i) => (i % width) / (width - 1));
  return renderMap(ramp, width, height, { min: 0, max: 1 });
}
