/** Scores pictures one by one, from their files or from features that are kept. */

import { setImmediate } from "node:timers/promises";
import { gridSize } from "../clip/vision.ts";
import type { Sample } from "../datasets/sample.ts";
import { AnomalyClipError } from "../errors.ts";
import { FeatureCache } from "../features/feature-cache.ts";
import { MaskCache } from "../features/mask-cache.ts";
import { type FeatureSettings, PictureEncoder } from "../features/picture-encoder.ts";
import { type PreparationPlan, type PreparationProgress, prepareSamples } from "../features/prepare-samples.ts";
import { readFeatures } from "../features/read-or-recompute.ts";
import { decodeImage } from "../image/decode.ts";
import type { RgbImage } from "../image/image.ts";
import type { Values } from "../runtime/session.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";
import type { FeaturePath } from "./scorer.ts";

/** A picture's features, valid until the next is asked for; or why there are none. */
export type SampleFeatures =
  | {
      sample: Sample;
      features: Partial<Record<FeaturePath, readonly Values[]>>;
      /** Width and height in pixels; null where the picture was not decoded. */
      size: [number, number] | null;
    }
  | { sample: Sample; problem: string };

export interface FeatureSourceOptions {
  /** The paths that are wanted. */
  paths: ReadonlySet<FeaturePath>;
  threads?: number;
  signal?: AbortSignal;
}

/** Encodes each picture and keeps nothing. A picture that cannot be read costs itself, not the run. */
export async function* encodeSamples(
  samples: readonly Sample[],
  clip: ClipWeights,
  settings: FeatureSettings,
  { paths, threads, signal }: FeatureSourceOptions,
): AsyncGenerator<SampleFeatures> {
  if (samples.length === 0) return;
  // Without a second path there is only the original one.
  const single = settings.attention === "none";
  const encoder = await PictureEncoder.start(clip, settings, {
    threads,
    withOriginal: paths.has("original") && !single,
  });
  try {
    let next = decode(samples[0]!);
    for (const [i, sample] of samples.entries()) {
      // The encoder keeps this thread busy: here signals and timers get in.
      await setImmediate();
      signal?.throwIfAborted();
      const decoded = await next;
      // The next picture is decoded while this one is encoded.
      if (i + 1 < samples.length) next = decode(samples[i + 1]!);
      if ("problem" in decoded) {
        yield { sample, problem: decoded.problem };
        continue;
      }
      const { layers, originalLayers } = await encoder.encode(decoded.image);
      const { width, height } = decoded.image;
      yield { sample, features: { dpam: layers, original: single ? layers : originalLayers }, size: [width, height] };
    }
  } finally {
    await encoder.close();
  }
}

/**
 * Reads features that are kept, after computing those that are not there yet. A picture that cannot be read costs itself,
 * not the run.
 */
export async function* readSamples(
  samples: readonly Sample[],
  clip: ClipWeights,
  settings: FeatureSettings,
  {
    paths,
    threads,
    signal,
    cacheDir,
    onPlan,
    onProgress,
    onNote,
  }: FeatureSourceOptions & {
    cacheDir?: string;
    onPlan?(plan: PreparationPlan): void;
    onProgress?(progress: PreparationProgress): void;
    onNote(text: string): void;
  },
): AsyncGenerator<SampleFeatures> {
  if (samples.length === 0) return;
  // Masks are read where figures are made of them.
  const pictures = samples.map((sample): Sample => ({ ...sample, mask: null }));
  const masks = await MaskCache.open(settings.imageSize, { cacheDir });
  const problems = new Map<string, string>();
  const sources = new Map<FeaturePath, { cache: FeatureCache; hashes: Map<string, string>; into: Uint16Array[] }>();
  const rows = 1 + gridSize(clip.config, settings.imageSize) ** 2;
  for (const path of paths) {
    const how: FeatureSettings = path === "dpam" ? settings : { ...settings, attention: "none" };
    const cache = await FeatureCache.open(clip, how, { cacheDir, threads });
    const prepared = await prepareSamples(pictures, cache, masks, {
      signal,
      onPlan,
      onProgress,
      // A run that is gone on with may have no other pictures left.
      allowNone: true,
      onProblem: ({ sample, message }) => problems.set(sample.image, message),
    });
    sources.set(path, {
      cache,
      hashes: new Map(prepared.map(({ sample, imageHash }) => [sample.image, imageHash])),
      into: settings.layers.map(() => new Uint16Array(rows * clip.config.embedDim)),
    });
  }
  for (const [i, sample] of samples.entries()) {
    signal?.throwIfAborted();
    const problem = problems.get(sample.image);
    if (problem !== undefined) {
      yield { sample, problem };
      continue;
    }
    const features: Partial<Record<FeaturePath, readonly Values[]>> = {};
    for (const [path, { cache, hashes, into }] of sources) {
      const prepared = { sample: pictures[i]!, imageHash: hashes.get(sample.image)!, maskHash: null };
      await readFeatures(prepared, cache, into, ({ path: file, state }) =>
        onNote(`${file}: its features are ${state}; computed again`),
      );
      features[path] = into;
    }
    yield { sample, features, size: null };
  }
}

// --- internal ---

async function decode({ image }: Sample): Promise<{ image: RgbImage } | { problem: string }> {
  try {
    return { image: await decodeImage(image) };
  } catch (error) {
    // Awaited later: what is not the picture's fault would be an unhandled rejection here.
    return { problem: error instanceof AnomalyClipError ? error.message : String(error) };
  }
}
