#!/usr/bin/env node
/** The program `anomalyclip`: runs the command line on this process. */

import { ablateCommand } from "./ablate.ts";
import { comparePrecisionCommand } from "./compare-precision.ts";
import { datasetsCommand } from "./datasets.ts";
import { detectCommand } from "./detect.ts";
import { doctorCommand } from "./doctor.ts";
import { evaluateCommand } from "./evaluate.ts";
import { explainCommand } from "./explain.ts";
import { exportCommand } from "./export.ts";
import { metricsCommand } from "./metrics.ts";
import { runProgram } from "./program.ts";
import { serveCommand } from "./serve.ts";
import { synthCommand } from "./synth.ts";
import type { Terminal } from "./terminal.ts";
import { trainCommand } from "./train.ts";
import { watchCommand } from "./watch.ts";

const terminal: Terminal = { stdout: process.stdout, stderr: process.stderr, exitCode: 0 };

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough, such as `head`, is no error.
    if (error.code !== "EPIPE") throw error;
  });
}

await runProgram(process.argv.slice(2), terminal, [
  detectCommand(terminal),
  watchCommand(terminal),
  serveCommand(terminal),
  trainCommand(terminal),
  evaluateCommand(terminal),
  metricsCommand(terminal),
  ablateCommand(terminal),
  explainCommand(terminal),
  comparePrecisionCommand(terminal),
  exportCommand(terminal),
  datasetsCommand(terminal),
  synthCommand(),
  doctorCommand(terminal),
]);
process.exitCode = terminal.exitCode;
