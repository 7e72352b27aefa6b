/** Pictures in a row, and under each what the embedded model sees: the form of the project's figures. */

import sharp, { type OverlayOptions } from "sharp";
import type { Detection } from "../src/anomalyclip/detection.ts";
import { encodePng } from "../src/image/encode.ts";
import { overlay } from "../src/image/overlay.ts";

const SIDE = 200;
const GAP = 6;

/** @param rows of detections; each becomes a row of pictures and a row of overlays below it */
export async function writePictureGrid(
  path: string,
  rows: readonly (readonly Pick<Detection, "image" | "imageMap" | "regions">[])[],
  layers: number,
): Promise<void> {
  const tiles: OverlayOptions[] = [];
  for (const [row, detections] of rows.entries()) {
    for (const [column, { image, imageMap, regions }] of detections.entries()) {
      const seen = overlay(image, imageMap(), { min: 0, max: layers, regions });
      for (const [part, picture] of [image, seen].entries()) {
        const input = await sharp(await encodePng(picture))
          .resize(SIDE)
          .png()
          .toBuffer();
        tiles.push({ input, left: column * (SIDE + GAP), top: (2 * row + part) * (SIDE + GAP) });
      }
    }
  }
  const columns = Math.max(...rows.map(({ length }) => length));
  await sharp({
    create: {
      width: columns * (SIDE + GAP) - GAP,
      height: 2 * rows.length * (SIDE + GAP) - GAP,
      channels: 3,
      background: "white",
    },
  })
    .composite(tiles)
    .png({ palette: true })
    .toFile(path);
}
