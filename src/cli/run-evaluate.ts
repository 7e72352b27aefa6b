/** A run of `anomalyclip evaluate`: shows what is going on, and prints the figures. */

import { formatTables } from "../evaluation/evaluation-tables.ts";
import { type EvaluationResult, runEvaluation } from "../evaluation/run-evaluation.ts";
import { showBytes } from "../features/disk-space.ts";
import { printable } from "../printable.ts";
import { showDownload } from "./download-progress.ts";
import type { EvaluateFlags } from "./evaluate.ts";
import { Progress } from "./progress.ts";
import { StopRequest } from "./stop-request.ts";
import type { Terminal } from "./terminal.ts";

/** Notes that are printed; all of them are in the report. */
const NOTES_SHOWN = 20;

/** A run overnight leaves a log that tells how far it is. */
const SECONDS_BETWEEN_LINES = 60;

/** Runs the command; the exit code is left in `terminal`. */
export async function runEvaluate(data: string, flags: EvaluateFlags, terminal: Terminal): Promise<void> {
  const { resume, force, json, csv, markdown, ...options } = flags;
  let bar: Progress | null = null;
  const say = (text: string) => {
    const print = () => terminal.stderr.write(`anomalyclip: ${printable(text)}\n`);
    if (bar) bar.interrupt(print);
    else print();
  };
  let stage = "";
  const step = (name: string, total: number, unit = "img") => {
    if (stage !== name) {
      stage = name;
      bar?.stop();
      bar = new Progress(total, terminal.stderr, { unit, label: name, lineEvery: SECONDS_BETWEEN_LINES });
    }
    bar!.step();
  };
  let notes = 0;
  const stop = new StopRequest(terminal, say);
  let result: EvaluationResult;
  try {
    result = await runEvaluation(
      {
        ...options,
        data,
        mode: resume ? "resume" : force ? "force" : "new",
        download: { onProgress: showDownload(terminal.stderr), signal: stop.signal },
      },
      {
        signal: stop.signal,
        onNote: (text) => {
          notes++;
          if (notes <= NOTES_SHOWN) say(text);
          if (notes === NOTES_SHOWN + 1) say("more notes are in the report");
        },
        onStart: ({ pictures, done, methods }) =>
          say(`${pictures} pictures${done > 0 ? `, ${done} of them done` : ""}; ${methods.join(", ")}`),
        onPlan: ({ toCompute, bytesNeeded, folder }) => {
          if (toCompute > 0) say(`features of ${toCompute} pictures take ${showBytes(bytesNeeded)} in ${folder}`);
        },
        onPreparation: ({ stage: part, total }) =>
          part === "hash" ? step("reading", total, "file") : step("features", total),
        onScore: ({ total }) => step("scoring", total),
        onMeasure: ({ total }) => step("measuring", total),
      },
    );
  } finally {
    // Assigned inside callbacks, which the compiler does not see.
    (bar as Progress | null)?.stop();
    stop.dispose();
  }
  bar = null;
  const { evaluation, failed, report } = result;
  if (failed > 0) say(`${failed} picture${failed === 1 ? "" : "s"} could not be read`);
  terminal.exitCode = stop.exitCode ?? (failed > 0 ? 1 : 0);
  if (evaluation === null) {
    say("interrupted; the same command with --resume goes on");
    return;
  }
  terminal.stdout.write(formatTables(evaluation, json ? "json" : csv ? "csv" : markdown ? "markdown" : "text"));
  say(`done. Report: ${report}`);
}
