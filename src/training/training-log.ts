/** `log.jsonl`: what every step and epoch of a training run measured, one line each. */

import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { AnomalyClipError, messageOf } from "../errors.ts";

/** The loss and its parts. A part is null where it is switched off or has nothing to look at, such as no masks. */
export interface Losses {
  /** What is minimised: global + λ · local. */
  loss: number;
  /** Cross-entropy of whole pictures. */
  global: number | null;
  /** Focal + dice of maps, before its weight λ. */
  local: number | null;
}

/** One step of the optimizer. */
export interface StepLine extends Losses {
  kind: "step";
  /** 1, 2, ... */
  epoch: number;
  /** 1, 2, ... within its epoch. */
  step: number;
  learningRate: number;
  /** How long the step took. */
  seconds: number;
}

/** A whole epoch: means over its steps. */
export interface EpochLine extends Losses {
  kind: "epoch";
  /** 1, 2, ... */
  epoch: number;
  /** Measured on the pictures set aside, after the epoch; null where none are. `auroc` is of the picture scores, 0 to 1. */
  validation: (Losses & { auroc: number | null }) | null;
  /** How long the epoch took, validation included. */
  seconds: number;
}

export type TrainingLine = StepLine | EpochLine;

/** A training log being written. A run that is killed loses the last second of it at most. */
export class TrainingLog {
  #pending = "";
  #timer: NodeJS.Timeout | null = null;
  /** The writes so far, which never overlap. Once one has failed, so do all later ones. */
  #written: Promise<void> = Promise.resolve();
  #failure: unknown = null;

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
  ) {}

  /**
   * Opens the log for a run that goes on after epoch `keepThroughEpoch`, 0 for a new run: lines of later epochs and
   * broken ones go. A crash in between leaves the old file whole.
   *
   * @throws AnomalyClipError `E_CONFIG` where the file cannot be read or written
   */
  static async open(path: string, { keepThroughEpoch }: { keepThroughEpoch: number }): Promise<TrainingLog> {
    const fresh = `${path}.new`;
    try {
      const kept = new TrainingLog(path, await open(fresh, "w"));
      try {
        if (keepThroughEpoch > 0) {
          for await (const line of readTrainingLog(path)) if (line.epoch <= keepThroughEpoch) await kept.append(line);
        }
        await kept.flush();
        await kept.file.sync();
      } finally {
        await kept.file.close();
      }
      await rename(fresh, path);
      return new TrainingLog(path, await open(path, "a"));
    } catch (error) {
      await rm(fresh, { force: true }).catch(() => {});
      throw unusable(path, "write", error);
    }
  }

  /**
   * Adds a line. It is on disk after a second at the latest, a line of an epoch as soon as this is awaited.
   *
   * @throws AnomalyClipError `E_CONFIG` where this or an earlier line could not be written
   */
  async append(line: TrainingLine): Promise<void> {
    if (this.#failure) throw this.#failure;
    this.#pending += `${JSON.stringify(line)}\n`;
    if (line.kind === "epoch" || this.#pending.length > MOST_PENDING) await this.flush();
    else this.#timer ??= setTimeout(() => this.#write(), FLUSH_MILLISECONDS).unref();
  }

  /** Puts on disk what has been added. @throws AnomalyClipError `E_CONFIG` */
  flush(): Promise<void> {
    this.#write();
    return this.#written;
  }

  /** Puts the rest on disk and closes the file. @throws AnomalyClipError `E_CONFIG` */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.file.close();
    }
  }

  #write(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const text = this.#pending;
    this.#pending = "";
    this.#written = this.#written
      .then(() => this.file.appendFile(text))
      .catch((error) => {
        this.#failure = unusable(this.path, "write", error);
        throw this.#failure;
      });
    // Whoever adds or flushes next meets the failure; until then it is not unhandled.
    this.#written.catch(() => {});
  }
}

/**
 * The lines of a log in order, one at a time: a log of any length can be read. Lines that are broken are passed over,
 * and so is a last line without a line end: its writer was stopped in the middle. No file is no lines.
 *
 * @throws AnomalyClipError `E_CONFIG` where the file cannot be read
 */
export async function* readTrainingLog(path: string): AsyncGenerator<TrainingLine> {
  for await (const text of readLines(path)) {
    const line = parseLine(text);
    if (line) yield line;
  }
}

// --- internal ---

const FLUSH_MILLISECONDS = 1000;

/** Characters that wait for the clock at most: it may be late while the machine computes. */
const MOST_PENDING = 64 * 1024;

/** A line takes some two hundred characters; a longer one than this is cut, which breaks it. */
const LONGEST_LINE = 64 * 1024;

async function* readLines(path: string): AsyncGenerator<string> {
  let rest = "";
  try {
    for await (const chunk of createReadStream(path, "utf8")) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!.slice(0, LONGEST_LINE);
      yield* lines;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw unusable(path, "read", error);
  }
}

function parseLine(text: string): TrainingLine | null {
  let line: TrainingLine;
  try {
    line = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(line) || !isCount(line.epoch) || !areLosses(line) || !Number.isFinite(line.seconds)) return null;
  if (line.kind === "step") return isCount(line.step) && Number.isFinite(line.learningRate) ? line : null;
  if (line.kind !== "epoch") return null;
  const { validation } = line;
  return validation === null || (isObject(validation) && areLosses(validation) && isPart(validation.auroc))
    ? line
    : null;
}

function unusable(path: string, verb: "read" | "write", error: unknown): AnomalyClipError {
  if (error instanceof AnomalyClipError) return error;
  return new AnomalyClipError("E_CONFIG", `${path}: cannot ${verb} the training log: ${messageOf(error)}`, {
    cause: error,
  });
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function areLosses({ loss, global, local }: Losses): boolean {
  return Number.isFinite(loss) && isPart(global) && isPart(local);
}

function isPart(value: unknown): boolean {
  return value === null || Number.isFinite(value);
}
