import { expect, it } from "vitest";
import { hasImageExtension } from "./extensions.ts";

it.each(["a.png", "a/b.JPEG", "x.tar.Tif"])("takes %j for a picture", (name) => {
  expect(hasImageExtension(name)).toBe(true);
});

it.each(["png", "a.png/notes", "a.png.txt", "a", ""])("does not take %j for a picture", (name) => {
  expect(hasImageExtension(name)).toBe(false);
});
