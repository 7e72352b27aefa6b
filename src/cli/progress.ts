/** The progress bar of a long run: how far, how fast, how long still. Only a terminal gets to see it. */

import { SingleBar } from "cli-progress";
import type { TextStream } from "./terminal.ts";

export interface ProgressOptions {
  /** What is counted, short. Default: `img`. */
  unit?: string;
  /** What is being done, before the bar. Default: nothing. */
  label?: string;
  /** Seconds between lines of text where the stream is no terminal. Default: no lines. */
  lineEvery?: number;
}

/** A progress bar; where `stream` is not a terminal, a line now and then or nothing. */
export class Progress {
  readonly #bar: SingleBar | null;
  readonly #started = Date.now();
  #saidAt = this.#started;
  #done = 0;

  constructor(
    private readonly total: number,
    private readonly stream: TextStream,
    private readonly options: ProgressOptions = {},
  ) {
    const { label = "" } = options;
    this.#bar = stream.isTTY
      ? new SingleBar({
          stream,
          format: `${label && `${label} `}{bar} {value}/{total}  {pace}`,
          barCompleteChar: "\u2588",
          barIncompleteChar: "\u2591",
          barsize: 30,
          clearOnComplete: true,
          hideCursor: true,
          // Signals belong to the command, which finishes the picture in hand.
          gracefulExit: false,
        })
      : null;
    this.#bar?.start(total, 0, { pace: "" });
  }

  /** One more is done. @param note shown after the pace */
  step(note = ""): void {
    this.#done++;
    const { unit, label = "", lineEvery = Number.POSITIVE_INFINITY } = this.options;
    const now = Date.now();
    const pace = describePace(this.#done, this.total, (now - this.#started) / 1000, unit);
    const text = note ? `${pace}  ${note}` : pace;
    this.#bar?.update(this.#done, { pace: text });
    if (!this.#bar && now - this.#saidAt >= lineEvery * 1000) {
      this.#saidAt = now;
      this.stream.write(`anomalyclip: ${label} ${this.#done}/${this.total}  ${text}\n`);
    }
  }

  /** Prints something without the bar getting in its way. */
  interrupt(print: () => void): void {
    if (this.#bar) this.stream.write("\r\u001B[2K");
    print();
    this.#bar?.render();
  }

  /** Takes the bar away. */
  stop(): void {
    this.#bar?.stop();
  }
}

/** `done` of `total` after so many seconds, in words: `2.5 img/s, 1 min left`. */
export function describePace(done: number, total: number, seconds: number, unit = "img"): string {
  if (done === 0 || seconds <= 0) return "";
  const rate = done / seconds;
  const pace = rate >= 1 ? `${rate.toFixed(1)} ${unit}/s` : `${(1 / rate).toFixed(1)} s/${unit}`;
  return `${pace}, ${describeTime((total - done) / rate)} left`;
}

/** Seconds as a person would say them: `40 s`, `3 min`, `2 h 05 min`. */
export function describeTime(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
