/** The figures of a picture. */

import { COMPARISONS } from "../anomalyclip/attention-maps.ts";
import type { RgbImage } from "../image/image.ts";
import { formatScore } from "../results/histogram.ts";
import { ATTENTION_SCALE, type Figure, type Heading, type Panel, SIMILARITY_SCALE } from "./figure.ts";
import type { AskedPatch, ImageMeasurements, LayerMaps, MapPair, VariantMaps } from "./measure-image.ts";
import { attentionPanel, similarityPanel } from "./panels.ts";

/** What the paths are called in headings. */
export interface PathNames {
  /** The second path's attention, such as `V-V`. */
  second: string;
  /** Its first block. */
  dpamFrom: number;
}

/** The picture beside its anomaly map. @param picture at a panel's size */
export function mapFigure(picture: RgbImage, image: RgbImage, { map }: ImageMeasurements): Figure {
  const size = `${image.width} × ${image.height} px`;
  const panels = [
    { image: picture, caption: size, alt: "The picture" },
    mapPanel(picture, map, "Anomaly map over the picture"),
  ];
  const columns = [{ text: "Picture" }, { text: "Anomaly map" }];
  return { name: "map", columns, rows: [{ heading: null, panels }], scale: SIMILARITY_SCALE };
}

/** What a patch attends to: a row for each block, a column for each comparison. */
export function attentionFigure(picture: RgbImage, patch: AskedPatch): Figure {
  return {
    name: `attention-${patch.x}-${patch.y}`,
    columns: COMPARISONS.map((kind) => ({
      text: kind.toUpperCase(),
      ...(kind === "q-k" ? { detail: "CLIP’s own" } : {}),
    })),
    rows: patch.blocks.map(({ block, rows }) => ({
      heading: { text: `Block ${block}` },
      panels: COMPARISONS.map((kind): Panel => {
        const { itself, classToken } = sharesOf(rows[kind], patch);
        const shares = `${formatShare(itself)} to itself and ${formatShare(classToken)} to the class token`;
        return {
          image: attentionPanel(picture, rows[kind], patch),
          caption: `itself ${formatShare(itself)} · class ${formatShare(classToken)}`,
          alt: `Attention of the patch at ${patch.x}, ${patch.y} in block ${block} under ${kind.toUpperCase()}: ${shares}`,
        };
      }),
    })),
    scale: ATTENTION_SCALE,
  };
}

/** The map of each block under the learned prompts, on both paths. */
export function layersFigure(picture: RgbImage, layers: readonly LayerMaps[], { second, dpamFrom }: PathNames): Figure {
  const both = (pair: MapPair | null, block: number, path: string): (Panel | string)[] =>
    pair === null
      ? Array(2).fill(`${path} begins at block ${dpamFrom}`)
      : [
          mapPanel(picture, pair.map, `Similarity map of block ${block}, ${path}`),
          mapPanel(picture, pair.smoothed, `Smoothed similarity map of block ${block}, ${path}`),
        ];
  return {
    name: "layers",
    columns: ["Q-K", second].flatMap((path): Heading[] => [{ text: path }, { text: path, detail: "smoothed" }]),
    rows: layers.map(({ block, original, second: other }) => ({
      heading: { text: `Block ${block}` },
      panels: [...both(original, block, "Q-K"), ...both(other, block, second)],
    })),
    scale: SIMILARITY_SCALE,
  };
}

/** The picture under each wording of the question, on both paths. */
export function promptsFigure(picture: RgbImage, variants: readonly VariantMaps[], { second }: PathNames): Figure {
  const row = (heading: Heading, mapOf: (variant: VariantMaps) => Float32Array) => ({
    heading,
    panels: variants.map((one) =>
      mapPanel(picture, mapOf(one), `Anomaly map under ${one.variant.name} on the ${heading.text} path`),
    ),
  });
  return {
    name: "prompts",
    columns: variants.map(({ variant, score }) => ({ text: variant.name, detail: `score ${formatScore(score)}` })),
    rows: [
      row({ text: "Q-K", detail: "CLIP’s own" }, ({ original }) => original),
      row({ text: second, detail: "DPAM" }, (one) => one.second),
    ],
    scale: SIMILARITY_SCALE,
  };
}

/** How much of its attention a patch keeps to itself, and how much the class token gets. */
export function sharesOf(
  row: Float32Array,
  { column, row: rowIndex }: Pick<AskedPatch, "column" | "row">,
): { itself: number; classToken: number } {
  const grid = Math.sqrt(row.length - 1);
  return { itself: row[1 + rowIndex * grid + column]!, classToken: row[0]! };
}

/** A share of 1 as a percentage: `34 %`, `2.4 %`, `0.02 %`. */
export function formatShare(share: number): string {
  const percent = 100 * share;
  return `${percent.toFixed(percent >= 10 ? 0 : percent >= 1 ? 1 : 2)}\u00A0%`;
}

// --- internal ---

function mapPanel(picture: RgbImage, map: Float32Array, alt: string): Panel {
  const [low, high] = map.reduce(([min, max], value) => [Math.min(min, value), Math.max(max, value)], [1, 0]);
  const caption = `${low.toFixed(2)} to ${high.toFixed(2)}`;
  return { image: similarityPanel(picture, map), caption, alt: `${alt}: ${caption}` };
}
