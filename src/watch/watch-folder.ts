/** Looks at the pictures of a folder as they appear, for as long as it is asked to. */

import { setTimeout as delay } from "node:timers/promises";
import type { Outcome } from "../anomalyclip/detector.ts";
import { AnomalyClipError, messageOf } from "../errors.ts";
import type { DrawOptions } from "../pipeline/draw-pictures.ts";
import type { Detector, Tally } from "../results/detect-images.ts";
import { failureOf, reasonOf } from "../results/detect-images.ts";
import { isFailed, type ResultRecord, recordOf } from "../results/record.ts";
import type { ResultsWriter } from "../results/results-writer.ts";
import type { LookedAt } from "./looked-at.ts";
import { SettlingQueue, type Snapshot, sameSnapshot } from "./settling-queue.ts";
import { WatchedTree } from "./watched-tree.ts";

export interface WatchFolderOptions {
  detector: Detector;
  /** As it is to be told in the paths of pictures. */
  folder: string;
  /** Where results go; null keeps nothing. */
  writer: ResultsWriter | null;
  /** How overlays are drawn; null draws none. */
  draw: DrawOptions | null;
  lookedAt: LookedAt;
  /** Seconds for which a file must not have changed before it is looked at. */
  settle: number;
  /** Seconds between searches of the whole folder; null relies on the system's notices. */
  poll: number | null;
  /** Passes over what lies in the folder at the start. */
  onlyNew: boolean;
  /** Ends when nothing waits any more. */
  once: boolean;
  /** Ends after the picture in hand. */
  signal: AbortSignal;
  /** Called after every picture, with what was thrown where it failed. */
  onRecord: (record: ResultRecord, cause?: unknown) => void;
  /** Called over and over, also while nothing happens. */
  onTick: () => Promise<void>;
  /** Something to tell the user, on one line. */
  onNote: (text: string) => void;
}

/** Times that a picture is tried which cannot be decoded: a slow writer may only have paused. */
const TRIES = 3;

/** Milliseconds between two looks at what has settled. */
const TICK = 100;

/**
 * Looks at pictures, those that were modified first before the others, until `signal` or, with `once`, until none waits.
 *
 * @throws AnomalyClipError E_CONFIG where the folder does not exist at the start or results cannot be written, E_RUNTIME
 *   where the model itself fails
 */
export async function watchFolder(options: WatchFolderOptions): Promise<Tally> {
  const { detector, folder, writer, draw, lookedAt, settle, poll, onlyNew, once, signal } = options;
  const { onRecord, onTick, onNote } = options;
  const queue = new SettlingQueue(1000 * settle);
  /** Given to the detector: the state in which each was, and how often it failed before. */
  const inHand = new Map<string, Snapshot>();
  const failures = new Map<string, number>();
  let passingOver = onlyNew;
  const tree = await WatchedTree.open({
    folder,
    results: writer?.folder ?? null,
    poll,
    isKnown: (image) => lookedAt.has(image) || queue.has(image) || inHand.has(image),
    onPicture(image, snapshot) {
      const given = inHand.get(image);
      if (lookedAt.isDone(image, snapshot.modified) || (given && sameSnapshot(given, snapshot))) return;
      if (passingOver) lookedAt.remember(image, snapshot.modified);
      else queue.saw(image, snapshot, Date.now());
    },
    onNote,
  });

  async function* settled(): AsyncGenerator<string> {
    while (!signal.aborted) {
      await tree.tend();
      passingOver = false;
      const picture = queue.take(Date.now(), (image) => !inHand.has(image));
      if (picture !== null) {
        const { image } = picture;
        const now = await tree.snapshot(image);
        if (now === null) onNote(`${image}: gone before it was looked at`);
        else if (!sameSnapshot(now, picture)) queue.saw(image, now, Date.now());
        else {
          inHand.set(image, now);
          yield image;
        }
        continue;
      }
      if (once && tree.quiet && queue.size === 0 && inHand.size === 0) return;
      await onTick();
      await delay(TICK, undefined, { signal }).catch(() => undefined);
    }
  }

  const tally: Tally = { normal: 0, abnormal: 0, failed: 0 };

  /** Writes down what became of a picture, or puts it in once more. */
  async function keep(outcome: Outcome<string>): Promise<void> {
    const { source: image } = outcome;
    const snapshot = inHand.get(image)!;
    const cause = failureOf(outcome);
    if (cause instanceof AnomalyClipError && cause.code === "E_RUNTIME") throw cause;
    let record: ResultRecord;
    if (cause === undefined) {
      const detection = outcome.detection!;
      const noFiles = { overlay: null, map: null, thumbnails: null };
      record = writer ? await writer.write(image, detection) : recordOf(image, detection, noFiles);
    } else {
      const tries = (failures.get(image) ?? 0) + 1;
      const now = await tree.snapshot(image);
      if (now === null) {
        failures.delete(image);
        onNote(`${image}: gone before it was looked at`);
        return;
      }
      if (tries < TRIES) {
        failures.set(image, tries);
        queue.postpone(image, now, Date.now() + 1000 * settle * 2 ** tries);
        return;
      }
      const error = reasonOf(cause, image);
      record = writer ? await writer.fail(image, error) : { image, error };
    }
    failures.delete(image);
    await lookedAt.keep(image, snapshot.modified);
    tally[isFailed(record) ? "failed" : record.verdict]++;
    onRecord(record, cause);
  }

  try {
    for await (const outcome of detector.detectMany(settled(), { draw: writer && draw, signal })) {
      try {
        await keep(outcome);
      } finally {
        // Not before: with nothing in hand and nothing that waits, `once` ends.
        inHand.delete(outcome.source);
      }
      await onTick();
    }
  } catch (error) {
    // With the folder went the results in it: that is what matters, not the file that could not be written.
    if (!(await tree.isThere()) && !(error instanceof AnomalyClipError)) {
      throw new AnomalyClipError("E_CONFIG", `${folder}: gone: ${messageOf(error)}`, { cause: error });
    }
    throw error;
  } finally {
    tree.close();
  }
  return tally;
}
