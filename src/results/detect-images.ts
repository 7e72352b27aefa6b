/** Looks at pictures one after another and keeps going: a picture that fails is a result too. */

import type { DetectOptions, Outcome } from "../anomalyclip/detector.ts";
import { AnomalyClipError, messageOf } from "../errors.ts";
import type { DrawOptions } from "../pipeline/draw-pictures.ts";
import { isFailed, type ResultRecord, recordOf, requireFinite } from "./record.ts";
import type { ResultsWriter } from "./results-writer.ts";

/** What this room needs of a detector. */
export interface Detector {
  /** Looks at pictures, given by their paths; outcomes come in their order. */
  detectMany(
    sources: Iterable<string> | AsyncIterable<string>,
    options?: DetectOptions,
  ): AsyncIterable<Outcome<string>>;
  /** What the results depend on: model, prompts, image size, ... */
  readonly description: Readonly<Record<string, string | number>>;
  /** What was in the files that it was made of, which may be replaced under their names. */
  identify(): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

export interface DetectImagesOptions {
  detector: Detector;
  /** Paths with forward slashes; they may come one by one. */
  images: Iterable<string> | AsyncIterable<string>;
  /** Where results go; null keeps nothing. */
  writer: ResultsWriter | null;
  /** How overlays are drawn; null draws none. */
  draw: DrawOptions | null;
  /** Called after every picture, with what was thrown where it failed. */
  onRecord?: (record: ResultRecord, cause?: unknown) => void;
  /** Stops after the picture in hand. */
  signal?: AbortSignal;
}

/** How many pictures of a run came out how. */
export interface Tally {
  normal: number;
  abnormal: number;
  failed: number;
}

/**
 * Looks at every picture.
 *
 * @throws AnomalyClipError `E_CONFIG` where results cannot be written, `E_RUNTIME` where the model itself fails: the next
 *   picture would fare no better. Nothing else stops a run but `signal`.
 */
export async function detectImages(options: DetectImagesOptions): Promise<Tally> {
  const { detector, images, writer, draw, onRecord, signal } = options;
  const tally: Tally = { normal: 0, abnormal: 0, failed: 0 };
  for await (const outcome of detector.detectMany(images, { draw: writer && draw, signal })) {
    const { source: image } = outcome;
    const cause = failureOf(outcome);
    if (cause instanceof AnomalyClipError && cause.code === "E_RUNTIME") throw cause;
    let record: ResultRecord;
    if (cause !== undefined) {
      const error = reasonOf(cause, image);
      record = writer ? await writer.fail(image, error) : { image, error };
    } else if (writer) {
      record = await writer.write(image, outcome.detection!);
    } else {
      record = recordOf(image, outcome.detection!, { overlay: null, map: null, thumbnails: null });
    }
    tally[isFailed(record) ? "failed" : record.verdict]++;
    onRecord?.(record, cause);
  }
  return tally;
}

/** Why a picture counts as failed: an error, or a result that says nothing; undefined where it is sound. */
export function failureOf({ detection, error }: Outcome<string>): unknown {
  if (detection === undefined) return error ?? new Error("unknown failure");
  try {
    requireFinite(detection);
    return undefined;
  } catch (notFinite) {
    return notFinite;
  }
}

/** The reason of a failed record. A decoder's message names the file, and so does the record. */
export function reasonOf(cause: unknown, image: string): string {
  const message = messageOf(cause);
  return message.startsWith(`${image}: `) ? message.slice(image.length + 2) : message;
}
