import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unescapeHtml } from "./unescape-html.ts";

describe("unescapeHtml", () => {
  test.each([
    ["a &amp; b", "a & b"],
    ["&lt;b&gt;", "<b>"],
    ["caf&eacute;", "café"],
    ["caf&eacute", "café"],
    ["&Eacute;&yuml;&nbsp;.", "Éÿ\u00a0."],
    ["&#233;&#xE9;&#Xe9", "ééé"],
    ["&#128;&#150;", "€–"],
    ["&#0;&#xD800;&#x110000;&#99999999999999999999;", "\ufffd\ufffd\ufffd\ufffd"],
    ["a&#1;b&#127;c&#xFFFE;d&#9;e", "abcd\te"],
    ["it&apos;s &mdash; &hellip;", "it's — …"],
    ["&apos", "&apos"],
    ["&notit;", "¬it;"],
    ["&ampere", "&ere"],
    ["&unknown; & &; R&D", "&unknown; & &; R&D"],
    ["&amp;lt;", "&lt;"],
  ])("%j becomes %j", (escaped, plain) => {
    expect(unescapeHtml(escaped)).toBe(plain);
  });

  test("every character survives being written as a number", () => {
    const printable = fc.integer({ min: 0xa0, max: 0x2fff }).map((code) => String.fromCodePoint(code));
    fc.assert(fc.property(printable, (c) => unescapeHtml(`&#${c.codePointAt(0)};`) === c));
  });
});
