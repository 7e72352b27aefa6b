/** `anomalyclip doctor`: whether this machine is fit, and what `detect` would use. */

import { Command, Option } from "commander";
import type { PlanOptions } from "../doctor/detection-plan.ts";
import { PROVIDER_CHOICES } from "../runtime/providers.ts";
import type { Terminal } from "./terminal.ts";

/** The options as they are typed. */
export interface DoctorFlags extends PlanOptions {
  json?: boolean;
}

/** The command. The exit code is left in `terminal`. */
export function doctorCommand(terminal: Terminal): Command {
  return new Command("doctor")
    .summary("see whether this machine is fit, and how fast")
    .description(
      "See whether everything that detect needs is here and works: what can compute the model, how long a picture will " +
        "take, which models are on disk. Takes a few seconds; nothing is downloaded and nothing is written.",
    )
    .option("--model <name>", "as you would give it to detect (default: the small model in the package)")
    .option("--prompts <file>", "as you would give it to detect (default: those of the small model)")
    .addOption(
      new Option("--provider <name>", "what is to compute the model; auto: the best that works")
        .choices(PROVIDER_CHOICES)
        .default("cpu"),
    )
    .option("--json", "print one JSON object instead of text")
    .addHelpText(
      "after",
      `
Exit code: 0 detect works with these options, 1 it does not, 2 wrong usage.

Examples:
  $ anomalyclip doctor
  $ anomalyclip doctor --model ViT-L/14@336px --prompts prompts.pth
  $ anomalyclip doctor --provider auto --json | jq .plan`,
    )
    .action(async (flags: DoctorFlags) => {
      const { runDoctor } = await import("./run-doctor.ts");
      await runDoctor(flags, terminal);
    });
}
