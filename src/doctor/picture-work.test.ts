import { describe, expect, test } from "vitest";
import { stemOf } from "../weights/tiny-clip.fixture.ts";
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

  test("is nine products a place for a stem, which leaves less to the patches", () => {
    const { vision } = PAPER.backbone;
    const stem = stemOf([24, 2], [24, 1], [48, 2], [48, 1]);
    const patchSize = 16;
    const reading = { ...PAPER.reading, imageSize: 512 };
    const without = pictureWork({ ...PAPER.backbone, patchSize }, reading);
    const with_ = pictureWork({ ...PAPER.backbone, patchSize, vision: { ...vision, stem } }, reading);
    const convolutions = 9 * ((3 + 24) * 24 * 256 ** 2 + (24 + 48) * 48 * 128 ** 2);
    const patches = (1 + 32 ** 2) * vision.width * (48 * 4 ** 2 - 3 * 16 ** 2);
    expect(with_.linear - without.linear).toBe(2 * (convolutions + patches));
    expect(with_.attention).toBe(without.attention);
  });
});
