/** A run of `anomalyclip explain`: finds out whether it is a picture or a data set, shows what is going on, sums up. */

import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { AnomalyClipError } from "../errors.ts";
import { explainDataset } from "../explain/explain-dataset.ts";
import { explainImage } from "../explain/explain-image.ts";
import { printable } from "../printable.ts";
import { formatScore } from "../results/histogram.ts";
import { showDownload } from "./download-progress.ts";
import type { ExplainFlags } from "./explain.ts";
import { Progress } from "./progress.ts";
import { StopRequest } from "./stop-request.ts";
import type { Terminal } from "./terminal.ts";

/** Notes that are printed; all of them are in the page. */
const NOTES_SHOWN = 20;

/** Runs the command; the exit code is left in `terminal`. */
export async function runExplain(input: string, flags: ExplainFlags, terminal: Terminal): Promise<void> {
  if (await isPicture(input)) await runImage(input, flags, terminal);
  else await runDataset(input, flags, terminal);
}

// --- internal ---

/** Whether it is a file that does not list a data set; everything else is left to the readers of data sets. */
async function isPicture(input: string): Promise<boolean> {
  const there = await stat(input).catch(() => null);
  return there?.isFile() === true && ![".json", ".csv"].includes(extname(input).toLowerCase());
}

async function runImage(input: string, flags: ExplainFlags, terminal: Terminal): Promise<void> {
  refuse(flags, ["limit", "split", "classes", "seed"], `is for data sets, and ${input} is a picture`);
  const { score, verdict, page } = await explainImage(input, {
    ...flags,
    download: { onProgress: showDownload(terminal.stderr) },
  });
  terminal.stderr.write(`anomalyclip: ${printable(input)}: ${verdict}, score ${formatScore(score)}\n`);
  terminal.stdout.write(`${printable(page)}\n`);
}

async function runDataset(input: string, flags: ExplainFlags, terminal: Terminal): Promise<void> {
  refuse(flags, ["patches", "blocks"], `is for a picture, and ${input} is none`);
  let bar: Progress | null = null;
  let notes = 0;
  const say = (text: string) => {
    const print = () => terminal.stderr.write(`anomalyclip: ${printable(text)}\n`);
    if (bar) bar.interrupt(print);
    else print();
  };
  const stop = new StopRequest(terminal, say);
  try {
    const { pictures, leftOut, auroc, page } = await explainDataset(
      input,
      { ...flags, download: { onProgress: showDownload(terminal.stderr), signal: stop.signal } },
      {
        signal: stop.signal,
        onNote: (text) => {
          notes++;
          if (notes <= NOTES_SHOWN) say(text);
          if (notes === NOTES_SHOWN + 1) say("more notes are in the page");
        },
        onPicture: (_, total) => {
          bar ??= new Progress(total, terminal.stderr, { label: "features" });
          bar.step();
        },
      },
    );
    takeAway(bar);
    bar = null;
    const area = auroc === null ? "" : `, image AUROC ${auroc.toFixed(3)}`;
    say(`${pictures} pictures${area}${leftOut > 0 ? `; ${leftOut} could not be read` : ""}`);
    terminal.stdout.write(`${printable(page)}\n`);
    terminal.exitCode = leftOut > 0 ? 1 : 0;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    takeAway(bar);
    bar = null;
    say("interrupted; nothing was written");
    terminal.exitCode = stop.exitCode ?? 0;
  } finally {
    takeAway(bar);
    stop.dispose();
  }
}

function refuse(flags: ExplainFlags, names: readonly (keyof ExplainFlags)[], why: string): void {
  const given = names.find((name) => flags[name] !== undefined);
  if (given !== undefined) throw new AnomalyClipError("E_CONFIG", printable(`--${given} ${why}`));
}

/** Assigned inside a callback, which the compiler does not see. */
function takeAway(bar: unknown): void {
  (bar as Progress | null)?.stop();
}
