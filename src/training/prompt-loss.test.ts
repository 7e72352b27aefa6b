import { describe, expect, test } from "vitest";
import { referencePath } from "../../test/reference/reference.ts";
import { OBJECT_AGNOSTIC, type PromptTemplates } from "../anomalyclip/prompt-templates.ts";
import { promptFeatures } from "../anomalyclip/text-features.ts";
import { frozenParameters } from "../clip/parameters.ts";
import { gradient } from "../graph/gradient.ts";
import { constant, input } from "../graph/tensor.ts";
import { Random } from "../random.ts";
import { evaluate, Session } from "../runtime/session.ts";
import { openClip } from "../weights/clip-weights.ts";
import { gaussian } from "./gaussian.ts";
import { drawPrompts, type InitialPromptOptions } from "./initial-prompts.ts";
import { promptLearnables, promptParameters } from "./prompt-learnables.ts";
import { type LabelledFeatures, type PromptLossOptions, promptLoss } from "./prompt-loss.ts";
import { promptSide } from "./prompt-side.ts";

const clip = await openClip(referencePath("clip.safetensors"));
const parameters = await frozenParameters(clip);
const { embedDim } = clip.config;

/** Patches of a picture, G², and with them pixels: maps need not be enlarged. */
const PATCHES = 4;

const random = new Random(7);
const normal = gaussian(() => random.next());
const units = (count: number) => {
  const rows = Array.from({ length: count }, () => Float32Array.from({ length: embedDim }, normal));
  return Float32Array.from(rows.flatMap((row) => [...row.map((x) => x / Math.hypot(...row))]));
};

/** What is known of three pictures: the second is normal. */
const pictures = {
  labels: [1, 0, 1],
  images: units(3),
  layers: [units(3 * (1 + PATCHES)), units(3 * (1 + PATCHES))],
  masks: [1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0],
  weights: [1 / 3, 1 / 3, 1 / 3],
};
type Pictures = typeof pictures;

function batchOf({ labels, images, layers, masks, weights }: Pictures, localWeights = weights): LabelledFeatures {
  const n = labels.length;
  return {
    image: constant(images, [n, embedDim]),
    patches: layers.map((layer) => constant(layer, [n, 1 + PATCHES, embedDim])),
    labels: constant(labels),
    masks: constant(masks, [n, Math.sqrt(PATCHES), Math.sqrt(PATCHES)]),
    globalWeights: constant(weights),
    localWeights: constant(localWeights),
  };
}

/** One of the pictures as a batch. */
function only(i: number): Pictures {
  const part = (values: Float32Array) => values.slice((i * values.length) / 3, ((i + 1) * values.length) / 3);
  return {
    labels: [pictures.labels[i]!],
    images: part(pictures.images),
    layers: pictures.layers.map(part),
    masks: pictures.masks.slice(i * PATCHES, (i + 1) * PATCHES),
    weights: [1],
  };
}

interface Setting extends PromptLossOptions, Omit<InitialPromptOptions, "seed"> {
  templates?: PromptTemplates;
  /** Class of each picture. Default: all are pcbs. */
  shown?: readonly string[];
  /** All classes that there are. Default: those shown. */
  classes?: readonly string[];
  batch?: LabelledFeatures;
}

const SIZES = { contextLength: 4, deepDepth: 3, deepLength: 2, seed: 3 };

/** The loss as a graph over inputs named like the learnables, and what to feed it. */
async function build(setting: Setting = {}) {
  const { templates = OBJECT_AGNOSTIC, batch = batchOf(pictures), ...options } = setting;
  const size = batch.labels.shape[0]!;
  const shown = setting.shown ?? Array(size).fill("pcb");
  const classes = setting.classes ?? [...new Set(shown)];
  const prompts = drawPrompts(clip, { ...SIZES, ...options });
  const learnables = promptLearnables(prompts, options);
  const inputs = new Map([...learnables].map(([name, { shape }]) => [name, input(name, shape)]));
  const { further, ...side } = await promptSide(clip, templates, classes, prompts.contextLength, size);
  const text = { parameters, config: clip.config, ...side };
  const built = promptLoss(
    text,
    promptParameters((name) => inputs.get(name)!, prompts, options),
    batch,
    options,
  );
  const values = Object.fromEntries([...learnables].map(([name, learnable]) => [name, learnable.values]));
  return { ...built, prompts, inputs, values, feeds: { ...further(shown), ...values } };
}

async function lossOf(setting: Setting = {}) {
  const { loss, report, scores, feeds } = await build(setting);
  const results = await evaluate({ loss, ...report, scores }, feeds);
  return { loss: results.loss![0]!, global: results.global?.[0], local: results.local?.[0], scores: results.scores! };
}

async function gradientsOf(setting: Setting) {
  const { loss, inputs, feeds } = await build(setting);
  const gradients = gradient(loss, [...inputs.values()]);
  return evaluate(Object.fromEntries([...inputs.keys()].map((name, i) => [`d ${name}`, gradients[i]!])), feeds);
}

const aware: PromptTemplates = { ...OBJECT_AGNOSTIC, object: null };
const several: PromptTemplates = {
  normal: ["{}", "flawless {}"],
  abnormal: ["damaged {}", "broken {}"],
  object: "object",
};

describe("the parts of the loss", () => {
  test("are cross-entropy of pictures, and focal and dice losses of maps, computed here by hand", async () => {
    const { prompts } = await build();
    const texts = await promptFeatures(clip, prompts);
    for (const temperature of [0.07, 0.5]) {
      const probability = (values: Float32Array, row: number) => {
        const dot = (text: Float32Array) => text.reduce((sum, x, i) => sum + x * values[row * embedDim + i]!, 0);
        return 1 / (1 + Math.exp((dot(texts.normal) - dot(texts.abnormal)) / temperature));
      };
      let [entropy, focal, dice] = [0, 0, 0];
      for (const [i, label] of pictures.labels.entries()) {
        const p = probability(pictures.images, i);
        entropy -= Math.log(label === 1 ? p : 1 - p) / 3;
        const mask = pictures.masks.slice(i * PATCHES, (i + 1) * PATCHES);
        for (const layer of pictures.layers) {
          const map = mask.map((_, patch) => probability(layer, i * (1 + PATCHES) + 1 + patch));
          const right = map.map((s, k) => (mask[k] === 1 ? s : 1 - s));
          focal += right.reduce((sum, r) => sum - (1 - r) ** 2 * Math.log(r), 0) / PATCHES / 3;
          for (const [s, g] of [
            [map, mask],
            [map.map((x) => 1 - x), mask.map((x) => 1 - x)],
          ] as const) {
            const sum = (values: readonly number[]) => values.reduce((total, x) => total + x, 0);
            dice += (1 - (2 * sum(s.map((x, k) => x * g[k]!)) + 1) / (sum(s) + sum(g) + 1)) / 3;
          }
        }
      }
      const both = await lossOf({ temperature });
      expect(both.global).toBeCloseTo(entropy, 3);
      expect(both.local).toBeCloseTo(focal + dice, 3);
      expect((await lossOf({ temperature, localLoss: "focal" })).local).toBeCloseTo(focal, 3);
      expect((await lossOf({ temperature, localLoss: "dice" })).local).toBeCloseTo(dice, 3);
      expect(both.scores[0]).toBeCloseTo(probability(pictures.images, 0), 4);
    }
  });

  test("are summed with the local weight, or stand alone", async () => {
    const both = await lossOf();
    expect(both.loss).toBeCloseTo(both.global! + 4 * both.local!, 4);
    expect((await lossOf({ localWeight: 0.5 })).loss).toBeCloseTo(both.global! + 0.5 * both.local!, 4);
    const global = await lossOf({ loss: "global" });
    expect([global.loss, global.local]).toEqual([both.global, undefined]);
    const local = await lossOf({ loss: "local" });
    expect(local.loss).toBeCloseTo(4 * both.local!, 4);
    expect(local.global).toBeUndefined();
  });

  test("leave out pictures of weight 0, each for itself", async () => {
    const all = await lossOf();
    const weights = [1 / 3, 1 / 3, 0];
    const without = await lossOf({ batch: batchOf(pictures, weights) });
    expect(without.global).toBe(all.global);
    const third = await lossOf({ batch: batchOf(only(2)) });
    expect(without.local).toBeCloseTo(all.local! - third.local! / 3, 4);
    const other = { ...pictures, masks: [...pictures.masks.slice(0, 8), 1, 1, 1, 1] };
    expect((await lossOf({ batch: batchOf(other, weights) })).local).toBe(without.local);
    expect((await lossOf({ batch: batchOf(other) })).local).not.toBe(all.local);
  });
});

describe("object-aware prompts", () => {
  const shown = ["metal_nut", "pcb", "metal_nut"];

  test("are for each picture those of its class", async () => {
    const mixed = await lossOf({ templates: aware, shown });
    for (const part of ["global", "local"] as const) {
      let [total, crossed] = [0, 0];
      for (const [i, name] of shown.entries()) {
        const batch = batchOf(only(i));
        total += (await lossOf({ templates: aware, shown: [name], batch }))[part]! / 3;
        crossed +=
          (await lossOf({ templates: aware, shown: [name === "pcb" ? "metal_nut" : "pcb"], batch }))[part]! / 3;
      }
      expect(mixed[part]).toBeCloseTo(total, 4);
      expect(Math.abs(total - crossed)).toBeGreaterThan(1e-3);
    }
  });

  test("do not see classes that the batch does not show", async () => {
    const alone = await lossOf({ templates: aware, shown: ["pcb", "pcb", "pcb"] });
    const classes = ["metal_nut", "pcb", "scene"];
    expect((await lossOf({ templates: aware, shown: ["pcb", "pcb", "pcb"], classes })).loss).toBeCloseTo(alone.loss, 4);
  });

  test("of one class are prompts that name it for all", async () => {
    const named = await lossOf({ templates: { ...aware, object: "metal nut" } });
    expect((await lossOf({ templates: aware, shown: Array(3).fill("metal_nut") })).loss).toBe(named.loss);
    expect((await lossOf()).loss).not.toBe(named.loss);
  });
});

test("of several templates, the mean feature is compared", async () => {
  const { prompts } = await build();
  const metadata = { templates: JSON.stringify(several) };
  const texts = await promptFeatures(clip, { ...prompts, metadata });
  const similarity = (text: Float32Array) => text.reduce((sum, x, i) => sum + x * pictures.images[i]!, 0);
  const score = 1 / (1 + Math.exp((similarity(texts.normal) - similarity(texts.abnormal)) / 0.07));
  const { scores } = await lossOf({ templates: several });
  expect(scores[0]).toBeCloseTo(score, 4);
  expect(Math.abs(scores[0]! - (await lossOf()).scores[0]!)).toBeGreaterThan(1e-4);
});

describe("decoupled prompts", () => {
  const isZero = (values: Float32Array) => values.every((x) => x === 0);

  test.each([
    ["global", "pixel."],
    ["local", ""],
  ] as const)("of the %s loss get no gradient in the other pair", async (loss, idle) => {
    const gradients = await gradientsOf({ decoupled: true, loss });
    const names = Object.keys(gradients).map((name) => name.slice(2));
    expect(names).toHaveLength(8);
    for (const name of names) {
      const isIdle = name.startsWith("pixel.") === (idle === "pixel.");
      expect([name, isZero(gradients[`d ${name}`]!)]).toEqual([name, isIdle]);
    }
  });

  test("give scores by the first pair and maps by the second", async () => {
    const { prompts, loss, report, scores, feeds } = await build({ decoupled: true });
    const results = async (changes: Record<string, Float32Array>) =>
      evaluate({ loss, ...report, scores }, { ...feeds, ...changes });
    const before = await results({});
    const pixelChanged = await results({ "pixel.context.normal": prompts.contextNormal });
    expect([pixelChanged.scores, pixelChanged.global]).toEqual([before.scores, before.global]);
    expect(pixelChanged.local).not.toEqual(before.local);
    const imageChanged = await results({ "context.normal": prompts.pixel!.contextNormal });
    expect(imageChanged.local).toEqual(before.local);
    expect(imageChanged.global).not.toEqual(before.global);
  });
});

const STEP = 1e-2;
// Central differences in float32: truncation is O(STEP²), rounding about 1e-7 / STEP.
const TOLERANCE = 2e-2;

describe("the gradient agrees with central differences, parameter by parameter, for", () => {
  test.each<[string, Setting]>([
    ["the paper's loss", {}],
    ["object-aware prompts", { templates: aware, shown: ["metal_nut", "pcb", "metal_nut"] }],
    ["several templates", { templates: several }],
    [
      "object-aware prompts of several templates",
      { templates: { ...several, object: null }, shown: ["scene", "pcb", "pcb"] },
    ],
    ["decoupled prompts", { decoupled: true }],
    ["a shared context", { sharedContext: true }],
    ["no deep prompts", { deepDepth: 1 }],
    ["the focal loss alone", { loss: "local", localLoss: "focal" }],
    ["the dice loss alone", { loss: "local", localLoss: "dice" }],
  ])("%s", async (_, setting) => {
    const { loss, inputs, values, feeds } = await build(setting);
    const names = [...inputs.keys()];
    const slopes = gradient(loss, [...inputs.values()]);
    const session = await Session.create({
      loss,
      ...Object.fromEntries(names.map((name, i) => [`d ${name}`, slopes[i]!])),
    });
    const slope = await session.run(feeds);
    for (const name of names) {
      for (let repeat = 0; repeat < 2; repeat++) {
        // Of the size of the prompts themselves.
        const direction = values[name]!.map(() => 0.02 * normal());
        const at = async (h: number) => {
          const moved = values[name]!.map((x, i) => x + h * direction[i]!);
          return (await session.run({ ...feeds, [name]: moved })).loss![0]!;
        };
        const expected = ((await at(STEP)) - (await at(-STEP))) / (2 * STEP);
        const terms = direction.map((d, i) => d * slope[`d ${name}`]![i]!);
        const actual = terms.reduce((sum, x) => sum + x, 0);
        expect(Math.abs(actual - expected), name).toBeLessThan(TOLERANCE * Math.hypot(...terms));
      }
    }
    await session.close();
  });
});
