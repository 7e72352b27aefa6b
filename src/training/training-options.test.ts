import { describe, expect, test } from "vitest";
import { resolveTemplates, resolveTrainingOptions, type TrainingOptions } from "./training-options.ts";

const given: TrainingOptions = { data: ["mvtec"], out: "prompts" };

test("what is not said is as released", () => {
  expect(resolveTrainingOptions(given)).toEqual({
    ...given,
    mode: "new",
    format: "safetensors",
    split: "test",
    epochs: 15,
    batchSize: 8,
    learningRate: 0.001,
    seed: 111,
    shuffle: true,
    objectAware: false,
    sharedContext: false,
    decoupled: false,
    loss: "both",
    localLoss: "both",
    localWeight: 4,
  });
});

test("an option that is undefined counts as not said", () => {
  expect(resolveTrainingOptions({ ...given, epochs: undefined, patience: undefined })).toEqual(
    resolveTrainingOptions(given),
  );
  expect(resolveTrainingOptions({ ...given, epochs: 3, shuffle: false })).toMatchObject({ epochs: 3, shuffle: false });
});

describe("options are refused that", () => {
  test.each<[string, Partial<TrainingOptions>, RegExp]>([
    ["name no data", { data: [] }, /no data set given/],
    ["have no epochs", { epochs: 0 }, /epochs must be a whole number from 1, got 0/],
    ["break a batch", { batchSize: 1.5 }, /batch size must be a whole number from 1, got 1\.5/],
    ["have no context", { contextLength: 0 }, /context length must be a whole number from 1/],
    ["learn nothing", { learningRate: 0 }, /learning rate must be above 0, got 0/],
    ["learn without end", { learningRate: Infinity }, /learning rate must be above 0, got Infinity/],
    ["turn the local loss around", { localWeight: -1 }, /local weight must be 0 or more, got -1/],
    ["judge by all", { validation: 1 }, /share for validation must be above 0 and below 1, got 1/],
    ["judge by none", { validation: 0 }, /share for validation must be above 0 and below 1, got 0/],
    ["judge by NaN", { validation: Number.NaN }, /share for validation/],
    ["are impatient", { patience: 0, validation: 0.1 }, /patience must be a whole number from 1/],
    ["judge twice", { validation: 0.1, validationClasses: ["a"] }, /not by both/],
    ["stop early without a judge", { patience: 3 }, /stopping early needs something to judge by/],
    ["go on after an epoch of nothing", { fromEpoch: 2, mode: "force" }, /--from-epoch goes with --resume/],
    ["decouple a .pth", { format: "pth", decoupled: true }, /\.pth format holds one pair/],
  ])("%s", (_, changes, message) => {
    const resolving = () => resolveTrainingOptions({ ...given, ...changes });
    expect(resolving).toThrow(message);
    expect(resolving).toThrow(expect.objectContaining({ code: "E_CONFIG" }));
  });
});

describe("templates", () => {
  const resolve = (changes: Partial<TrainingOptions>, inherited?: Parameters<typeof resolveTemplates>[1]) =>
    resolveTemplates(resolveTrainingOptions({ ...given, ...changes }), inherited);
  const file = { normal: ["perfect {}"], abnormal: ["broken {}", "bad {}"], object: "part" };

  test("are the paper's, unless others are asked for", () => {
    expect(resolve({})).toEqual({ normal: ["{}"], abnormal: ["damaged {}"], object: "object" });
    expect(resolve({ normalTemplates: ["good {}"] })).toEqual({
      normal: ["good {}"],
      abnormal: ["damaged {}"],
      object: "object",
    });
    expect(resolve({ objectAware: true }).object).toBeNull();
  });

  test("are otherwise those of the file to start from", () => {
    expect(resolve({}, file)).toEqual(file);
    expect(resolve({ abnormalTemplates: ["cut {}"] }, file)).toEqual({ ...file, abnormal: ["cut {}"] });
    expect(resolve({ objectAware: true }, file)).toEqual({ ...file, object: null });
    expect(resolve({}, { ...file, object: null }).object).toBeNull();
  });

  test("that a .pth has no place for are refused, asked for or inherited", () => {
    const refusal = /\.pth format holds one pair of object-agnostic prompts with one template each/;
    const single = { normal: ["perfect {}"], abnormal: ["broken {}"], object: "part" };
    expect(resolve({ format: "pth" }, single)).toEqual(single);
    for (const changes of [{ objectAware: true }, { normalTemplates: ["{}", "good {}"] }]) {
      expect(() => resolve({ format: "pth", ...changes }, single)).toThrow(refusal);
    }
    expect(() => resolve({ format: "pth" }, file)).toThrow(refusal);
    expect(() => resolve({ format: "pth" }, { ...single, object: null })).toThrow(refusal);
  });

  test("without a place for the object are refused", () => {
    expect(() => resolve({ normalTemplates: ["good"] })).toThrow(/normal template "good": it must have \{\}/);
  });
});
