/** Puts the method together: a picture in, a score and a map out. */

import { AnomalyClipError } from "../errors.ts";
import { input } from "../graph/tensor.ts";
import { UNKNOWN_LENGTH } from "../graph/unknown-length.ts";
import type { RgbImage } from "../image/image.ts";
import { preprocess } from "../image/preprocess.ts";
import type { Region } from "../image/regions.ts";
import { resizeMap } from "../image/resample.ts";
import type { DrawOptions, Pictures } from "../pipeline/draw-pictures.ts";
import { mapInOrder } from "../pipeline/map-in-order.ts";
import { PicturePool } from "../pipeline/picture-pool.ts";
import { untilAborted } from "../pipeline/until-aborted.ts";
import { chooseProviders, type Provider, type ProviderChoice } from "../runtime/providers.ts";
import { WorkerSession } from "../runtime/worker-session.ts";
import { checkTileOptions, DEFAULT_OVERLAP, detectTiles, type TileOptions } from "../tiles/detect-tiles.ts";
import { hashFile } from "../weights/verified-file.ts";
import { type Detection, verdictAt } from "./detection.ts";
import { detectionGraph } from "./detection-graph.ts";
import { type DetectionModelOptions, openDetection } from "./open-detection.ts";
import { PictureBatches } from "./picture-batches.ts";
import type { Precision, Settings } from "./settings.ts";

/** What a detector is made of; all of it has a default. */
export interface DetectorOptions extends Omit<DetectionModelOptions, "precision"> {
  /** `fp16` is for graphics processors, `int8` for the processor; see {@link Precision}. Default: `fp32`. */
  precision?: Precision | "fp16";
  /**
   * What computes: an execution provider of ONNX Runtime that is installed, or `auto`, the first of them that works; one
   * that fails on the way is followed by the next. Default: `cpu`.
   */
  provider?: ProviderChoice;
  /** Called with a line worth knowing: a provider gave up, and which one goes on. */
  onNote?: (text: string) => void;
  /**
   * Looks at pictures in overlapping windows with sides of so many of their own pixels, and once as a whole: for defects of
   * few pixels in large pictures; see `detectTiles`. `auto` takes windows of the model's size where a side of the picture
   * is more than 1.5 times as long. Default: none, pictures are squashed to the model's size.
   */
  tile?: number | "auto";
  /** Share of a window's side that neighbours have in common, 0 to 0.9. Default: 0.25. */
  overlap?: number;
  /** Threads that the computation may use. Default: one for each core. */
  threads?: number;
  /**
   * Pictures that the model looks at together where so many wait: for graphics processors, and services. In int8 it looks
   * at one at a time. Default: 1.
   */
  batch?: number;
  /** A picture of more pixels is refused before it is decoded. Default: 178,956,970; with `tile` a gigapixel. */
  maxPixels?: number;
}

/** What can be looked at: a path, the bytes of a file, or decoded pixels. */
export type PictureSource = string | Uint8Array | RgbImage;

/** How one picture is looked at. */
export interface DetectOptions {
  /** Draws the map over the picture too. Default: no. */
  draw?: DrawOptions | null;
  /** Aborted before the model looks at the picture, it is not looked at. */
  signal?: AbortSignal;
}

/** One of many pictures: what was found, or why nothing was. */
export type Outcome<Source extends PictureSource> =
  | { source: Source; detection: Detection; error?: undefined }
  | { source: Source; detection?: undefined; error: unknown };

/** Pictures in hand at once: one is decoded and one finished while the model looks at a third. */
const IN_HAND = 3;
/** In windows one picture keeps the model busy, and fills memory. */
const IN_HAND_TILED = 1;

/** Scores pictures and maps their anomalies. The model and everything about pictures run in threads of their own. */
export class AnomalyDetector {
  readonly #batches: PictureBatches;

  private constructor(
    private readonly session: WorkerSession,
    private readonly pool: PicturePool,
    batch: number,
    private readonly maxPixels: number | undefined,
    private readonly tiles: Pick<TileOptions, "tile" | "overlap"> | null,
    /** What scores and maps depend on besides the weights. */
    readonly settings: Readonly<Settings>,
    /** Model, prompts and settings in words, for reports. */
    readonly description: Readonly<Record<string, string | number>>,
    /** SHA-256 of the model's files and of the prompts': a file may be replaced under its name. Reads them whole. */
    readonly identify: () => Promise<Readonly<Record<string, string>>>,
  ) {
    this.#batches = new PictureBatches(session, batch);
  }

  /**
   * Opens model and prompts and compiles the graph. Only what lies in the files is read; nothing in them is executed.
   *
   * @throws AnomalyClipError E_WEIGHTS, E_PROMPTS or E_DOWNLOAD for a file that cannot be used, E_CONFIG for options
   * @example
   * const detector = await AnomalyDetector.load();
   * const { score, verdict, regions } = await detector.detect("part.jpg");
   */
  static async load(options: DetectorOptions = {}): Promise<AnomalyDetector> {
    const { threads, tile, overlap, precision = "fp32", provider = "cpu", onNote, ...others } = options;
    const { batch = 1, maxPixels, ...rest } = others;
    if (!(Number.isInteger(batch) && batch > 0)) throw new RangeError(`batch must be a whole number > 0, got ${batch}`);
    const tiles = tile === undefined ? null : { tile, overlap };
    if (tiles !== null) checkTileOptions(tiles);
    if (tiles === null && overlap !== undefined) {
      throw new AnomalyClipError("E_CONFIG", "overlap is of tiles: say how large they are");
    }
    const providers = suitable(await chooseProviders(provider), provider, precision);
    // Its threads start while the model is opened, so that the first picture does not wait for them.
    const pool = new PicturePool();
    try {
      const parts = await openDetection({ ...rest, precision: precision === "fp16" ? "fp32" : precision });
      const { imageSize } = parts.settings;
      // In int8 the pictures of a batch would share their scales, and change each other's scores.
      const together = precision === "int8" ? 1 : batch;
      const graph = detectionGraph(
        input("image", [together === 1 ? 1 : UNKNOWN_LENGTH, 3, imageSize, imageSize]),
        parts,
      );
      const session = await WorkerSession.create(graph, {
        threads,
        onNote,
        providers: providers.map(({ runtimeName }) => runtimeName),
        arithmetic: precision === "fp16" ? "float16" : "float32",
      });
      const description = {
        ...parts.description,
        precision,
        ...(session.provider === "cpu" ? {} : { provider: session.provider }),
        ...(tiles === null
          ? {}
          : { tiles: `${tile === "auto" ? tile : `${tile} px`}, overlap ${overlap ?? DEFAULT_OVERLAP}` }),
      };
      const identify = async () => ({
        "model SHA-256": await parts.clip.sha256(),
        "prompts SHA-256": await hashFile(parts.promptFile),
      });
      return new AnomalyDetector(session, pool, together, maxPixels, tiles, parts.settings, description, identify);
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  /**
   * Looks at one picture. Of many at once, all are decoded as soon as threads are free: `detectMany` is for those.
   *
   * @throws AnomalyClipError E_IMAGE when it cannot be decoded; the signal's reason when it was aborted
   */
  async detect(source: PictureSource, { draw = null, signal }: DetectOptions = {}): Promise<Detection> {
    signal?.throwIfAborted();
    return this.tiles === null ? this.#detectWhole(source, draw, signal) : this.#detectTiled(source, draw, signal);
  }

  async #detectWhole(source: PictureSource, draw: DrawOptions | null, signal?: AbortSignal): Promise<Detection> {
    const { imageSize, mapThreshold, layers } = this.settings;
    const opened = await this.pool.open({ source, imageSize, maxPixels: this.maxPixels });
    const { score, map } = await this.#batches.look(opened.input, signal);
    const { image, regions, pictures } = await this.pool.finish({
      image: opened.image,
      map,
      imageSize,
      layers: layers.length,
      mapThreshold: mapThreshold * layers.length,
      draw,
    });
    let enlarged: Float32Array | undefined;
    return {
      ...this.#verdict(score),
      mapWidth: imageSize,
      mapHeight: imageSize,
      map,
      width: image.width,
      height: image.height,
      windows: 1,
      image,
      regions,
      imageMap() {
        enlarged ??= resizeMap(map, imageSize, imageSize, image.width, image.height);
        return enlarged;
      },
      pictures,
    };
  }

  async #detectTiled(source: PictureSource, draw: DrawOptions | null, signal?: AbortSignal): Promise<Detection> {
    const { imageSize, mapThreshold, layers } = this.settings;
    const look = (window: RgbImage) => this.#batches.look(preprocess(window, imageSize), signal);
    const found = await detectTiles(source, look, {
      ...this.tiles!,
      maxPixels: this.maxPixels,
      imageSize,
      mapThreshold: mapThreshold * layers.length,
      signal,
    });
    const { score, width, height, windows, regions, reduction } = found;
    let { image, map } = found;
    let pictures: Pictures | null = null;
    if (draw !== null) {
      // Decoded pixels that were given stay the caller's.
      if (image === source) image = { ...image, data: new Uint8Array(image.data) };
      const scaled = regions.map((region) => reduceRegion(region, reduction));
      ({ image, map, pictures } = await this.pool.draw({ image, map, layers: layers.length, regions: scaled, draw }));
    }
    return {
      ...this.#verdict(score),
      mapWidth: image.width,
      mapHeight: image.height,
      map,
      width,
      height,
      windows,
      image,
      regions,
      imageMap: () => map,
      pictures,
    };
  }

  #verdict(score: number): Pick<Detection, "score" | "verdict" | "threshold" | "layers"> {
    const { threshold, layers } = this.settings;
    return { score, verdict: verdictAt(score, threshold), threshold, layers: layers.length };
  }

  /**
   * Looks at many pictures, one after another: while the model looks at one, others are read, decoded and finished. No
   * picture is asked for before there is room for it, so the source may be endless and memory stays as it is. A picture
   * that fails is an outcome too.
   *
   * @param sources in the order of the outcomes
   * @param options.signal aborted, the picture in hand is finished and no other begun
   * @example
   * for await (const { source, detection, error } of detector.detectMany(paths)) {
   *   console.log(source, error ?? detection.score);
   * }
   */
  async *detectMany<Source extends PictureSource>(
    sources: Iterable<Source> | AsyncIterable<Source>,
    options: DetectOptions = {},
  ): AsyncGenerator<Outcome<Source>, void, void> {
    const { signal } = options;
    const inHand = this.tiles === null ? IN_HAND : IN_HAND_TILED;
    const look = async (source: Source): Promise<Outcome<Source>> => {
      try {
        return { source, detection: await this.detect(source, options) };
      } catch (error) {
        return { source, error };
      }
    };
    for await (const outcome of mapInOrder(untilAborted(sources, signal), look, inHand)) {
      if (signal?.aborted && outcome.error === signal.reason) return;
      yield outcome;
    }
  }

  /** Frees the model's memory; the detector cannot be used afterwards. */
  async close(): Promise<void> {
    await Promise.all([this.session.close(), this.pool.close()]);
  }
}

// --- internal ---

/** The providers that are any good at a precision. */
function suitable(
  providers: readonly Provider[],
  wanted: ProviderChoice,
  precision: Precision | "fp16",
): readonly Provider[] {
  if (precision === "fp32") return providers;
  const able = providers.filter(({ float16, int8 }) => (precision === "fp16" ? float16 : int8));
  if (able.length > 0) return able;
  const hint = precision === "fp16" ? "fp16 is for graphics processors; take int8 or fp32" : "int8 is for the cpu";
  throw new AnomalyClipError("E_CONFIG", `provider ${wanted} is not suited to ${precision}: ${hint}`);
}

/** A region of the picture in the pixels of its reduction. */
function reduceRegion({ x, y, width, height, area, peak }: Region, reduction: number): Region {
  const [left, top] = [Math.floor(x / reduction), Math.floor(y / reduction)];
  return {
    x: left,
    y: top,
    width: Math.ceil((x + width) / reduction) - left,
    height: Math.ceil((y + height) / reduction) - top,
    area: Math.ceil(area / reduction ** 2),
    peak,
  };
}
