/** How results and remarks are printed: results to stdout, everything said about them to stderr. */

import { printable } from "../printable.ts";
import { formatScore } from "../results/histogram.ts";
import { isFailed, largestRegion, type ResultRecord } from "../results/record.ts";
import type { Terminal } from "./terminal.ts";

export interface PrintOptions {
  /** One JSON object a line instead of text. Default: false. */
  json?: boolean;
  /** Whether a failure is followed by where it happened. Default: false. */
  debug?: boolean;
  /** When the picture was looked at: printed in front of the text, and as `time` (ISO 8601) in JSON. Default: left out. */
  time?: Date;
}

/** Prints what came of one picture: a line of its score and regions, or why it failed. */
export function printRecord(record: ResultRecord, cause: unknown, options: PrintOptions, terminal: Terminal): void {
  const { json, debug, time } = options;
  const clock = time ? `${timeOfDay(time)}  ` : "";
  if (json) {
    const timed = time ? { ...record, time: time.toISOString() } : record;
    terminal.stdout.write(`${JSON.stringify(timed)}\n`);
  }
  if (isFailed(record)) {
    say(terminal, `${clock}${record.image}: ${record.error}`);
    if (debug && cause instanceof Error) terminal.stderr.write(`${cause.stack}\n`);
  } else if (!json) {
    terminal.stdout.write(`${clock}${describeRecord(record)}\n`);
  }
}

/** `12:03:59`, by the clock on the wall. */
export function timeOfDay(time: Date): string {
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Says something about the run, on one line. */
export function say(terminal: Terminal, text: string): void {
  terminal.stderr.write(`anomalyclip: ${printable(text)}\n`);
}

/** `1 picture`, `2 pictures`. */
export function count(number: number, noun = "picture"): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

// --- internal ---

function describeRecord(record: Exclude<ResultRecord, { error: string }>): string {
  const largest = largestRegion(record.regions);
  const where = largest
    ? `  (${count(record.regions.length, "region")}, largest ${largest.width} x ${largest.height} at ${largest.x},${largest.y})`
    : "";
  return `${formatScore(record.score)}  ${record.verdict.padEnd(8)}  ${printable(record.image)}${where}`;
}
