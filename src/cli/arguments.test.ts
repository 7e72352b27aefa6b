import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { layerList, numberFrom, positiveNumber, wholeFrom } from "./arguments.ts";

describe("option values", () => {
  it("are read as the numbers they spell", () => {
    expect(numberFrom(0, 1)("0.25")).toBe(0.25);
    expect(numberFrom(0, 1)(".5")).toBe(0.5);
    expect(positiveNumber("7e-2")).toBe(0.07);
    expect(wholeFrom(1, 4096)("518")).toBe(518);
    expect(layerList("24,6,12")).toEqual([6, 12, 24]);
  });

  it.each(["", " ", "abc", "1,5", "0x10", "1e999", "NaN", "Infinity", "-0.1", "1.1"])(
    "%j is no number 0..1",
    (text) => {
      expect(() => numberFrom(0, 1)(text)).toThrow(InvalidArgumentError);
    },
  );

  it.each(["0", "-1", "", "x"])("%j is not above zero", (text) => {
    expect(() => positiveNumber(text)).toThrow(InvalidArgumentError);
  });

  it.each(["0", "4097", "1.5", "abc"])("%j is no whole number 1..4096", (text) => {
    expect(() => wholeFrom(1, 4096)(text)).toThrow("Expected a whole number from 1 to 4096.");
  });

  it.each(["", "6,", "6,6", "0", "6;12", "1.5", "a"])("%j is no list of layers", (text) => {
    expect(() => layerList(text)).toThrow(InvalidArgumentError);
  });
});
