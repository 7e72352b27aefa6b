/** A run of `anomalyclip train`: shows what is going on, and sums up. */

import { showBytes } from "../features/disk-space.ts";
import { printable } from "../printable.ts";
import { runTraining, type TrainingResult } from "../training/run-training.ts";
import type { EpochReport, StepReport } from "../training/train-prompts.ts";
import type { TrainingOptions } from "../training/training-options.ts";
import { showDownload } from "./download-progress.ts";
import { describeTime, Progress } from "./progress.ts";
import { StopRequest } from "./stop-request.ts";
import type { Terminal } from "./terminal.ts";
import type { TrainFlags } from "./train.ts";

/** Notes that are printed; all of them are in the report. */
const NOTES_SHOWN = 20;

/** A run overnight leaves a log that tells how far it is, and not only bars. */
const SECONDS_BETWEEN_LINES = 60;

/** Runs the command; the exit code is left in `terminal`. */
export async function runTrain(data: readonly string[], flags: TrainFlags, terminal: Terminal): Promise<void> {
  const { resume, force, earlyStopping, normalTemplate, abnormalTemplate, ...options } = flags;
  const epochs = flags.epochs ?? 15;
  let bar: Progress | null = null;
  const say = (text: string) => {
    const print = () => terminal.stderr.write(`anomalyclip: ${printable(text)}\n`);
    if (bar) bar.interrupt(print);
    else print();
  };
  const begin = (total: number, options: { unit: string; label: string }) => {
    bar?.stop();
    bar = new Progress(total, terminal.stderr, { ...options, lineEvery: SECONDS_BETWEEN_LINES });
    return bar;
  };
  let stage = "";
  let notes = 0;
  let steps: Progress | null = null;
  const stop = new StopRequest(terminal, () => say("stopping after this step; once more to stop at once"));
  let result: TrainingResult;
  try {
    result = await runTraining(
      {
        ...options,
        data,
        mode: resume ? "resume" : force ? "force" : "new",
        patience: earlyStopping,
        normalTemplates: normalTemplate,
        abnormalTemplates: abnormalTemplate,
        download: { onProgress: showDownload(terminal.stderr), signal: stop.signal },
      } satisfies TrainingOptions,
      {
        signal: stop.signal,
        onNote: (text) => {
          notes++;
          if (notes <= NOTES_SHOWN) say(text);
          if (notes === NOTES_SHOWN + 1) say("more notes are in the report");
        },
        onPlan: ({ pictures, cached, toCompute, bytesNeeded, bytesFree, folder }) => {
          const room = bytesFree === null ? "" : `, ${showBytes(bytesFree)} free`;
          const rest =
            toCompute === 0 ? "" : `; computing ${toCompute} takes ${showBytes(bytesNeeded)} in ${folder}${room}`;
          say(`features of ${cached} of ${pictures} pictures are cached${rest}`);
        },
        onPreparation: (progress) => {
          if (progress.stage !== stage) {
            stage = progress.stage;
            const [unit, label] = stage === "hash" ? ["file", "reading"] : ["img", "features"];
            begin(progress.total, { unit, label });
          }
          bar!.step();
        },
        onStep: (step) => {
          steps ??= begin((epochs - step.epoch + 1) * step.steps, { unit: "step", label: "learning" });
          steps.step(describeStep(step, epochs));
        },
        onEpoch: (epoch) => say(describeEpoch(epoch, epochs)),
      },
    );
  } finally {
    // Assigned inside callbacks, which the compiler does not see.
    (bar as Progress | null)?.stop();
    stop.dispose();
  }
  bar = null;
  sumUp(result, say);
  terminal.exitCode = stop.exitCode ?? (result.leftOut > 0 ? 1 : 0);
  if (result.prompts !== null) {
    terminal.stdout.write(`${result.prompts}\n`);
  }
}

// --- internal ---

function describeStep(step: StepReport, epochs: number): string {
  return `epoch ${step.epoch}/${epochs}  ${describeLosses(step)}  rate ${step.learningRate}`;
}

function describeEpoch(report: EpochReport, epochs: number): string {
  const { validation } = report;
  const auroc = validation?.auroc == null ? "" : `, image AUROC ${validation.auroc.toFixed(3)}`;
  const judged = validation ? `; validation ${describeLosses(validation)}${auroc}` : "";
  return `epoch ${report.epoch} of ${epochs}: ${describeLosses(report)}${judged}; ${describeTime(report.seconds)}`;
}

function describeLosses({ loss, global, local }: Pick<StepReport, "loss" | "global" | "local">): string {
  const parts = [
    ...(global === null ? [] : [`global ${global.toFixed(3)}`]),
    ...(local === null ? [] : [`local ${local.toFixed(3)}`]),
  ];
  return `loss ${loss.toFixed(3)} (${parts.join(", ")})`;
}

function sumUp({ end, epoch, folder, leftOut }: TrainingResult, say: (text: string) => void): void {
  if (leftOut > 0) {
    say(`${leftOut} picture${leftOut === 1 ? "" : "s"} could not be used`);
  }
  if (end === "interrupted") {
    say(`interrupted${epoch > 0 ? ` after epoch ${epoch}` : ""}; the same command with --resume goes on`);
    return;
  }
  const kept = end === "stopped early" ? `stopped early; the prompts are those of epoch ${epoch}` : "done";
  say(`${kept}. Report: ${folder.report}`);
}
