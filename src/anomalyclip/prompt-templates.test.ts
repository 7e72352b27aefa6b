import { describe, expect, test } from "vitest";
import { checkTemplates, OBJECT_AGNOSTIC, type PromptTemplates, readTemplates } from "./prompt-templates.ts";

const read = (templates: unknown) => readTemplates({ templates: JSON.stringify(templates) });

describe("the templates of a prompt file", () => {
  test("are the paper's where it does not say", () => {
    expect(readTemplates({ settings: "{}" })).toEqual({ normal: ["{}"], abnormal: ["damaged {}"], object: "object" });
  });

  test("are read as they were written", () => {
    const templates: PromptTemplates = { normal: ["{}", "flawless {}"], abnormal: ["broken {}"], object: null };
    expect(read(templates)).toEqual(templates);
    expect(read({ ...templates, object: "metal nut" }).object).toBe("metal nut");
  });

  test.each([
    ["no JSON", "{", /are not JSON/],
    ["null", "null", /are malformed/],
    ["a list", "[]", /are malformed/],
    ["a number among them", '{"normal":["{}",1],"abnormal":["{}"],"object":null}', /are malformed/],
    ["one string for a list", '{"normal":"{}","abnormal":["{}"],"object":null}', /are malformed/],
    ["no object", '{"normal":["{}"],"abnormal":["{}"]}', /are malformed/],
    ["no template", '{"normal":[],"abnormal":["{}"],"object":null}', /1 to 100 normal templates, not 0/],
    ["an empty object", '{"normal":["{}"],"abnormal":["{}"],"object":" "}', /name must have 1 to 300 characters/],
  ])("that are %s are refused", (_, text, message) => {
    const reading = () => readTemplates({ templates: text });
    expect(reading).toThrow(message);
    expect(reading).toThrow(expect.objectContaining({ code: "E_PROMPTS" }));
  });
});

test.each<[string, Partial<PromptTemplates>, RegExp]>([
  ["that name no object", { abnormal: ["damaged {}", "damaged"] }, /abnormal template "damaged": it must have \{\}/],
  ["too long to be read", { normal: [`{} ${"x".repeat(300)}`] }, /at most 300 characters/],
  ["too many", { normal: Array(101).fill("{}") }, /1 to 100 normal templates, not 101/],
  ["of an object too long", { object: "x".repeat(301) }, /name must have 1 to 300 characters/],
])("templates %s are refused", (_, changes, message) => {
  const checking = () => checkTemplates({ ...OBJECT_AGNOSTIC, ...changes });
  expect(checking).toThrow(message);
  expect(checking).toThrow(expect.objectContaining({ code: "E_CONFIG" }));
  expect(() => checkTemplates(OBJECT_AGNOSTIC)).not.toThrow();
});
