/** `anomalyclip compare-precision`: the options, what they mean and what they default to. */

import { Command } from "commander";
import type { Precision } from "../anomalyclip/settings.ts";
import { addDecisionOptions, addModelOptions, type ModelFlags } from "./detector-options.ts";
import type { Terminal } from "./terminal.ts";

/** The options of the command. */
export interface ComparePrecisionFlags extends ModelFlags {
  precision?: Precision;
  threads?: number;
  json?: boolean;
}

/** The command. The exit code is left in `terminal`. */
export function comparePrecisionCommand(terminal: Terminal): Command {
  const command = new Command("compare-precision")
    .summary("see what int8 gains and costs on your pictures")
    .description(
      "See what int8 gains and costs on your pictures: the time of each, and how far features, scores and maps are from\n" +
        "those in float32. Nothing is written but the 8-bit weights.",
    )
    .argument("<paths...>", "pictures, folders (searched to any depth) or quoted globs; a dozen will do");
  return addDecisionOptions(addModelOptions(command))
    .optionsGroup("Output:")
    .option("--json", "print one JSON object instead of text")
    .addHelpText(
      "after",
      `
* unless the prompt file says otherwise: it may carry the settings it was learned with.
Here --precision defaults to int8, and is compared with fp32.

Example:
  $ anomalyclip compare-precision photos/`,
    )
    .action(async (paths: string[], _flags: ComparePrecisionFlags, own: Command) => {
      const { runComparePrecision } = await import("./run-compare-precision.ts");
      await runComparePrecision(paths, own.optsWithGlobals<ComparePrecisionFlags>(), terminal);
    });
}
