import { describe, expect, test } from "vitest";
import { referencePath } from "../../test/reference/reference.ts";
import { OBJECT_AGNOSTIC } from "../anomalyclip/prompt-templates.ts";
import { promptEnds, promptWords } from "../anomalyclip/prompts.ts";
import { openClip } from "../weights/clip-weights.ts";
import { objectName, promptSide } from "./prompt-side.ts";

const clip = await openClip(referencePath("clip.safetensors"));
const aware = { ...OBJECT_AGNOSTIC, object: null };
const E = 4;

test("a prompt says a class without its underscores", () => {
  expect(objectName("metal_nut")).toBe("metal nut");
});

test("prompts that name one thing for all classes feed nothing", async () => {
  const { sequences, assignment, further } = await promptSide(clip, OBJECT_AGNOSTIC, ["pcb", "nut"], E, 2);
  expect([sequences.objects, sequences.prompts, assignment]).toEqual([1, 2, undefined]);
  expect(further(["pcb", "nut"])).toEqual({});
});

test("object-aware prompts of one class are words of that class", async () => {
  const { sequences, further } = await promptSide(clip, aware, ["metal_nut"], E, 2);
  const { words } = await promptWords(clip, aware, ["metal nut"], E);
  expect(sequences.words.source).toMatchObject({ data: words });
  expect(further(["metal_nut"])).toEqual({});
});

describe("object-aware prompts of several classes", () => {
  const classes = ["metal_nut", "pcb", "scene"];

  test("feed the words of the classes that a batch shows, and who shows which", async () => {
    const { sequences, assignment, further } = await promptSide(clip, aware, classes, E, 2);
    expect([sequences.objects, assignment!.shape]).toEqual([2, [2, 2]]);
    const feeds = further(["scene", "metal_nut"]);
    const width = clip.config.text.width;
    const { longest } = await promptWords(clip, aware, ["metal nut"], E);
    const wanted = await promptWords(clip, aware, ["scene", "metal nut"], E);
    expect(wanted.longest).toBe(longest);
    expect(sequences.words.shape).toEqual([4, longest, width]);
    expect(feeds.words).toEqual(wanted.words);
    expect([...feeds.ends!].map(Number)).toEqual(promptEnds(wanted, E));
    expect([...feeds.assignment!]).toEqual([1, 0, 0, 1]);
  });

  test("encode each class of a batch once, and assign nobody to places that are empty", async () => {
    const { sequences, further } = await promptSide(clip, aware, classes, E, 4);
    expect(sequences.objects).toBe(3);
    const { assignment, words } = further(["pcb", "scene", "pcb"]);
    expect([...assignment!]).toEqual([1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
    const block = words!.length / 3;
    expect(words!.slice(2 * block)).toEqual(words!.slice(0, block));
    expect(words!.slice(block, 2 * block)).not.toEqual(words!.slice(0, block));
  });
});
