import { describe, expect, test } from "vitest";
import { PAPER, pictureWork } from "./picture-work.ts";

describe("the work on a picture", () => {
  test("is 1.18 TFLOP for ViT-L/14@336px at 518 pixels", () => {
    const { linear, attention } = pictureWork(PAPER.backbone, PAPER.reading);
    expect((linear + attention) / 1e12).toBeCloseTo(1.18, 2);
    expect(attention).toBeLessThan(linear);
  });

  test("is a product and two attentions a block for the second path", () => {
    const { vision } = PAPER.backbone;
    const tokens = 1 + 37 ** 2;
    const all = pictureWork(PAPER.backbone, { ...PAPER.reading, dpamFrom: 5 });
    const fewer = pictureWork(PAPER.backbone, PAPER.reading);
    expect(all.linear - fewer.linear).toBe(2 * tokens * vision.width ** 2);
    expect(all.attention - fewer.attention).toBe(4 * tokens ** 2 * vision.width);
    const none = pictureWork(PAPER.backbone, { ...PAPER.reading, attention: "none" });
    expect(fewer.attention - none.attention).toBe(19 * 4 * tokens ** 2 * vision.width);
  });
});
