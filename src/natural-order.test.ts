import { expect, it } from "vitest";
import { compareNaturally } from "./natural-order.ts";

it("puts numbers in the order of their values, and tells different names apart", () => {
  expect(["10.png", "2.png", "b", "a"].sort(compareNaturally)).toEqual(["2.png", "10.png", "a", "b"]);
  expect(compareNaturally("2.png", "02.png")).not.toBe(0);
  expect(compareNaturally("2.png", "2.png")).toBe(0);
});
