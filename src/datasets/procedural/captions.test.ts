import { expect, test } from "vitest";
import { abnormalWords, captionsFor, listCaptions, normalWords } from "./captions.ts";
import { categories } from "./categories.ts";
import { defects } from "./defects.ts";

const abnormalMarks = [...abnormalWords, "defect", "damage", "flaw", "flaws", "defects"];

/** True when the text claims a defect; "without ..." and "no ..." take the claim back. */
function claimsDefect(text: string): boolean {
  const words = text.replace(/(without any|without|with no) \w+/g, "").split(" ");
  return words.some((word) => (abnormalMarks as string[]).includes(word));
}

/** Captions about the state, of all normal pictures or of all pictures with that defect. */
function stateCaptions(defect: (typeof defects)[number] | null): Set<string> {
  const fitting = categories.filter((category) => defect === null || defect.appliesTo(category));
  const all = fitting.map((category) => captionsFor(category, defect));
  return new Set(all.flatMap(({ captions, objectCaptions }) => [...captions, ...objectCaptions]));
}

test("captions of normal pictures praise, and never name a defect", () => {
  const praises = (text: string) =>
    normalWords.some((word) => text.includes(word)) || / with(out|out any| no) (defect|damage|flaw)/.test(text);
  const wrong = [...stateCaptions(null)].filter(
    (text) => claimsDefect(text) || !praises(text) || defects.some((defect) => text.includes(`with ${defect.wording}`)),
  );
  expect(wrong).toEqual([]);
});

test("captions of abnormal pictures claim a defect or name the kind, and never praise", () => {
  for (const defect of defects) {
    const texts = [...stateCaptions(defect)];
    const named = (text: string) => text.includes(`with ${defect.wording}`) || text.includes(`${defect.adjective} `);
    expect(texts.some((text) => text.includes(`with ${defect.wording}`))).toBe(true);
    expect(texts.some((text) => text.includes(`${defect.adjective} `))).toBe(true);
    const praised = (text: string) => text.split(" ").some((word) => (normalWords as readonly string[]).includes(word));
    expect(texts.filter((text) => praised(text) || !(claimsDefect(text) || named(text)))).toEqual([]);
  }
});

test("named captions carry the noun, generic ones do not", () => {
  const gear = categories.find((category) => category.name === "gear")!;
  const { captions, objectCaptions, plainCaptions } = captionsFor(gear, null);
  expect(captions.every((text) => text.includes("gear") || text.includes("metal object"))).toBe(true);
  expect(objectCaptions.some((text) => text.includes("gear"))).toBe(false);
  expect(plainCaptions).toContain("a photo of an object");
  expect(captions).toContain("an intact gear");
});

test("the list of all captions has each once and holds the words of the method", () => {
  const texts = listCaptions();
  expect(new Set(texts).size).toBe(texts.length);
  for (const text of ["object", "damaged object", "surface", "a photo of a damaged object"])
    expect(texts).toContain(text);
});
