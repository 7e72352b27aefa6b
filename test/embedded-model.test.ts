/** The model that ships with the package, on categories and kinds of defects that it never saw. */

import { expect, test } from "vitest";
import { AnomalyDetector } from "../src/anomalyclip/detector.ts";
import { categories } from "../src/datasets/procedural/categories.ts";
import { defects } from "../src/datasets/procedural/defects.ts";
import { renderSample } from "../src/datasets/procedural/render.ts";
import { preprocessMask } from "../src/image/preprocess.ts";
import { auroc } from "../src/metrics/ranking.ts";

const PICTURES = 4;

test("it finds held-out defects in held-out categories", async () => {
  const detector = await AnomalyDetector.load();
  const held = categories.filter(({ split }) => split === "held-out");
  const scores: number[] = [];
  const labels: number[] = [];
  const pixelAurocs: number[] = [];
  for (const category of held) {
    const kinds = defects.filter((kind) => kind.split === "held-out" && kind.appliesTo(category));
    for (let i = 0; i < PICTURES; i++) {
      const defect = i % 2 === 0 ? null : kinds[i % kinds.length]!.name;
      const { image, mask } = renderSample({ category: category.name, defect, seed: 1000 + i, size: 192 });
      const { score, map, mapWidth } = await detector.detect(image);
      scores.push(score);
      labels.push(defect === null ? 0 : 1);
      const gray = { width: image.width, height: image.height, data: mask };
      const area = auroc(map, preprocessMask(gray, mapWidth));
      if (area !== null) {
        pixelAurocs.push(area);
      }
    }
  }
  await detector.close();
  // Well below what the model card states, for so few pictures; far above the 0.5 of chance.
  expect(auroc(Float32Array.from(scores), Uint8Array.from(labels))).toBeGreaterThan(0.65);
  expect(pixelAurocs.reduce((sum, value) => sum + value, 0) / pixelAurocs.length).toBeGreaterThan(0.75);
});
