/** Draws `docs/examples.png`, the README's figure: example pictures, and under each what the embedded model sees. */

import { fileURLToPath } from "node:url";
import type { Detection } from "../src/anomalyclip/detection.ts";
import { AnomalyDetector } from "../src/anomalyclip/detector.ts";
import { writePictureGrid } from "./picture-grid.ts";

const PICTURES = ["coin-corrosion", "gear-chip", "knit-loose-thread", "leather-burn", "tablet-chip", "gear-good"];

const detector = await AnomalyDetector.load();
const detections: Detection[] = [];
for (const name of PICTURES) {
  detections.push(await detector.detect(fileURLToPath(new URL(`../examples/${name}.png`, import.meta.url))));
}
await writePictureGrid(
  fileURLToPath(new URL("examples.png", import.meta.url)),
  [detections],
  detector.settings.layers.length,
);
await detector.close();
