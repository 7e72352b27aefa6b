import { describe, expect, it } from "vitest";
import { CSV_COLUMNS, csvHeader, csvRow } from "./csv.ts";
import { fakeDetection } from "./fake-detector.fixture.ts";
import { type DetectedRecord, recordOf } from "./record.ts";

const NO_FILES = { overlay: null, map: null, thumbnails: null };

function cells(line: string): Record<string, string | undefined> {
  const values = line.trimEnd().split(",");
  return Object.fromEntries(CSV_COLUMNS.map((column, index) => [column, values[index]]));
}

describe("results.csv", () => {
  it("names its columns in the first line", () => {
    expect(csvHeader()).toBe(`${CSV_COLUMNS.join(",")}\n`);
  });

  it("tells the number of regions and the largest one", () => {
    const record: DetectedRecord = {
      ...recordOf("a.png", fakeDetection(0.75), { ...NO_FILES, overlay: "overlays/a.png" }),
      regions: [
        { x: 1, y: 2, width: 3, height: 4, area: 5, peak: 0.9 },
        { x: 6, y: 7, width: 8, height: 9, area: 50, peak: 0.6 },
      ],
    };
    expect(cells(csvRow(record))).toMatchObject({
      image: "a.png",
      score: "0.75",
      verdict: "abnormal",
      regions: "2",
      largestRegionX: "6",
      largestRegionArea: "50",
      overlay: "overlays/a.png",
      error: "",
    });
  });

  it("leaves a failed picture's cells empty but for its name and the reason", () => {
    const row = cells(csvRow({ image: "a.png", error: "broken" }));
    expect(Object.entries(row).filter(([, cell]) => cell !== "")).toEqual([
      ["image", "a.png"],
      ["error", "broken"],
    ]);
  });

  it.each(["=1+1.png", "+a.png", "-a.png", "@a.png", "\ta.png"])("keeps %j from being run as a formula", (image) => {
    expect(csvRow({ image, error: "x" }).replace(/^"/, "")).toMatch(/^'/);
  });

  it("leaves negative numbers alone", () => {
    const record = { ...recordOf("a.png", fakeDetection(0.75), NO_FILES), mapMin: -0.5 };
    expect(cells(csvRow(record)).mapMin).toBe("-0.5");
  });

  it("quotes commas, quotes and line breaks", () => {
    expect(csvRow({ image: 'a,"b"\n.png', error: "x" })).toMatch(/^"a,""b""\n\.png",/);
  });
});
