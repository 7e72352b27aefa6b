/** Puts the method together: a picture in, a score and a map out. */

import { input } from "../graph/tensor.ts";
import type { RgbImage } from "../image/image.ts";
import { resizeMap } from "../image/resample.ts";
import type { DrawOptions } from "../pipeline/draw-pictures.ts";
import { mapInOrder } from "../pipeline/map-in-order.ts";
import { PicturePool } from "../pipeline/picture-pool.ts";
import { untilAborted } from "../pipeline/until-aborted.ts";
import { WorkerSession } from "../runtime/worker-session.ts";
import type { Detection } from "./detection.ts";
import { detectionGraph } from "./detection-graph.ts";
import { type DetectionModelOptions, openDetection } from "./open-detection.ts";
import type { Settings } from "./settings.ts";

/** What a detector is made of; all of it has a default. */
export interface DetectorOptions extends DetectionModelOptions {
  /** Threads that the computation may use. Default: one for each core. */
  threads?: number;
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

/** Scores pictures and maps their anomalies. The model and everything about pictures run in threads of their own. */
export class AnomalyDetector {
  readonly #pool = new PicturePool();
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly session: WorkerSession,
    /** What scores and maps depend on besides the weights. */
    readonly settings: Readonly<Settings>,
    /** Model, prompts and settings in words, for reports. */
    readonly description: Readonly<Record<string, string | number>>,
  ) {}

  /**
   * Opens model and prompts and compiles the graph. Only what lies in the files is read; nothing in them is executed.
   *
   * @throws AnomalyClipError E_WEIGHTS, E_PROMPTS or E_DOWNLOAD for a file that cannot be used, E_CONFIG for options
   * @example
   * const detector = await AnomalyDetector.load();
   * const { score, verdict, regions } = await detector.detect("part.jpg");
   */
  static async load(options: DetectorOptions = {}): Promise<AnomalyDetector> {
    const { threads, ...rest } = options;
    const parts = await openDetection(rest);
    const { imageSize } = parts.settings;
    const graph = detectionGraph(input("image", [1, 3, imageSize, imageSize]), parts);
    const session = await WorkerSession.create(graph, { threads });
    return new AnomalyDetector(session, parts.settings, parts.description);
  }

  /**
   * Looks at one picture. Of many at once, all are decoded as soon as threads are free: `detectMany` is for those.
   *
   * @throws AnomalyClipError E_IMAGE when it cannot be decoded; the signal's reason when it was aborted
   */
  async detect(source: PictureSource, { draw = null, signal }: DetectOptions = {}): Promise<Detection> {
    const { imageSize, threshold, mapThreshold, layers } = this.settings;
    signal?.throwIfAborted();
    const opened = await this.#pool.open({ source, imageSize });
    const { score, map } = await this.#inTurn(signal, () => this.session.run({ image: opened.input }));
    const { image, regions, pictures } = await this.#pool.finish({
      image: opened.image,
      map: map!,
      imageSize,
      layers: layers.length,
      mapThreshold: mapThreshold * layers.length,
      draw,
    });
    const probability = score![0]!;
    let enlarged: Float32Array | undefined;
    return {
      score: probability,
      verdict: probability >= threshold ? "abnormal" : "normal",
      threshold,
      mapWidth: imageSize,
      mapHeight: imageSize,
      map: map!,
      layers: layers.length,
      width: image.width,
      height: image.height,
      windows: 1,
      image,
      regions,
      imageMap() {
        enlarged ??= resizeMap(map!, imageSize, imageSize, image.width, image.height);
        return enlarged;
      },
      pictures,
    };
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
    const look = async (source: Source): Promise<Outcome<Source>> => {
      try {
        return { source, detection: await this.detect(source, options) };
      } catch (error) {
        return { source, error };
      }
    };
    for await (const outcome of mapInOrder(untilAborted(sources, signal), look, IN_HAND)) {
      if (signal?.aborted && outcome.error === signal.reason) return;
      yield outcome;
    }
  }

  /** Frees the model's memory; the detector cannot be used afterwards. */
  async close(): Promise<void> {
    await Promise.all([this.session.close(), this.#pool.close()]);
  }

  /** The model looks at one picture at a time; whoever waits can still turn away. */
  #inTurn<Result>(signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(() => {
      signal?.throwIfAborted();
      return work();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
