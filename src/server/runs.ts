/** Trainings and evaluations under one folder, and their logs as they grow. */

import { createReadStream } from "node:fs";
import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { pathBelow } from "../watch/walk-pictures.ts";
import type { Run } from "./api.ts";

/** The file that grows, by the kind of run that writes it. */
const LOGS: Record<Run["kind"], string> = { training: "log.jsonl", evaluation: "scores.jsonl" };
/** Folders below the one that is searched. */
const DEPTH = 2;
const MOST_RUNS = 200;
const LONGEST_LINE = 100_000;
/** Between looks at a log, milliseconds. */
const INTERVAL = 500;

interface FoundRun extends Omit<Run, "steps"> {
  log: string;
}

/** The runs under a folder, the latest first. What cannot be read is passed over. */
export async function findRuns(root: string): Promise<FoundRun[]> {
  const runs: FoundRun[] = [];
  const search = async (below: string, depth: number): Promise<void> => {
    for (const kind of ["training", "evaluation"] as const) {
      // A folder may hold one of each, and a URL cannot hold the path of the root.
      const id = pathBelow(below, LOGS[kind]);
      const log = join(root, id);
      const info = await stat(log).catch(() => null);
      if (info?.isFile()) runs.push({ id, kind, modified: info.mtime.toISOString(), log });
    }
    if (depth === 0) return;
    try {
      for await (const entry of await opendir(join(root, below))) {
        if (runs.length >= MOST_RUNS) return;
        if (entry.isDirectory() && !entry.name.startsWith(".")) {
          await search(pathBelow(below, entry.name), depth - 1);
        }
      }
    } catch {
      // A folder that cannot be read has no runs to show.
    }
  };
  await search("", DEPTH);
  return runs.sort((a, b) => b.modified.localeCompare(a.modified));
}

/** The lines of a log: those that are there, then those that come, until `signal` is aborted. A log begun anew starts over. */
export async function* followLines(path: string, signal: AbortSignal): AsyncGenerator<string, void, void> {
  let position = 0;
  let rest = "";
  while (!signal.aborted) {
    const info = await stat(path).catch(() => null);
    if (info !== null && info.size < position) [position, rest] = [0, ""];
    if (info !== null && info.size > position) {
      // Up to the size that was seen: what is being written beyond comes with the next look.
      const stream = createReadStream(path, { start: position, end: info.size - 1, encoding: "latin1" });
      for await (const chunk of stream as AsyncIterable<string>) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop()!.slice(-LONGEST_LINE);
        // Bytes were kept as they are, so that no letter is torn at the end of a chunk.
        for (const line of lines) if (line !== "") yield Buffer.from(line, "latin1").toString("utf8");
        if (signal.aborted) return;
      }
      position = info.size;
    }
    await delay(INTERVAL, undefined, { signal }).catch(() => undefined);
  }
}

/** Lines of a log so far. */
export async function countLines(path: string): Promise<number> {
  let lines = 0;
  for await (const _ of createInterface({ input: createReadStream(path) })) lines++;
  return lines;
}
