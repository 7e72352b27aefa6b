/** Makes sure that features and masks of all pictures lie in the caches before training begins. */

import { setImmediate } from "node:timers/promises";
import type { Sample } from "../datasets/sample.ts";
import { AnomalyClipError } from "../errors.ts";
import { decodeImage, decodeMask } from "../image/decode.ts";
import type { GrayImage, RgbImage } from "../image/image.ts";
import { preprocessMask } from "../image/preprocess.ts";
import { printable } from "../printable.ts";
import { freeBytes, showBytes } from "./disk-space.ts";
import type { FeatureCache } from "./feature-cache.ts";
import type { MaskCache } from "./mask-cache.ts";
import { decodeUnchanged, hashImageFile } from "./source-files.ts";

/** A sample whose features, and mask where it has one, are in the caches. */
export interface PreparedSample {
  sample: Sample;
  /** SHA-256 of the picture's bytes. */
  imageHash: string;
  /** SHA-256 of the mask's bytes; null for a normal picture, and for an abnormal one without a mask of use. */
  maskHash: string | null;
}

/** What is going to be done, known before anything is computed. */
export interface PreparationPlan {
  /** Different pictures: the same bytes under two names count once. */
  pictures: number;
  /** Those whose features are there. */
  cached: number;
  toCompute: number;
  /** Bytes of disk that the features to be computed will take. */
  bytesNeeded: number;
  /** Null where the file system does not say. */
  bytesFree: number | null;
  /** Where features are kept. */
  folder: string;
}

export interface PreparationProgress {
  /** Hashing the files of pictures and masks, or computing the features of pictures. */
  stage: "hash" | "encode";
  done: number;
  total: number;
}

export interface PrepareOptions {
  /** Called once all files are hashed. */
  onPlan?: (plan: PreparationPlan) => void;
  onProgress?: (progress: PreparationProgress) => void;
  /** Told of a sample that is left out, or that is used though something is wrong with its mask. */
  onProblem?: (problem: { sample: Sample; message: string; leftOut: boolean }) => void;
  /** Whether it is no error that nothing can be used. Default: false. */
  allowNone?: boolean;
  /** Stops between two pictures; what was computed stays. */
  signal?: AbortSignal;
  /** Free bytes of the disk that a folder is on. Default: `freeBytes`. */
  freeBytes?: (folder: string) => Promise<number | null>;
}

/**
 * Hashes all pictures and masks, computes what the caches lack, and frees the encoder.
 *
 * A picture or mask that cannot be read costs the sample, not the run. A mask without an anomalous pixel at the model's
 * image size costs the mask: on an abnormal picture it is probably a mistake, and would teach that its anomaly is none. A
 * mask of another size than its picture is reported when it is first seen, and used: both are squashed to the model's
 * square, as in the released code. Masks of normal pictures are not looked at.
 *
 * @returns the samples that can be used, in the order given
 * @throws AnomalyClipError E_CONFIG when the disk is too small or cannot be written to, E_DATASET when no sample is left
 *   and `allowNone` is not set
 * @throws the signal's reason when it aborts
 */
export async function prepareSamples(
  samples: readonly Sample[],
  cache: FeatureCache,
  masks: MaskCache,
  options: PrepareOptions = {},
): Promise<PreparedSample[]> {
  let firstProblem = "";
  const report: Report = (sample, message, leftOut = true) => {
    firstProblem ||= `; the first: ${message}`;
    options.onProblem?.({ sample, message, leftOut });
  };
  const hashed = await hashSamples(samples, options, report);
  const prepared = hashed.length === 0 ? [] : await computeMissing(hashed, cache, masks, options, report);
  if (prepared.length === 0 && !options.allowNone) {
    throw new AnomalyClipError("E_DATASET", `none of ${samples.length} pictures can be used${firstProblem}`);
  }
  return prepared;
}

// --- internal ---

type Report = (sample: Sample, message: string, leftOut?: boolean) => void;

/** Files that are read at the same time, each held in memory. */
const CONCURRENT_READS = 4;
/** Disk that a file takes besides its features: the header, and what its last block leaves empty. */
const BYTES_PER_FILE = 4096;
/** Disk that must stay free, for masks and for others. */
const MARGIN = 16e6;

async function hashSamples(
  samples: readonly Sample[],
  { onProgress, signal }: PrepareOptions,
  report: Report,
): Promise<PreparedSample[]> {
  const paths = new Set(samples.flatMap((sample) => [sample.image, maskPath(sample)].filter((path) => path !== null)));
  const hashes = new Map<string, string>();
  const problems = new Map<string, string>();
  const queue = paths.values();
  const work = async () => {
    for (const path of queue) {
      if (signal?.aborted) return;
      try {
        hashes.set(path, await hashImageFile(path));
      } catch (error) {
        problems.set(path, problemOf(error));
      }
      onProgress?.({ stage: "hash", done: hashes.size + problems.size, total: paths.size });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_READS }, work));
  signal?.throwIfAborted();
  return samples.flatMap((sample): PreparedSample[] => {
    const mask = maskPath(sample);
    const problem = problems.get(sample.image) ?? (mask === null ? undefined : problems.get(mask));
    if (problem !== undefined) {
      report(sample, problem);
      return [];
    }
    return [{ sample, imageHash: hashes.get(sample.image)!, maskHash: mask === null ? null : hashes.get(mask)! }];
  });
}

/** The hashes of the pictures whose features must be computed, once it is clear that the disk has room for them. */
async function planComputation(
  hashed: readonly PreparedSample[],
  cache: FeatureCache,
  options: PrepareOptions,
): Promise<Set<string>> {
  const pictures = new Set(hashed.map(({ imageHash }) => imageHash));
  const missing = new Set<string>();
  let files = 0;
  for (const hash of pictures) {
    const layers = await cache.missingLayers(hash);
    if (layers.length > 0) missing.add(hash);
    files += layers.length;
  }
  const { folder } = cache;
  const bytesNeeded = files * (cache.bytesPerLayer + BYTES_PER_FILE);
  const bytesFree = await (options.freeBytes ?? freeBytes)(folder);
  const [toCompute, cached] = [missing.size, pictures.size - missing.size];
  options.onPlan?.({ pictures: pictures.size, cached, toCompute, bytesNeeded, bytesFree, folder });
  if (toCompute > 0 && bytesFree !== null && bytesNeeded + MARGIN > bytesFree) {
    const room = `the features of ${toCompute} pictures need ${showBytes(bytesNeeded + MARGIN)}`;
    throw new AnomalyClipError(
      "E_CONFIG",
      `${folder}: ${room}, but ${showBytes(bytesFree)} are free; free some space or choose another folder with --cache-dir`,
    );
  }
  return missing;
}

async function computeMissing(
  hashed: readonly PreparedSample[],
  cache: FeatureCache,
  masks: MaskCache,
  options: PrepareOptions,
  report: Report,
): Promise<PreparedSample[]> {
  const missing = await planComputation(hashed, cache, options);
  const waiting = new Set(missing);
  const settle = (hash: string) => {
    if (!waiting.delete(hash)) return;
    options.onProgress?.({ stage: "encode", done: missing.size - waiting.size, total: missing.size });
  };
  const computed = new Set<string>();
  const needed = (hash: string) => missing.has(hash) && !computed.has(hash);
  const load = (item: PreparedSample) => {
    const loading = loadSources(item, needed(item.imageHash), masks);
    // Awaited in its turn, unless the run ends before.
    loading.catch(() => undefined);
    return loading;
  };
  const prepared: PreparedSample[] = [];
  let next = load(hashed[0]!);
  try {
    for (const [i, item] of hashed.entries()) {
      // The encoder keeps this thread busy: here signals and timers get in.
      await setImmediate();
      options.signal?.throwIfAborted();
      const loading = next;
      // The next picture is decoded while this one is encoded.
      if (i + 1 < hashed.length) next = load(hashed[i + 1]!);
      const { sample, imageHash } = item;
      try {
        const { picture, hasAnomaly, mismatch } = await loading;
        if (mismatch !== null) report(sample, mismatch, false);
        if (needed(imageHash)) {
          await cache.compute(imageHash, picture!);
          computed.add(imageHash);
        }
        if (!hasAnomaly && item.maskHash !== null) {
          const what = `no anomalous pixel at ${masks.size} pixels, though the picture counts as abnormal`;
          report(sample, `${printable(sample.mask!)}: ${what}; used without the mask`, false);
        }
        prepared.push(hasAnomaly ? item : { ...item, maskHash: null });
      } catch (error) {
        report(sample, problemOf(error));
      }
      settle(imageHash);
    }
  } finally {
    // It may be writing a mask, and nothing should go on once the caller has an answer.
    await next.catch(() => undefined);
    await cache.releaseEncoder();
  }
  return prepared;
}

/**
 * Decodes what is needed of a sample and writes its mask where the cache lacks it.
 *
 * @returns `picture` null where neither features nor mask need it; `mismatch` tells of a mask of another size
 */
async function loadSources(
  { sample, imageHash, maskHash }: PreparedSample,
  needsFeatures: boolean,
  masks: MaskCache,
): Promise<{ picture: RgbImage | null; hasAnomaly: boolean; mismatch: string | null }> {
  const decodePicture = () => decodeUnchanged(sample.image, imageHash, decodeImage);
  if (maskHash === null) {
    return { picture: needsFeatures ? await decodePicture() : null, hasAnomaly: false, mismatch: null };
  }
  let mask: Uint8Array = new Uint8Array(masks.size ** 2);
  const isCached = (await masks.read(maskHash, mask)) === "ok";
  const picture = needsFeatures || !isCached ? await decodePicture() : null;
  let mismatch: string | null = null;
  if (!isCached) {
    const decoded = await decodeUnchanged(sample.mask!, maskHash, decodeMask);
    mismatch = compareSizes(sample, picture!, decoded);
    mask = preprocessMask(decoded, masks.size);
    await masks.write(maskHash, mask);
  }
  return { picture, hasAnomaly: mask.includes(1), mismatch };
}

function compareSizes({ image, mask }: Sample, picture: RgbImage, { width, height }: GrayImage): string | null {
  if (width === picture.width && height === picture.height) return null;
  const sizes = `the mask is ${width} x ${height} pixels, its picture ${printable(image)} ${picture.width} x ${picture.height}`;
  return `${printable(mask!)}: ${sizes}; used as if it showed the same, squashed like the picture`;
}

function maskPath({ abnormal, mask }: Sample): string | null {
  return abnormal ? mask : null;
}

/** What is wrong with a sample. Throws on what is not the sample's fault. */
function problemOf(error: unknown): string {
  if (error instanceof AnomalyClipError && (error.code === "E_IMAGE" || error.code === "E_DATASET")) {
    return error.message;
  }
  throw error;
}
