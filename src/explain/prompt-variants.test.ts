import { describe, expect, test } from "vitest";
import { handWrittenFeatures, promptFeatures } from "../anomalyclip/text-features.ts";
import { readPromptCheckpoint, writePromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { openModel } from "./open-model.ts";
import { promptVariants } from "./prompt-variants.ts";
import { referenceModel, writeObjectAware } from "./reference-model.fixture.ts";

const temporary = useTemporaryFolder();

describe("the wordings of a question", () => {
  test("are hand-written about the object, and the learned one", async () => {
    const model = await openModel(referenceModel);
    // The reference's few words hold those of the ensemble, but no "anomalous".
    const { learned, others, missing } = await promptVariants(model, "metal nut");
    expect(others.map(({ name }) => name)).toEqual(["CLIP-AC"]);
    expect(others[0]!.texts.image).toEqual(await handWrittenFeatures(model.clip, "clip-ac", "metal nut"));
    expect(learned.texts.image).toEqual(await promptFeatures(model.clip, model.learned));
    expect(missing.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
      expect.stringMatching(/^CLIP: this small model does not know the words? .*"anomalous"/),
      expect.stringMatching(/^Learned prompts that name the object: none were given; anomalyclip train --object-aware/),
    ]);
  });

  test("hold prompts that name the object where some are given", async () => {
    const objectAwarePrompts = await writeObjectAware(temporary.path("aware.safetensors"));
    const model = await openModel({ ...referenceModel, objectAwarePrompts });
    const { others, missing } = await promptVariants(model, "metal nut");
    const aware = others.find(({ name }) => name === "Learned, object-aware")!;
    expect(aware.texts.image).toEqual(await promptFeatures(model.clip, model.objectAware!, "metal nut"));
    expect(aware.description).toContain("“metal nut”");
    expect(missing.map(({ name }) => name)).toEqual(["CLIP"]);
  });

  test("name the object in the learned prompts too, where these are of that kind", async () => {
    const prompts = await writeObjectAware(temporary.path("only-aware.safetensors"));
    const model = await openModel({ ...referenceModel, prompts });
    const { learned, missing } = await promptVariants(model, "metal nut");
    expect(learned.name).toBe("Learned, object-aware");
    expect(learned.texts.image).toEqual(await promptFeatures(model.clip, model.learned, "metal nut"));
    expect(missing.map(({ name }) => name)).toEqual(["CLIP"]);
  });

  test("are refused about an object that the model does not know", async () => {
    const model = await openModel(referenceModel);
    await expect(promptVariants(model, "gizmo")).rejects.toThrow('does not know the word "gizmo"');
  });

  test("are refused where the text features have another length", async () => {
    const prompts = temporary.path("features.safetensors");
    const vector = new Float32Array(32).fill(1 / Math.sqrt(32));
    const released = await readPromptCheckpoint(referenceModel.prompts);
    await writePromptCheckpoint(prompts, { ...released, textFeatures: { normal: vector, abnormal: vector } });
    const model = await openModel({ ...referenceModel, prompts });
    await expect(promptVariants(model)).rejects.toThrow(/text features have 32 numbers, the features of .* 64/);
  });
});
