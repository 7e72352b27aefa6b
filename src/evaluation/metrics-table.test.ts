import { expect, test } from "vitest";
import { averageFigures } from "./average-classes.ts";
import { csvTable, type MetricsTable, markdownTable, textTable } from "./metrics-table.ts";
import { publishedFigures } from "./published.ts";

const table: MetricsTable = {
  labels: ["Class"],
  metrics: ["image-auroc", "aupro"],
  rows: [
    { labels: ["a|b"], figures: { "image-auroc": { value: 0.91249 }, aupro: { value: null, reason: "no masks" } } },
    { labels: ["=x"], figures: { "image-auroc": { value: 1 }, aupro: { value: null, reason: "no masks" } } },
    { labels: ["mean"], figures: { "image-auroc": { value: 0.5, classes: 1 } } },
  ],
};

test("text is aligned, in percent, with a footnote for each reason", () => {
  expect(textTable(table)).toBe(
    [
      "Class  Image AUROC    AUPRO",
      "a|b           91.2  n/a (1)",
      "=x           100.0  n/a (1)",
      "mean      50.0 (2)",
      "(1) no masks",
      "(2) mean of the 1 classes where it is defined",
      "",
    ].join("\n"),
  );
});

test("Markdown keeps bars in names apart from those of the table", () => {
  expect(markdownTable(table)).toContain("| a\\|b | 91.2 | n/a (1) |");
});

test("CSV has full precision, empty cells for n/a, and no formulas", () => {
  expect(csvTable(table).split("\n").slice(0, 3)).toEqual(["class,image-auroc,aupro", "a|b,0.91249,", "'=x,1,"]);
});

test("means are over the classes where a figure is defined", () => {
  const mean = averageFigures(
    [{ aupro: { value: 0.2 } }, { aupro: { value: 0.6 } }, { aupro: { value: null, reason: "no masks" } }],
    ["aupro"],
  );
  expect(mean.aupro.value).toBeCloseTo(0.4, 12);
  expect(mean.aupro.classes).toBe(2);
  expect(averageFigures([{ aupro: { value: null, reason: "x" } }], ["aupro"])).toEqual({
    aupro: { value: null, reason: "x" },
  });
});

test("published figures are the paper's, for benchmarks alone", () => {
  expect(publishedFigures("mvtec").AnomalyCLIP).toEqual({
    "image-auroc": 0.915,
    "image-ap": 0.962,
    "pixel-auroc": 0.911,
    "aupro-200": 0.814,
  });
  expect(publishedFigures("tn3k").VAND).toEqual({ "pixel-auroc": 0.736, "aupro-200": 0.378 });
  expect(publishedFigures("dtd-synthetic").CoOp).toBeUndefined();
  expect(publishedFigures("brainmri").CLIP).toEqual({ "image-auroc": 0.739, "image-ap": 0.817 });
  expect(publishedFigures(null)).toEqual({});
});
