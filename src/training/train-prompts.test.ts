import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { referencePath } from "../../test/reference/reference.ts";
import { AnomalyDetector } from "../anomalyclip/detector.ts";
import { Random } from "../datasets/procedural/random.ts";
import { renderSample } from "../datasets/procedural/render.ts";
import { type ClipWeights, openClip } from "../weights/clip-weights.ts";
import { writePromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { type TrainingSample, trainPrompts } from "./train-prompts.ts";

const model = referencePath("clip.safetensors");
const settings = { imageSize: 64, layers: [4, 6], dpamFrom: 4, sigma: 2 };

let clip: ClipWeights;
let folder: string;
let samples: TrainingSample[];
beforeAll(async () => {
  clip = await openClip(model);
  folder = await mkdtemp(join(tmpdir(), "anomalyclip-test-"));
  samples = Array.from({ length: 8 }, (_, i) =>
    renderSample({ category: "gear", defect: i % 2 === 0 ? null : "stain", seed: i, size: 64 }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

async function learn(seed: number) {
  const losses: number[] = [];
  const random = new Random(seed);
  const prompts = await trainPrompts(clip, samples, {
    settings,
    epochs: 6,
    batchSize: 4,
    learningRate: 0.01,
    deepDepth: 3,
    random: () => random.next(),
    onEpoch: ({ loss }) => losses.push(loss),
  });
  return { losses, prompts };
}

test("learning lowers the loss, and the same seed gives the same prompts", async () => {
  const first = await learn(1);
  expect(first.losses).toHaveLength(6);
  expect(first.losses.at(-1)).toBeLessThan(first.losses[0]!);
  const again = await learn(1);
  expect(again.prompts.contextAbnormal).toEqual(first.prompts.contextAbnormal);
  expect((await learn(2)).prompts.contextAbnormal).not.toEqual(first.prompts.contextAbnormal);
});

test("learned prompts carry their text features and settings, which detection takes over", async () => {
  const { prompts } = await learn(1);
  const path = join(folder, "prompts.safetensors");
  await writePromptCheckpoint(path, prompts);
  const detector = await AnomalyDetector.load({ model, prompts: path });
  expect(detector.settings).toMatchObject(settings);
  expect(Math.hypot(...prompts.textFeatures!.normal)).toBeCloseTo(1, 5);
  expect((await detector.detect(samples[0]!.image)).map.length).toBe(64 * 64);
  await detector.close();
});

test("deep prompts go no deeper than the text encoder", async () => {
  const random = new Random(0);
  const prompts = await trainPrompts(clip, samples, { settings, epochs: 1, random: () => random.next() });
  expect(prompts.deepPrompts).toHaveLength(clip.config.text.layers - 1);
});

test("fewer samples than a batch are refused", async () => {
  const training = trainPrompts(clip, samples.slice(0, 3), { settings, random: Math.random });
  await expect(training).rejects.toThrow("3 samples do not fill a batch of 8");
});
