/** What a quicker way to compute costs and gains on given pictures, against float32. */

import { judgeFeatures } from "../anomalyclip/detection-graph.ts";
import { type DetectionModel, type DetectionModelOptions, openDetection } from "../anomalyclip/open-detection.ts";
import { encodeViews } from "../anomalyclip/views.ts";
import { concat, reshape } from "../graph/layout.ts";
import { input } from "../graph/tensor.ts";
import { decodeImage } from "../image/decode.ts";
import { preprocess } from "../image/preprocess.ts";
import { Session } from "../runtime/session.ts";
import { openQuantizedTower } from "./quantized-tower.ts";
import { SITE_METHODS, type SiteMethod } from "./sites.ts";

/** Means and largest values over the pictures. */
export interface PrecisionComparison {
  pictures: number;
  /** Median seconds of the model's work on a picture. */
  seconds: { reference: number; candidate: number };
  /** ‖x - y‖ / ‖x‖ of the image features, a value a picture. */
  imageFeatures: Spread;
  /** The same of the patch features of all layers. */
  patchFeatures: Spread;
  /** |difference| of P(abnormal). */
  score: Spread;
  /** |difference| of the map's pixels: the mean over all, and the largest of all. */
  map: Spread;
  /** Pictures whose verdict changes at the model's threshold. */
  verdictsChanged: number;
  /** How many sites of the vision tower use which method, and the largest error among them; null without 8 bits. */
  sites: Record<SiteMethod, { count: number; largestError: number }> | null;
}

export interface Spread {
  mean: number;
  largest: number;
}

export interface CompareOptions extends DetectionModelOptions {
  /** Threads that the computation may use. Default: one for each core. */
  threads?: number;
  /** Called after every picture. */
  onPicture?: (done: number) => void;
  signal?: AbortSignal;
}

/**
 * Runs both on every picture, one after the other, so that whatever else the machine does hurts both alike.
 *
 * @param images paths, at least one
 * @param options.precision what is compared with float32. Default: `int8`
 * @throws AnomalyClipError E_IMAGE for a picture that cannot be read, E_CONFIG, E_WEIGHTS and E_PROMPTS as detection does
 */
export async function comparePrecision(
  images: readonly string[],
  { threads, onPicture = () => {}, signal, ...options }: CompareOptions = {},
): Promise<PrecisionComparison> {
  const wanted = await openDetection({ precision: "int8", ...options });
  const exact = await openDetection({ ...options, precision: "fp32" });
  const candidate = await openRunner(wanted, threads);
  const reference = await openRunner(exact, threads);
  try {
    const pairs: Pair[] = [];
    for (const [i, path] of images.entries()) {
      signal?.throwIfAborted();
      const pixels = preprocess(await decodeImage(path), wanted.settings.imageSize);
      // The first run of a session sets memory aside, which is not the picture's fault.
      if (i === 0) for (const runner of [reference, candidate]) await runner.run(pixels);
      pairs.push({ reference: await reference.run(pixels), candidate: await candidate.run(pixels) });
      onPicture(i + 1);
    }
    return { ...summarize(pairs, wanted.settings.threshold), sites: await countSites(wanted, options) };
  } finally {
    await candidate.close();
    await reference.close();
  }
}

// --- internal ---

interface Run {
  seconds: number;
  score: number;
  map: Float32Array;
  image: Float32Array;
  patches: Float32Array;
}

interface Pair {
  reference: Run;
  candidate: Run;
}

async function openRunner(model: DetectionModel, threads: number | undefined) {
  const { imageSize } = model.settings;
  const pixels = input("pixels", [1, 3, imageSize, imageSize]);
  const features = encodeViews(model.parameters, model.config, pixels, model.settings, { linear: model.linear });
  const { score, map } = judgeFeatures(features, model);
  const patches = concat(
    features.patches.map((layer) => reshape(layer, [layer.shape[1]!, layer.shape[2]!])),
    0,
  );
  const session = await Session.create({ score, map, image: features.image, patches }, { threads });
  return {
    async run(values: Float32Array): Promise<Run> {
      const start = performance.now();
      const found = await session.run({ pixels: values });
      const seconds = (performance.now() - start) / 1000;
      return { seconds, score: found.score![0]!, map: found.map!, image: found.image!, patches: found.patches! };
    },
    close: () => session.close(),
  };
}

function summarize(pairs: readonly Pair[], threshold: number): Omit<PrecisionComparison, "sites"> {
  const spread = (of: (pair: Pair) => number): Spread => {
    const values = pairs.map(of);
    return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, largest: Math.max(...values) };
  };
  const relative = (key: "image" | "patches") =>
    spread((pair) => relativeError(pair.reference[key], pair.candidate[key]));
  const maps = pairs.map(({ reference, candidate }) => differences(reference.map, candidate.map));
  const changed = pairs.filter(
    ({ reference, candidate }) => reference.score >= threshold !== candidate.score >= threshold,
  );
  return {
    pictures: pairs.length,
    seconds: {
      reference: median(pairs.map(({ reference }) => reference.seconds)),
      candidate: median(pairs.map(({ candidate }) => candidate.seconds)),
    },
    imageFeatures: relative("image"),
    patchFeatures: relative("patches"),
    score: spread(({ reference, candidate }) => Math.abs(reference.score - candidate.score)),
    map: {
      mean: maps.reduce((sum, { mean }) => sum + mean, 0) / maps.length,
      largest: Math.max(...maps.map(({ largest }) => largest)),
    },
    verdictsChanged: changed.length,
  };
}

async function countSites(
  model: DetectionModel,
  { quantization }: DetectionModelOptions,
): Promise<PrecisionComparison["sites"]> {
  if (model.settings.precision !== "int8") return null;
  const { sites } = await openQuantizedTower(model.clip, quantization);
  const reports = Object.values(sites);
  return Object.fromEntries(
    SITE_METHODS.map((method) => {
      const errors = reports.filter((report) => report.method === method).map(({ errors }) => errors[method] ?? 0);
      return [method, { count: errors.length, largestError: Math.max(0, ...errors) }];
    }),
  ) as PrecisionComparison["sites"];
}

function relativeError(x: Float32Array, y: Float32Array): number {
  let error = 0;
  let size = 0;
  for (let i = 0; i < x.length; i++) {
    error += (x[i]! - y[i]!) ** 2;
    size += x[i]! ** 2;
  }
  return Math.sqrt(error / size);
}

function differences(x: Float32Array, y: Float32Array): Spread {
  let sum = 0;
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    const difference = Math.abs(x[i]! - y[i]!);
    sum += difference;
    if (difference > largest) largest = difference;
  }
  return { mean: sum / x.length, largest };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
