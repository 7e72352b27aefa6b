import { describe, expect, it } from "vitest";
import { fakeDetection } from "./fake-detector.fixture.ts";
import { largestRegion, parseRecord, recordOf, requireFinite } from "./record.ts";

const record = recordOf("a.png", fakeDetection(0.75), { overlay: "overlays/a.png", map: null, thumbnails: null });

describe("a record", () => {
  it("tells the range of the map", () => {
    expect(record.mapMin).toBe(0.1875);
    expect(record.mapMax).toBe(0.75);
    expect(record.mapMean).toBeCloseTo((63 * 0.1875 + 0.75) / 64, 12);
  });

  it("comes back from its line as it was", () => {
    expect(parseRecord(JSON.stringify(record))).toEqual(record);
    expect(parseRecord('{"image":"a","error":"b"}')).toEqual({ image: "a", error: "b" });
  });

  it.each([
    ["a torn line", JSON.stringify(record).slice(0, -5)],
    ["an empty line", ""],
    ["another kind of JSON", "[1]"],
    ["null", "null"],
    ["no picture", '{"score":1}'],
    ["a score that is text", JSON.stringify({ ...record, score: "<b>" })],
    ["an unknown verdict", JSON.stringify({ ...record, verdict: "<b>" })],
    ["a region without a peak", JSON.stringify({ ...record, regions: [{ x: 1 }] })],
    ["an overlay that is no name", JSON.stringify({ ...record, overlay: 5 })],
    ["thumbnails that are no names", JSON.stringify({ ...record, thumbnails: [1, 2] })],
  ])("is not read from %s", (_, line) => {
    expect(parseRecord(line)).toBeNull();
  });

  it("cannot be made of values that are not finite", () => {
    const detection = fakeDetection(0.75);
    expect(() => requireFinite(detection)).not.toThrow();
    expect(() => requireFinite({ ...detection, score: Number.NaN })).toThrow(/score/);
    detection.map[7] = Number.POSITIVE_INFINITY;
    expect(() => requireFinite(detection)).toThrow(/map/);
  });

  it("knows its largest region", () => {
    const region = { x: 0, y: 0, width: 1, height: 1, area: 1, peak: 1 };
    expect(largestRegion([])).toBeNull();
    expect(largestRegion([region, { ...region, area: 3 }, { ...region, area: 2 }])?.area).toBe(3);
  });
});
