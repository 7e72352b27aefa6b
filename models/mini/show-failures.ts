/**
 * Draws `failures.png`, the model card's figure: of pictures of categories and kinds of defects that the embedded model
 * never saw, the sound ones that it holds for the most damaged, and the damaged ones that it holds for the soundest.
 *
 *   npm run mini:failures -- [--each 6]
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writePictureGrid } from "../../docs/picture-grid.ts";
import type { Detection } from "../../src/anomalyclip/detection.ts";
import { AnomalyDetector } from "../../src/anomalyclip/detector.ts";
import { categories } from "../../src/datasets/procedural/categories.ts";
import { defects } from "../../src/datasets/procedural/defects.ts";
import { renderSample } from "../../src/datasets/procedural/render.ts";

const COLUMNS = 6;
const SIZE = 320;

const { values: options } = parseArgs({ options: { each: { type: "string", default: "6" } } });

const detector = await AnomalyDetector.load();
const seen: { defect: string | null; name: string; detection: Detection }[] = [];
for (const { name, ...category } of categories.filter(({ split }) => split === "held-out")) {
  const kinds = defects.filter((kind) => kind.split === "held-out" && kind.appliesTo({ name, ...category }));
  for (let i = 0; i < Number(options.each); i++) {
    for (const defect of [null, kinds[i % kinds.length]!.name]) {
      const { image } = renderSample({ category: name, defect, seed: 9000 + i, size: SIZE });
      seen.push({ defect, name, detection: await detector.detect(image) });
    }
  }
}
const rows = [false, true].map((damaged) =>
  seen
    .filter(({ defect }) => (defect !== null) === damaged)
    .sort((a, b) => (damaged ? 1 : -1) * (a.detection.score - b.detection.score))
    .slice(0, COLUMNS),
);
for (const row of rows) {
  console.log(
    row.map(({ name, defect, detection }) => `${name} ${defect ?? "sound"} ${detection.score.toFixed(2)}`).join(", "),
  );
}
await writePictureGrid(
  fileURLToPath(new URL("failures.png", import.meta.url)),
  rows.map((row) => row.map(({ detection }) => detection)),
  detector.settings.layers.length,
);
await detector.close();
