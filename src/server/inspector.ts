/** Looks at pictures for whoever asks, request or job, and keeps what it saw. */

import { type Detection, verdictAt } from "../anomalyclip/detection.ts";
import { AnomalyClipError, messageOf } from "../errors.ts";
import type { DrawOptions } from "../pipeline/draw-pictures.ts";
import { recordOf, requireFinite } from "../results/record.ts";
import type { Admission } from "./admission.ts";
import type { Product, Result } from "./api.ts";
import type { History, KeptResult, Retention } from "./history.ts";
import type { Models } from "./models.ts";
import { newId, type PictureStore } from "./picture-store.ts";
import { ProblemError } from "./problem.ts";
import type { ServiceMetrics } from "./service-metrics.ts";

/** A picture as it was sent. */
export interface SentPicture {
  /** The file name, for people. */
  name: string;
  bytes: Uint8Array;
}

/** How pictures are looked at. */
export interface Choice {
  model: string;
  product: string | null;
  /** Score from which a picture is abnormal; null leaves that to the model. */
  threshold: number | null;
}

export interface InspectOptions {
  keep: boolean;
  /** The job that asks, and what it knows the picture by. */
  job?: { id: string; picture: string };
  draw?: DrawOptions | null;
  signal?: AbortSignal;
}

export class Inspector {
  #sinceSweep = 0;

  constructor(
    private readonly models: Models,
    private readonly admission: Admission,
    readonly history: History,
    readonly pictures: PictureStore,
    private readonly retention: Retention,
    private readonly metrics: ServiceMetrics,
  ) {}

  /**
   * What a caller asked for, with what the product adds.
   *
   * @throws ProblemError 404 for a model or product that is not there
   */
  choose(wanted: { model?: string; product?: string; threshold?: number }): Choice {
    let product: Product | null = null;
    if (wanted.product !== undefined) {
      product = this.history.product(wanted.product);
      if (product === null) {
        const known = this.history.products().map(({ name }) => name);
        const hint = known.length === 0 ? "none is known yet: calibrate one first" : `there is ${known.join(", ")}`;
        throw new ProblemError(404, `no product ${wanted.product}; ${hint}`);
      }
    }
    return {
      model: this.models.require(wanted.model ?? product?.model ?? this.models.defaultName),
      product: product?.name ?? null,
      threshold: wanted.threshold ?? product?.threshold ?? null,
    };
  }

  /**
   * Looks at one picture when its turn comes. A kept result is on disk before it is returned.
   *
   * @throws AnomalyClipError as the detector; the signal's reason where the caller went away
   */
  async inspect(
    { name, bytes }: SentPicture,
    choice: Choice,
    { keep, job, draw = null, signal }: InspectOptions,
  ): Promise<{ result: Result; detection: Detection }> {
    return await this.admission.inTurn(async () => {
      const begun = performance.now();
      const detection = await this.models
        .use(choice.model, (detector) => detector.detect(bytes, { draw, signal }))
        .catch((error) => {
          throw named(error, name);
        });
      requireUsable(detection, name);
      const threshold = choice.threshold ?? detection.threshold;
      const { overlay: _, map: __, thumbnails: ___, ...record } = recordOf(name, detection, NO_FILES);
      const result: Result = {
        ...record,
        id: keep ? newId() : null,
        created: new Date().toISOString(),
        threshold,
        verdict: verdictAt(detection.score, threshold),
        model: choice.model,
        product: choice.product,
        job: job?.id ?? null,
        milliseconds: Math.round(performance.now() - begun),
      };
      if (result.id !== null) {
        await this.pictures.write(result.id, bytes, detection.map, detection.mapHeight, detection.mapWidth);
        this.history.addResult(result as KeptResult, job?.picture);
        this.#sweepNowAndThen();
      }
      this.metrics.looked(result.verdict, performance.now() - begun);
      return { result, detection };
    }, signal);
  }

  /** Removes a result with its files. @returns whether it was there */
  async remove(id: string): Promise<boolean> {
    const there = this.history.removeResult(id);
    if (there) await this.pictures.remove(id);
    return there;
  }

  /** Removes what is older or more than is kept. */
  async sweep(): Promise<void> {
    for (;;) {
      const removed = this.history.sweep(this.retention);
      if (removed.length === 0) return;
      for (const { id } of removed) await this.pictures.remove(id);
    }
  }

  #sweepNowAndThen(): void {
    if (++this.#sinceSweep < 100) return;
    this.#sinceSweep = 0;
    // A file that cannot be removed now is tried with the next sweep's orphans.
    this.sweep().catch(() => undefined);
  }
}

// --- internal ---

const NO_FILES = { overlay: null, map: null, thumbnails: null };

/** As on the command line, a result that says nothing is the failure of its picture. */
function requireUsable(detection: Detection, name: string): void {
  try {
    requireFinite(detection);
  } catch (error) {
    throw new AnomalyClipError("E_IMAGE", `${name}: ${messageOf(error)}`, { cause: error });
  }
}

/** The decoder has bytes only; people know the picture by its name. */
function named(error: unknown, name: string): unknown {
  if (!(error instanceof AnomalyClipError && error.code === "E_IMAGE")) return error;
  const message = error.message.replace(/^the given (bytes|picture): /, `${name.replace("$", "$$$$")}: `);
  return new AnomalyClipError("E_IMAGE", message, { cause: error });
}
