import { expect, it } from "vitest";
import { printable } from "./printable.ts";

it("makes control characters visible and leaves the rest alone", () => {
  expect(printable("größe \u001B[31m\n\u009b\u202e.png")).toBe("größe \\x1b[31m\\x0a\\x9b\\u202e.png");
});
