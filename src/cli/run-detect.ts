/** A run of `anomalyclip detect`: finds the pictures, loads the detector, prints results as they come, sums up. */

import { AnomalyClipError } from "../errors.ts";
import { type Detector, detectImages, type Tally } from "../results/detect-images.ts";
import { writeReport } from "../results/report.ts";
import { type FolderMode, madeFolders, requireUsable } from "../results/results-folder.ts";
import { ResultsWriter } from "../results/results-writer.ts";
import type { DetectOptions } from "./detect.ts";
import type { LoadDetector } from "./detector-options.ts";
import { detectorOptionsOf } from "./detector-options.ts";
import { findImages } from "./find-images.ts";
import { count, printRecord, say } from "./print-record.ts";
import { Progress } from "./progress.ts";
import { StopRequest } from "./stop-request.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Runs the command; the exit code is left in `terminal`.
 *
 * @throws AnomalyClipError for wrong usage and configuration, before anything is written.
 */
export async function runDetect(
  paths: readonly string[],
  options: DetectOptions,
  terminal: Terminal,
  load: LoadDetector,
): Promise<void> {
  requireConsistent(options);
  const mode: FolderMode = options.resume ? "resume" : options.force ? "force" : "new";
  const images = await findImages(paths, { exclude: options.out === false ? [] : madeFolders(options.out) });
  if (options.out !== false) await requireUsable(options.out, mode);
  const detector = await load(detectorOptionsOf(options, terminal));
  try {
    const writer = options.out === false ? null : await openWriter(options.out, mode, images, options, detector);
    const waiting = images.filter((image) => !writer?.earlier.images.has(image));
    if (waiting.length < images.length) {
      say(terminal, `${images.length - waiting.length} of ${images.length} pictures are done already`);
    }
    const progress = new Progress(waiting.length, terminal.stderr);
    const stop = new StopRequest(terminal, (text) => progress.interrupt(() => say(terminal, text)));
    let tally: Tally;
    try {
      tally = await detectImages({
        detector,
        images: waiting,
        writer,
        draw: options.overlays ? { colormap: options.colormap } : null,
        signal: stop.signal,
        onRecord(record, cause) {
          progress.interrupt(() => printRecord(record, cause, options, terminal));
          progress.step();
        },
      });
    } finally {
      progress.stop();
      stop.dispose();
      await writer?.close();
    }
    const report = writer && (await writeReport(writer.folder));
    if (stop.exitCode !== null) {
      const done = tally.normal + tally.abnormal + tally.failed;
      const hint = writer ? "; the same command with --resume goes on" : "";
      say(terminal, `stopped after ${done} of ${count(waiting.length)}${hint}`);
    } else if (!stop.signal.aborted) {
      say(terminal, summarize(tally, writer, report));
    }
    terminal.exitCode = stop.exitCode ?? (tally.failed > 0 ? 1 : 0);
  } finally {
    await detector.close();
  }
}

// --- internal ---

function requireConsistent(options: DetectOptions): void {
  if (options.out === "") throw new AnomalyClipError("E_CONFIG", "--out needs the name of a folder");
  if (options.out !== false) return;
  const needing = (["resume", "force", "maps"] as const).find((name) => options[name] !== undefined);
  if (needing) {
    throw new AnomalyClipError("E_CONFIG", `--${needing} needs a results folder, and --no-out asks for none`);
  }
}

async function openWriter(
  folder: string,
  mode: FolderMode,
  images: readonly string[],
  options: DetectOptions,
  detector: Detector,
): Promise<ResultsWriter> {
  const pictures = options.overlays ? options.colormap : "none";
  const protocol = {
    ...detector.description,
    ...(await detector.identify()),
    overlays: pictures,
    maps: options.maps ?? "none",
  };
  return ResultsWriter.open(folder, { protocol, images, mode, maps: options.maps === "npy" });
}

function summarize(tally: Tally, writer: ResultsWriter | null, report: string | null): string {
  const earlier = [...(writer?.earlier.images.values() ?? [])];
  const detected = tally.normal + tally.abnormal + earlier.length;
  const abnormal = tally.abnormal + earlier.filter((verdict) => verdict === "abnormal").length;
  const parts = [`${abnormal} abnormal of ${count(detected)}`];
  if (tally.failed > 0) parts.push(`${tally.failed} failed`);
  return `${parts.join(", ")}${report ? `. Report: ${report}` : ""}`;
}
