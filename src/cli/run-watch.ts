/** A run of `anomalyclip watch`: opens what was done before, prints results as they come, keeps the report fresh. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { AnomalyClipError } from "../errors.ts";
import { readRecords } from "../results/jsonl.ts";
import { writeReport } from "../results/report.ts";
import { hasResults, RESULT_FILES } from "../results/results-folder.ts";
import { ResultsWriter } from "../results/results-writer.ts";
import { LookedAt } from "../watch/looked-at.ts";
import { watchFolder } from "../watch/watch-folder.ts";
import { imagePrefix } from "../watch/watched-tree.ts";
import { detectorOptionsOf, type LoadDetector } from "./detector-options.ts";
import { count, printRecord, say } from "./print-record.ts";
import { StopRequest } from "./stop-request.ts";
import type { Terminal } from "./terminal.ts";
import type { WatchFlags } from "./watch.ts";

/**
 * Runs the command; the exit code is left in `terminal`.
 *
 * @throws AnomalyClipError for wrong usage and configuration, and where the model itself fails; what is done is on disk
 */
export async function runWatch(
  folder: string,
  flags: WatchFlags,
  terminal: Terminal,
  load: LoadDetector,
): Promise<void> {
  const { out, settle, poll = null, onlyNew = false, once = false } = flags;
  if (out === "") throw new AnomalyClipError("E_CONFIG", "--out needs the name of a folder");
  if (out === false && flags.maps !== undefined) {
    throw new AnomalyClipError("E_CONFIG", "--maps needs a results folder, and --no-out asks for none");
  }
  await requireFolder(folder);
  const detector = await load(detectorOptionsOf(flags, terminal));
  const stop = new StopRequest(terminal, (text) => say(terminal, text));
  let writer: ResultsWriter | null = null;
  let lookedAt = LookedAt.inMemory();
  try {
    if (out !== false) {
      const earlier = await recordsOf(out);
      const pictures = flags.overlays ? flags.colormap : "none";
      writer = await ResultsWriter.open(out, {
        protocol: {
          ...detector.description,
          ...(await detector.identify()),
          overlays: pictures,
          maps: flags.maps ?? "none",
        },
        // Nothing but the folder that file names are told from.
        images: [`${imagePrefix(folder)}.`],
        mode: "resume",
        otherwise: "move them away",
        maps: flags.maps === "npy",
      });
      lookedAt = await LookedAt.open(out, earlier.images, earlier.written);
      if (earlier.images.size > 0) say(terminal, `${count(earlier.images.size)} in ${out} already`);
    }
    const report = new FreshReport(writer?.folder ?? null, 1000 * flags.reportEvery);
    say(terminal, `watching ${folder}; Ctrl-C ends`);
    const tally = await watchFolder({
      ...{ detector, folder, writer, lookedAt, settle, poll, onlyNew, once, signal: stop.signal },
      draw: flags.overlays ? { colormap: flags.colormap } : null,
      onRecord(record, cause) {
        report.stale = true;
        printRecord(record, cause, { json: flags.json, debug: flags.debug, time: new Date() }, terminal);
      },
      onTick: () => report.refresh(),
      onNote: (text) => say(terminal, text),
    }).finally(() => report.finish());
    const seen = tally.normal + tally.abnormal;
    const failed = tally.failed > 0 ? `, ${tally.failed} failed` : "";
    say(
      terminal,
      `${tally.abnormal} abnormal of ${count(seen)}${failed}${report.path ? `. Report: ${report.path}` : ""}`,
    );
    terminal.exitCode = stop.exitCode ?? (tally.failed > 0 ? 1 : 0);
  } finally {
    stop.dispose();
    await lookedAt.close();
    await writer?.close();
    await detector.close();
  }
}

// --- internal ---

/** `report.html`, written anew now and then. */
class FreshReport {
  stale = false;
  path: string | null = null;
  #due: number;
  #writing = false;

  constructor(
    private readonly folder: string | null,
    private readonly every: number,
  ) {
    this.#due = Date.now() + every;
  }

  async refresh(): Promise<void> {
    if (this.folder === null || !this.stale || this.#writing || Date.now() < this.#due) return;
    await this.#write(this.folder);
  }

  /** For the last time; where the folder has gone, that has been said. */
  async finish(): Promise<void> {
    if (this.folder !== null) await this.#write(this.folder).catch(() => undefined);
  }

  async #write(folder: string): Promise<void> {
    this.#writing = true;
    this.stale = false;
    try {
      this.path = await writeReport(folder);
    } finally {
      this.#writing = false;
      this.#due = Date.now() + this.every;
    }
  }
}

/** Before a model is loaded for nothing. */
async function requireFolder(folder: string): Promise<void> {
  const info = await stat(folder).catch(() => null);
  if (info?.isDirectory()) return;
  throw new AnomalyClipError("E_CONFIG", `${folder}: ${info === null ? "no such folder" : "not a folder"}`);
}

/** The pictures that have a result or failed, and when the last of those was written. */
async function recordsOf(out: string): Promise<{ images: Set<string>; written: number }> {
  const images = new Set<string>();
  if (!(await hasResults(out))) return { images, written: 0 };
  const path = join(out, RESULT_FILES.jsonl);
  for await (const { record } of readRecords(path)) images.add(record.image);
  return { images, written: (await stat(path)).mtimeMs };
}
