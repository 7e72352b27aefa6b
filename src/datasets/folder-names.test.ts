import { describe, expect, it } from "vitest";
import { isNormalName, roleOfFolder, withoutMaskSuffix } from "./folder-names.ts";

describe("roles of folders", () => {
  it.each([
    ["train", "train"],
    ["Test", "test"],
    ["TESTING", "test"],
    ["test-image", "test"],
    ["train_images", "train"],
    ["val", "train"],
    ["validation", "train"],
  ])("%j is the split %s", (name, split) => {
    expect(roleOfFolder(name)).toEqual({ kind: "split", split });
  });

  it.each([
    ["ground_truth", null],
    ["GroundTruth", null],
    ["ISBI2016_ISIC_Part1_Test_GroundTruth", "test"],
    ["masks", null],
    ["Mask", null],
    ["defect_masks", null],
    ["Label", null],
    ["test-mask", "test"],
    ["train labels", "train"],
  ])("%j is a folder of masks, of the split %j", (name, split) => {
    expect(roleOfFolder(name)).toEqual({ kind: "masks", split });
  });

  it.each(["images", "Imgs", "Data", "image data"])("%j says nothing", (name) => {
    expect(roleOfFolder(name)).toEqual({ kind: "plain" });
  });

  it.each(["bottle", "wine_label", "gas_mask", "test_bench", "train_test", "good", "---", "测试"])(
    "%j is a name",
    (name) => {
      expect(roleOfFolder(name)).toEqual({ kind: "name" });
    },
  );
});

describe("normal names", () => {
  it.each([
    ...["good", "OK", "Normal", "no", "free", "healthy", "negative"],
    ...["MT_Free", "defect-free", "DefectFree", "no_defect", "Normal Images", "part ok", "no tumor", "non-defective"],
  ])("%j is normal", (name) => {
    expect(isNormalName(name)).toBe(true);
  });

  it.each(["yes", "NG", "broken", "abnormal", "not_ok", "no good", "non-normal", "goods", "free_form", "images", ""])(
    "%j is not",
    (name) => {
      expect(isNormalName(name)).toBe(false);
    },
  );
});

it.each([
  ["007_mask", "007"],
  ["Part3_label", "Part3"],
  ["10000_GT", "10000"],
  ["ISIC_0000003_Segmentation", "ISIC_0000003"],
  ["a-ground_truth", "a"],
  ["007", null],
  ["mask", null],
  ["_mask", null],
  ["unmask", null],
])("the picture of the mask %j has the stem %j", (mask, picture) => {
  expect(withoutMaskSuffix(mask)).toBe(picture);
});
