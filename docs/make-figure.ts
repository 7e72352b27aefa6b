/** Draws `docs/examples.png`, the README's figure: example pictures, and under each what the embedded model sees. */

import { fileURLToPath } from "node:url";
import sharp, { type OverlayOptions } from "sharp";
import { AnomalyDetector } from "../src/anomalyclip/detector.ts";
import { encodePng } from "../src/image/encode.ts";
import { overlay } from "../src/image/overlay.ts";

const PICTURES = ["coin-corrosion", "gear-chip", "knit-loose-thread", "leather-burn", "tablet-chip", "gear-good"];
const SIDE = 200;
const GAP = 6;

const detector = await AnomalyDetector.load();
const tiles: OverlayOptions[] = [];
for (const [column, name] of PICTURES.entries()) {
  const path = fileURLToPath(new URL(`../examples/${name}.png`, import.meta.url));
  const { image, imageMap, layers, regions } = await detector.detect(path);
  const seen = overlay(image, imageMap(), { min: 0, max: layers, regions });
  for (const [row, picture] of [image, seen].entries()) {
    const input = await sharp(await encodePng(picture))
      .resize(SIDE)
      .png()
      .toBuffer();
    tiles.push({ input, left: column * (SIDE + GAP), top: row * (SIDE + GAP) });
  }
}
await detector.close();
await sharp({
  create: {
    width: PICTURES.length * (SIDE + GAP) - GAP,
    height: 2 * SIDE + GAP,
    channels: 3,
    background: "white",
  },
})
  .composite(tiles)
  .png({ palette: true })
  .toFile(fileURLToPath(new URL("examples.png", import.meta.url)));
