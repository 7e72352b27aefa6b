import { expect, it } from "vitest";
import { nearestName } from "./nearest-name.ts";

const names = ["mvtec", "visa", "mpdd", "cvc-clinicdb", "cvc-colondb"];

it.each([
  ["mvtc", "mvtec"],
  ["vsia", "visa"],
  ["cvc-colon", "cvc-colondb"],
  ["cvc-clinic", "cvc-clinicdb"],
  ["visa", "visa"],
  ["imagenet", null],
  ["", null],
])("of %j is %j", (word, nearest) => {
  expect(nearestName(word, names)).toBe(nearest);
});
