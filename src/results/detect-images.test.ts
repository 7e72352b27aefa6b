import { describe, expect, it } from "vitest";
import { detectImages } from "./detect-images.ts";
import { fakeDetection, fakeDetector } from "./fake-detector.fixture.ts";
import type { ResultRecord } from "./record.ts";

describe("looking at pictures", () => {
  it("goes on after a picture that fails, and counts", async () => {
    const records: ResultRecord[] = [];
    const causes: unknown[] = [];
    const tally = await detectImages({
      detector: fakeDetector(),
      images: ["a-0.9.png", "broken.png", "b-0.1.png"],
      writer: null,
      draw: null,
      onRecord(record, cause) {
        records.push(record);
        causes.push(cause);
      },
    });
    expect(tally).toEqual({ normal: 1, abnormal: 1, failed: 1 });
    expect(records[1]).toEqual({ image: "broken.png", error: "not a picture" });
    expect(records[2]).toMatchObject({ image: "b-0.1.png", score: 0.1 });
    expect(causes).toEqual([undefined, expect.objectContaining({ code: "E_IMAGE" }), undefined]);
  });

  it("takes a score that is not a number for a failure", async () => {
    const detector = { ...fakeDetector(), look: async () => fakeDetection(Number.NaN) };
    const tally = await detectImages({ detector, images: ["a.png"], writer: null, draw: null });
    expect(tally.failed).toBe(1);
  });

  it("stops after the picture in hand", async () => {
    const detector = fakeDetector();
    const stop = new AbortController();
    const tally = await detectImages({
      detector,
      images: ["a.png", "b.png", "c.png"],
      writer: null,
      draw: null,
      signal: stop.signal,
      onRecord: ({ image }) => image === "b.png" && stop.abort(),
    });
    expect(detector.seen).toEqual(["a.png", "b.png"]);
    expect(tally.normal).toBe(2);
  });
});
