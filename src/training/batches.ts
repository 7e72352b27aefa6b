/** Batches of cached features, read from disk while the step before them is computed. */

import { mixSeed, Random } from "../random.ts";
import type { Values } from "../runtime/session.ts";

/** What a batch needs to know of a picture. */
export interface TrainingSample {
  className: string;
  abnormal: boolean;
  /** False for an abnormal picture without a mask: it has no part in the local loss. */
  local: boolean;
}

/** Where features and masks of samples `T` come from. */
export interface SampleReader<T> {
  /** Layers whose features are read. */
  readonly layers: readonly number[];
  /** 1 + G²: the image feature, then the patches. */
  readonly rows: number;
  readonly embedDim: number;
  /** S, the side of masks. */
  readonly imageSize: number;
  /** Fills one array [rows, embedDim] of float16 bits for each layer. */
  readFeatures(sample: T, into: readonly Uint16Array[]): Promise<void>;
  /** Fills [S, S] with 0 and 1. */
  readMask(sample: T, into: Uint8Array): Promise<void>;
}

/** The feeds of one batch; valid until the next is asked for. */
export type BatchFeeds = Record<string, Values>;

/** Adds what else a batch feeds, such as the words of its classes. */
export type FurtherFeeds = (classNames: readonly string[]) => BatchFeeds;

/** The order in which an epoch (from 1) shows `count` samples: a function of seed and epoch, so nothing need be kept. */
export function epochOrder(count: number, epoch: number, { shuffle, seed }: { shuffle: boolean; seed: number }) {
  const order = Array.from({ length: count }, (_, i) => i);
  if (shuffle) {
    const random = new Random(mixSeed("epoch", seed, epoch));
    for (let i = count - 1; i > 0; i--) {
      const j = random.int(0, i);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
  }
  return order;
}

/**
 * The batches of `samples`, in the order given; the last may have fewer than `size`, and is filled up with pictures of
 * weight 0. Memory is that of two batches, however many there are.
 */
export async function* readBatches<T extends TrainingSample>(
  samples: readonly T[],
  size: number,
  reader: SampleReader<T>,
  further: FurtherFeeds = () => ({}),
): AsyncGenerator<BatchFeeds> {
  const buffers = [allocate(size, reader), allocate(size, reader)];
  const fill = (index: number) => {
    const filled = fillBatch(buffers[index % 2]!, samples.slice(index * size, (index + 1) * size), reader, further);
    // Awaited below; a batch that nobody comes to ask for may fail unheard.
    filled.catch(() => undefined);
    return filled;
  };
  const count = Math.ceil(samples.length / size);
  let pending = fill(0);
  for (let index = 0; index < count; index++) {
    const feeds = await pending;
    if (index + 1 < count) {
      pending = fill(index + 1);
    }
    yield feeds;
  }
}

// --- internal ---

interface Buffers {
  /** For each layer [size, rows, embedDim]. */
  features: Uint16Array[];
  /** [size, S, S] */
  masks: Uint8Array;
  labels: Float32Array;
  globalWeights: Float32Array;
  localWeights: Float32Array;
}

function allocate(size: number, { layers, rows, embedDim, imageSize }: SampleReader<never>): Buffers {
  return {
    features: layers.map(() => new Uint16Array(size * rows * embedDim)),
    masks: new Uint8Array(size * imageSize ** 2),
    labels: new Float32Array(size),
    globalWeights: new Float32Array(size),
    localWeights: new Float32Array(size),
  };
}

async function fillBatch<T extends TrainingSample>(
  { features, masks, labels, globalWeights, localWeights }: Buffers,
  samples: readonly T[],
  reader: SampleReader<T>,
  further: FurtherFeeds,
): Promise<BatchFeeds> {
  const pictureSize = reader.rows * reader.embedDim;
  const maskSize = reader.imageSize ** 2;
  for (const array of [labels, globalWeights, localWeights]) {
    array.fill(0);
  }
  await Promise.all(
    samples.map(async (sample, i) => {
      labels[i] = sample.abnormal ? 1 : 0;
      globalWeights[i] = 1 / samples.length;
      localWeights[i] = sample.local ? 1 / samples.length : 0;
      await reader.readFeatures(
        sample,
        features.map((all) => all.subarray(i * pictureSize, (i + 1) * pictureSize)),
      );
      await reader.readMask(sample, masks.subarray(i * maskSize, (i + 1) * maskSize));
    }),
  );
  // What an earlier batch left in the places of a shorter one has weight 0, and is finite.
  return {
    ...Object.fromEntries(reader.layers.map((layer, l) => [`layer${layer}`, features[l]!])),
    masks,
    labels,
    globalWeights,
    localWeights,
    ...further(samples.map(({ className }) => className)),
  };
}
