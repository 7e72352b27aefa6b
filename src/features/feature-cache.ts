/**
 * Features of pictures, kept on disk: the vision tower is frozen, so they are computed once and streamed at every step.
 *
 * `<cacheDir>/<key>/<hh>/<picture>.<layer>.f16`, where `key` stands for the weights and the way they are read, `picture`
 * is the SHA-256 of the picture file's bytes and `hh` its beginning. Layers have files of their own, so that a run with
 * other layers finds what is there. A file holds half-precision rows [1 + G², embed]: the image feature (the class token
 * of the original path), then the layer's patch features row by row. Every row is scaled to unit length before it is
 * rounded: similarities see directions only, and half precision is at its best near 1.
 */

import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { visionOptions } from "../anomalyclip/dpam.ts";
import { gridSize } from "../clip/vision.ts";
import { AnomalyClipError } from "../errors.ts";
import { toHalf } from "../half.ts";
import type { RgbImage } from "../image/image.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";
import { defaultCacheDir } from "../weights/registry.ts";
import { hashFile } from "../weights/verified-file.ts";
import {
  type CacheState,
  cachedLength,
  readCacheFile,
  removeStrayFiles,
  writeCacheFile,
  writeWhole,
} from "./cache-file.ts";
import { type FeatureSettings, PictureEncoder } from "./picture-encoder.ts";

/** Goes up when a file would hold other numbers than before: features, preprocessing or layout. */
const FORMAT = 1;

export interface FeatureCacheOptions {
  /** Default: `features` in `defaultCacheDir()`. */
  cacheDir?: string;
  /** Threads that the encoder may use. Default: one for each core. */
  threads?: number;
}

/** Where features are kept unless another folder is given. */
export function defaultFeatureCacheDir(): string {
  return join(defaultCacheDir(), "features");
}

/** The features of pictures under one CLIP and one way to read it. Pictures are named by {@link FeatureCache.read}'s hash. */
export class FeatureCache {
  /** 1 + G². */
  readonly rows: number;
  readonly embedDim: number;
  /** Bytes of the features of one layer. */
  readonly bytesPerLayer: number;
  /** Bytes of the features of all layers. */
  readonly bytesPerPicture: number;
  #encoder: PictureEncoder | null = null;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly clip: ClipWeights,
    /** With `layers` in ascending order. */
    readonly settings: FeatureSettings,
    /** `<cacheDir>/<key>`; made when the first features are written. */
    readonly folder: string,
    private readonly description: unknown,
    private readonly threads: number | undefined,
  ) {
    this.rows = 1 + gridSize(clip.config, settings.imageSize) ** 2;
    this.embedDim = clip.config.embedDim;
    this.bytesPerLayer = this.rows * this.embedDim * Uint16Array.BYTES_PER_ELEMENT;
    this.bytesPerPicture = this.bytesPerLayer * settings.layers.length;
  }

  /**
   * Finds the folder that belongs to the weights, whose files are read once for it, and to the settings. Nothing is
   * written; temporary files that an earlier run left more than a day ago are removed.
   *
   * @throws AnomalyClipError E_CONFIG when the image size, a layer or the first V-V block does not fit the model
   */
  static async open(
    clip: ClipWeights,
    settings: FeatureSettings,
    { cacheDir = defaultFeatureCacheDir(), threads }: FeatureCacheOptions = {},
  ): Promise<FeatureCache> {
    const checked = { ...settings, ...visionOptions(clip.config, settings) };
    const identity = await identityOf(clip, checked);
    const key = createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 32);
    const description = { ...WORDS, weightsFrom: basename(clip.path), ...identity };
    const cache = new FeatureCache(clip, checked, join(cacheDir, key), description, threads);
    await removeStrayFiles(cache.folder);
    return cache;
  }

  /** The layers of a picture that must be computed; a file of the right length counts as there. */
  async missingLayers(hash: string): Promise<number[]> {
    const { layers } = this.settings;
    const lengths = await Promise.all(layers.map((layer) => cachedLength(this.#path(hash, layer))));
    return layers.filter((_, i) => lengths[i] !== this.bytesPerLayer);
  }

  /** Whether a picture's features are there: files of the right length, not opened. */
  async has(hash: string): Promise<boolean> {
    return (await this.missingLayers(hash)).length === 0;
  }

  /**
   * Encodes a picture and writes its features. The encoder is loaded at the first call and stays until
   * {@link releaseEncoder}; calls wait for each other.
   *
   * @param hash of the bytes of the picture's file
   * @throws AnomalyClipError E_CONFIG when the cache cannot be written to, E_WEIGHTS when features are not finite
   */
  compute(hash: string, image: RgbImage): Promise<void> {
    return this.#inTurn(async () => {
      this.#encoder ??= await this.#startEncoder();
      const { layers } = await this.#encoder.encode(image);
      for (const [i, layer] of this.settings.layers.entries()) {
        const rows = toHalf(layers[i]!);
        if (!rows.every(isFinite16)) {
          throw new AnomalyClipError(
            "E_WEIGHTS",
            `${this.clip.path}: layer ${layer} gives features that are not finite: the weights are damaged`,
          );
        }
        await writeCacheFile(this.#path(hash, layer), bytesOf(rows));
      }
    });
  }

  /**
   * Reads the features of a picture into the caller's memory.
   *
   * @param hash SHA-256 of the bytes of the picture's file, hexadecimal
   * @param into for each of `settings.layers`, half-precision bits [1 + G², embed]
   * @returns `ok` when all layers are; otherwise `into` is undefined
   * @throws AnomalyClipError E_CONFIG when the cache may not be read
   */
  async read(hash: string, into: readonly Uint16Array[]): Promise<CacheState> {
    const { layers } = this.settings;
    if (into.length !== layers.length || into.some(({ byteLength }) => byteLength !== this.bytesPerLayer)) {
      throw new RangeError(
        `features of ${layers.length} layers need ${layers.length} arrays of [${this.rows}, ${this.embedDim}]`,
      );
    }
    const states = await Promise.all(
      layers.map((layer, i) => readCacheFile(this.#path(hash, layer), bytesOf(into[i]!))),
    );
    return states.find((state) => state === "damaged") ?? states.find((state) => state === "missing") ?? "ok";
  }

  /** Frees the encoder's memory. The cache can go on: the next `compute` loads the encoder again. */
  releaseEncoder(): Promise<void> {
    return this.#inTurn(async () => {
      const encoder = this.#encoder;
      this.#encoder = null;
      await encoder?.close();
    });
  }

  #path(hash: string, layer: number): string {
    return join(this.folder, hash.slice(0, 2), `${hash}.${layer}.f16`);
  }

  // The encoder has one set of outputs, and must not be freed while it runs.
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #startEncoder(): Promise<PictureEncoder> {
    // First, because a folder that cannot be written to should be known before the first picture is encoded.
    await writeWhole(join(this.folder, "key.json"), [Buffer.from(`${JSON.stringify(this.description, null, 2)}\n`)]);
    return PictureEncoder.start(this.clip, this.settings, { threads: this.threads });
  }
}

// --- internal ---

const WORDS = {
  what: "Features of pictures, computed by AnomalyCLIP's frozen vision tower for the training of prompts. Safe to delete.",
  files:
    "<first two digits>/<SHA-256 of the picture file>.<layer>.f16: 64 bytes of header (magic, payload length, CRC-32), " +
    "then float16 [1 + patches, embedding], little-endian; row 0 is the image feature; rows have unit length.",
};

/** Everything that the numbers in the files depend on, but for the picture and the layer. */
async function identityOf(clip: ClipWeights, settings: FeatureSettings) {
  const { imageSize, dpamFrom, attention, views = 1, precision = "fp32" } = settings;
  const files = new Set<string>();
  for (const [name, { file }] of clip.tensors) if (name.startsWith("vision.")) files.add(file);
  const hashes = await Promise.all([...files].map((file) => hashFile(file)));
  const { embedDim, patchSize, vision, activation, layerNormEps } = clip.config;
  return {
    format: FORMAT,
    imageSize,
    attention,
    // Without a second path its first block means nothing.
    dpamFrom: attention === "none" ? null : dpamFrom,
    // Named only where they are not the default, which files of earlier versions were made with.
    ...(views === 1 ? {} : { views }),
    ...(precision === "fp32" ? {} : { precision }),
    // What the files do not say: their configuration may be given from outside.
    model: { embedDim, patchSize, vision, activation, layerNormEps },
    weightsSha256: hashes.sort(),
  };
}

/** Whether a half-precision pattern is neither an infinity nor NaN. */
function isFinite16(bits: number): boolean {
  return (bits & 0x7c00) !== 0x7c00;
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
