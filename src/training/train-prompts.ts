/** Learns object-agnostic prompts on frozen features, which are computed once (section 3.3 of the paper). */

import { encodeImages } from "../anomalyclip/dpam.ts";
import { OBJECT_AGNOSTIC, promptTokens } from "../anomalyclip/prompts.ts";
import { resolveSettings, SETTINGS_KEY, type Settings } from "../anomalyclip/settings.ts";
import { promptFeatures } from "../anomalyclip/text-features.ts";
import { frozenParameters } from "../clip/parameters.ts";
import { AnomalyClipError } from "../errors.ts";
import { input } from "../graph/tensor.ts";
import type { RgbImage } from "../image/image.ts";
import { preprocess } from "../image/preprocess.ts";
import { Session } from "../runtime/session.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";
import type { PromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { concatenate } from "./concatenate.ts";
import { gaussian } from "./gaussian.ts";
import { Optimizer } from "./optimizer.ts";
import { promptLearnables, promptLoss, promptParameters } from "./prompt-loss.ts";

/** A picture and its truth. */
export interface TrainingSample {
  image: RgbImage;
  /** [S, S] of 0 and 1 at the model's image size; all 0 for a normal picture. */
  mask: Uint8Array;
}

/** Defaults are those of the released code. */
export interface TrainPromptsOptions {
  settings?: Partial<Settings>;
  /** Default: 15. */
  epochs?: number;
  /** Default: 8. */
  batchSize?: number;
  /** Default: 0.001. */
  learningRate?: number;
  /** λ. Default: 4. */
  localWeight?: number;
  /** E. Default: 12. */
  contextLength?: number;
  /** Blocks that see tokens of their own, the first with the context included. Default: 9, or all there are. */
  deepDepth?: number;
  /** L. Default: 4. */
  deepLength?: number;
  /** Uniform random numbers in [0, 1). */
  random: () => number;
  onEpoch?: (report: { epoch: number; loss: number; global: number; local: number }) => void;
}

/** Starting values are drawn from N(0, 0.02²). */
const INITIAL_DEVIATION = 0.02;

/**
 * Learns prompts.
 *
 * @returns the prompts with their text features, and in their metadata the settings and how they were trained
 * @throws AnomalyClipError E_DATASET when there are fewer samples than a batch takes, E_RUNTIME when the loss is not finite
 */
export async function trainPrompts(
  clip: ClipWeights,
  samples: readonly TrainingSample[],
  options: TrainPromptsOptions,
): Promise<PromptCheckpoint> {
  const { epochs = 15, batchSize = 8, learningRate = 1e-3, localWeight = 4, random, onEpoch } = options;
  if (samples.length < batchSize) {
    throw new AnomalyClipError("E_DATASET", `${samples.length} samples do not fill a batch of ${batchSize}`);
  }
  const { config } = clip;
  const settings = resolveSettings(config, {}, options.settings ?? {});
  const cache = await computeFeatures(clip, samples, settings);
  const initial = initialPrompts(clip, options);
  const deepCount = initial.deepPrompts.length;
  const text = {
    parameters: await frozenParameters(clip),
    config,
    endings: await promptTokens(clip, OBJECT_AGNOSTIC),
  };
  const tokens = cache[0]!.patches[0]!.length / config.embedDim;
  const size = settings.imageSize;
  const optimizer = await Optimizer.create({
    learnables: promptLearnables(initial),
    adam: { beta1: 0.5, beta2: 0.999 },
    loss: (parameter) =>
      promptLoss(
        text,
        promptParameters(parameter, deepCount),
        {
          features: {
            image: input("image", [batchSize, config.embedDim]),
            patches: settings.layers.map((layer) => input(`patches${layer}`, [batchSize, tokens, config.embedDim])),
          },
          labels: input("labels", [batchSize]),
          masks: input("masks", [batchSize, size, size]),
        },
        { localWeight, temperature: settings.temperature },
      ),
  });

  const batches = Math.floor(samples.length / batchSize);
  const order = samples.map((_, i) => i);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    shuffle(order, random);
    const total = { loss: 0, global: 0, local: 0 };
    for (let batch = 0; batch < batches; batch++) {
      const chosen = order.slice(batch * batchSize, (batch + 1) * batchSize);
      const feeds: Record<string, Float32Array> = {
        image: concatenate(chosen.map((i) => cache[i]!.image)),
        labels: Float32Array.from(chosen, (i) => (samples[i]!.mask.includes(1) ? 1 : 0)),
        masks: concatenate(chosen.map((i) => samples[i]!.mask)),
      };
      settings.layers.forEach((layer, l) => {
        feeds[`patches${layer}`] = concatenate(chosen.map((i) => cache[i]!.patches[l]!));
      });
      const report = await optimizer.step(feeds, learningRate);
      if (!Number.isFinite(report.loss)) {
        throw new AnomalyClipError(
          "E_RUNTIME",
          `the loss is ${report.loss} in epoch ${epoch}: lower the learning rate`,
        );
      }
      for (const name of ["loss", "global", "local"] as const) {
        total[name] += report[name]! / batches;
      }
    }
    onEpoch?.({ epoch, ...total });
  }

  const learned: PromptCheckpoint = {
    ...initial,
    contextNormal: optimizer.values("context.normal").slice(),
    contextAbnormal: optimizer.values("context.abnormal").slice(),
    deepPrompts: initial.deepPrompts.map((_, i) => optimizer.values(`deep.${i}`).slice()),
    metadata: {
      [SETTINGS_KEY]: JSON.stringify(settings),
      training: JSON.stringify({ samples: samples.length, epochs, batchSize, learningRate, localWeight }),
    },
  };
  await optimizer.close();
  return { ...learned, textFeatures: await promptFeatures(clip, learned) };
}

// --- internal ---

/** Features of one picture: [embed], and for each layer [1 + G², embed]. */
interface Features {
  image: Float32Array;
  patches: Float32Array[];
}

async function computeFeatures(
  clip: ClipWeights,
  samples: readonly TrainingSample[],
  settings: Settings,
): Promise<Features[]> {
  const { imageSize, layers } = settings;
  const image = input("image", [1, 3, imageSize, imageSize]);
  const features = encodeImages(await frozenParameters(clip), clip.config, image, settings);
  const session = await Session.create({
    features: features.image,
    ...Object.fromEntries(features.patches.map((patches, i) => [`patches${layers[i]}`, patches])),
  });
  const computed: Features[] = [];
  for (const sample of samples) {
    const results = await session.run({ image: preprocess(sample.image, imageSize) });
    computed.push({ image: results.features!, patches: layers.map((layer) => results[`patches${layer}`]!) });
  }
  await session.close();
  return computed;
}

function initialPrompts(
  { config: { text } }: ClipWeights,
  { contextLength = 12, deepDepth = 9, deepLength = 4, random }: TrainPromptsOptions,
): PromptCheckpoint {
  const normal = gaussian(random);
  const draw = (rows: number) => Float32Array.from({ length: rows * text.width }, () => INITIAL_DEVIATION * normal());
  const deepCount = Math.min(deepDepth, text.layers) - 1;
  return {
    contextNormal: draw(contextLength),
    contextAbnormal: draw(contextLength),
    contextLength,
    width: text.width,
    deepPrompts: Array.from({ length: deepCount }, () => draw(deepLength)),
    deepLength,
    metadata: {},
  };
}

/** Fisher-Yates. */
function shuffle(items: number[], random: () => number): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
}
