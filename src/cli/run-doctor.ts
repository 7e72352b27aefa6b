/** A run of `anomalyclip doctor`. */

import { describeExamination } from "../doctor/describe.ts";
import { examine } from "../doctor/examine.ts";
import type { DoctorFlags } from "./doctor.ts";
import { say } from "./print-record.ts";
import type { Terminal } from "./terminal.ts";

/** Prints what was found; exit code 1 where `detect` would not work. */
export async function runDoctor({ json, ...options }: DoctorFlags, terminal: Terminal): Promise<void> {
  if (terminal.stderr.isTTY) say(terminal, "looking at this machine, a few seconds");
  const found = await examine(options);
  terminal.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : describeExamination(found));
  terminal.exitCode = found.plan.works ? 0 : 1;
}
