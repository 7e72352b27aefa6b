/** Looks at pictures one after another and keeps going: a picture that fails is a result too. */

import { setImmediate } from "node:timers/promises";
import type { Detection } from "../anomalyclip/detection.ts";
import { messageOf } from "../errors.ts";
import type { DrawOptions, Pictures } from "./pictures.ts";
import { drawPictures } from "./pictures.ts";
import { isFailed, type ResultRecord, recordOf, requireFinite } from "./record.ts";
import type { ResultsWriter } from "./results-writer.ts";

/** What this room needs of a detector. */
export interface Detector {
  /** Looks at one picture, given by its path. Throws where it cannot be read. */
  detect(source: string): Promise<Detection>;
  /** What the results depend on: model, prompts, image size, ... */
  readonly description: Readonly<Record<string, string | number>>;
  close(): Promise<void>;
}

export interface DetectImagesOptions {
  detector: Detector;
  /** Paths with forward slashes. */
  images: readonly string[];
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
 * @throws AnomalyClipError `E_CONFIG` where results cannot be written; nothing else stops a run but `signal`.
 */
export async function detectImages(options: DetectImagesOptions): Promise<Tally> {
  const { detector, images, writer, draw, onRecord, signal } = options;
  const tally: Tally = { normal: 0, abnormal: 0, failed: 0 };
  for (const image of images) {
    // Lets signals and timers in, however busy the detector keeps this thread.
    await setImmediate();
    if (signal?.aborted) break;
    let cause: unknown;
    let record: ResultRecord;
    const look = await lookAt(detector, image, writer && draw).catch((error: unknown) => {
      cause = error ?? new Error("unknown failure");
      return null;
    });
    if (!look) {
      const error = reasonOf(cause, image);
      record = writer ? await writer.fail(image, error) : { image, error };
    } else if (writer) {
      record = await writer.write(image, look.detection, look.pictures);
    } else {
      record = recordOf(image, look.detection, { overlay: null, map: null, thumbnails: null });
    }
    tally[isFailed(record) ? "failed" : record.verdict]++;
    onRecord?.(record, cause);
  }
  return tally;
}

// --- internal ---

// A decoder's message names the file, and so does the record.
function reasonOf(cause: unknown, image: string): string {
  const message = messageOf(cause);
  return message.startsWith(`${image}: `) ? message.slice(image.length + 2) : message;
}

async function lookAt(
  detector: Detector,
  image: string,
  draw: DrawOptions | null,
): Promise<{ detection: Detection; pictures: Pictures | null }> {
  const detection = await detector.detect(image);
  requireFinite(detection);
  return { detection, pictures: draw ? await drawPictures(detection, draw) : null };
}
