import { describe, expect, it } from "vitest";
import type { MetricId } from "../metric-names.ts";
import { classEvaluation, EVIL, evaluationOf, methodResult, tablesIn } from "./evaluation.fixture.ts";
import { figureTables } from "./figure-tables.ts";

const TWO_METHODS = [
  { name: "AnomalyCLIP", description: "learned prompts" },
  { name: "CLIP", description: "one sentence a state" },
];
const NO_IMAGE = { value: null, reason: "all pictures are abnormal" } as const;

describe("the tables of the report", () => {
  it("have one row for one class, without a mean, in percent with one decimal", () => {
    expect(tablesIn(figureTables(evaluationOf()))).toEqual([
      [
        ["Class", "Image AUROC", "AUPRO (200 thresholds)", "Normal", "Abnormal"],
        ["bottle", "91.5", "81.4", "3", "3"],
      ],
    ]);
  });

  it("say why a figure is missing, and of how many classes a mean is", () => {
    const evaluation = evaluationOf({
      classes: [
        classEvaluation("bottle"),
        classEvaluation("skin", methodResult({ metrics: { "image-auroc": NO_IMAGE, "aupro-200": { value: 0.5 } } })),
        classEvaluation("colon", methodResult({ metrics: { "image-auroc": NO_IMAGE, "aupro-200": { value: 0.25 } } })),
      ],
      mean: { AnomalyCLIP: { "image-auroc": { value: 0.915, classes: 1 }, "aupro-200": { value: 0.52 } } },
    });
    const html = figureTables(evaluation);
    expect(tablesIn(html)[0]!.slice(1)).toEqual([
      ["bottle", "91.5", "81.4", "3", "3"],
      ["skin", "n/a(1)", "50.0", "3", "3"],
      ["colon", "n/a(1)", "25.0", "3", "3"],
      ["Mean, all pictures", "91.5(2)", "52.0", "9", "9"],
    ]);
    expect(html).toContain("<sup>1</sup> all pictures are abnormal</span>");
    expect(html).toContain("<sup>2</sup> mean of the 1 class where it is defined</span>");
  });

  it("compare methods first, and then have each class under each of them", () => {
    const names = TWO_METHODS.map(({ name }) => name);
    const classes = ["bottle", "cable"].map((name) => classEvaluation(name, methodResult(), names));
    const html = figureTables(evaluationOf({ methods: TWO_METHODS, classes }));
    expect(tablesIn(html).map((table) => table.map((row) => row[0]))).toEqual([
      ["Method, mean of 2 classes", "AnomalyCLIP learned prompts", "CLIP one sentence a state"],
      ["Class", "bottle", "cable", "Mean, all pictures"],
      ["Class", "bottle", "cable", "Mean, all pictures"],
    ]);
  });

  it("do not repeat a single class for each method", () => {
    expect(tablesIn(figureTables(evaluationOf({ methods: TWO_METHODS })))).toHaveLength(1);
  });

  it("mark what was published, with its source, and only for metrics that are shown", () => {
    const published = {
      AnomalyCLIP: { "image-auroc": 0.8, "pixel-auroc": 0.7 },
      WinCLIP: { "aupro-200": 0.646 },
      Other: { "pixel-ap": 0.1 },
    };
    const html = figureTables(evaluationOf({ published }));
    expect(tablesIn(html)[0]!.slice(1)).toEqual([
      ["AnomalyCLIP learned prompts", "91.5", "81.4"],
      ["AnomalyCLIP published", "80.0", "–"],
      ["WinCLIP published", "–", "64.6"],
    ]);
    expect(html).toContain("prompts learned on the test split of MVTec AD.");
    const mvtec = evaluationOf({ published, dataset: { id: "mvtec", title: "MVTec AD" } });
    expect(figureTables(mvtec)).toContain("prompts learned on the test split of VisA.");
    expect(figureTables(evaluationOf({ published: { Other: published.Other } }))).not.toContain("ublished");
  });

  it("warn of comparing the two kinds of AUPRO where there is one, and define what is shown", () => {
    const warning = "must not be compared with each other";
    expect(figureTables(evaluationOf())).toContain(warning);
    const html = figureTables(evaluationOf({ metrics: ["image-ap"] }));
    expect(html).not.toContain(warning);
    expect(html.match(/<dt>.*?<\/dt>/g)).toEqual(["<dt>Image AP</dt>"]);
  });

  it("count masks and unreadable pictures where there is something to say", () => {
    const [bottle] = evaluationOf().classes;
    const html = figureTables(evaluationOf({ classes: [{ ...bottle!, withMask: 2, failed: 1200 }] }));
    expect(tablesIn(html)[0]).toEqual([
      ["Class", "Image AUROC", "AUPRO (200 thresholds)", "Normal", "Abnormal", "With mask", "Not read"],
      ["bottle", "91.5", "81.4", "3", "3", "2", "1,200"],
    ]);
  });

  it("make hostile names harmless and thousands of classes short", () => {
    const names = Array.from({ length: 5000 }, (_, i) => `${EVIL}${i}${"x".repeat(10_000)}`);
    const hostile = { name: `${EVIL}${"y".repeat(10_000)}`, description: EVIL.repeat(1000) };
    const methods = [hostile, ...Array.from({ length: 100 }, (_, i) => ({ name: `m${i}`, description: "" }))];
    const html = figureTables(
      evaluationOf({
        methods,
        classes: names.map((name) =>
          classEvaluation(
            name,
            methodResult({ metrics: { "image-auroc": { value: null, reason: EVIL.repeat(1000) } } }),
            methods.map((method) => method.name),
          ),
        ),
        published: { [EVIL]: { "image-auroc": 0.5 } },
      }),
    );
    expect(html).not.toContain("<script");
    expect(html).not.toMatch(/[\u202e\0]/);
    expect(html.length).toBeLessThan(2_000_000);
    expect(html).toContain("and 4,800 more in metrics.csv");
    expect(html).toContain("and 81 more in metrics.csv");
  });

  it("leave a cell empty where nothing was measured", () => {
    const metrics: MetricId[] = ["image-auroc", "image-f1"];
    expect(tablesIn(figureTables(evaluationOf({ metrics })))[0]![1]).toEqual(["bottle", "91.5", "", "3", "3"]);
  });
});
