/** `anomalyclip export`: the options, what they mean and what they default to. */

import { Command, InvalidArgumentError, Option } from "commander";
import type { Precision } from "../anomalyclip/settings.ts";
import {
  DEFAULT_NAME,
  EXPORT_INPUTS,
  EXPORT_LAYOUTS,
  type ExportBatch,
  type ExportInput,
  type ExportLayout,
} from "../export/export-options.ts";
import { wholeFrom } from "./arguments.ts";
import { addDecisionOptions, addModelOptions, type ModelFlags } from "./detector-options.ts";
import type { Terminal } from "./terminal.ts";

/** The options of the command. */
export interface ExportFlags extends ModelFlags {
  precision?: Precision;
  threads?: number;
  out: string;
  input: ExportInput;
  batch: ExportBatch;
  external?: boolean;
  layout: ExportLayout;
  name?: string;
  force?: boolean;
  check: boolean;
}

/** The command. The exit code is left in `terminal`. */
export function exportCommand(terminal: Terminal): Command {
  const command = new Command("export")
    .summary("write the detector as an ONNX model, for other programs")
    .description(
      "Write the detector as an ONNX model: pictures in, a score and a map of each out. It runs wherever ONNX Runtime\n" +
        "does: in Python, C#, C++, the browser, Triton and KServe. Weights and all settings are inside.",
    );
  return addDecisionOptions(addModelOptions(command))
    .optionsGroup("Output:")
    .requiredOption("--out <path>", "the file to write, such as model.onnx; with --layout triton a folder")
    .addOption(
      new Option(
        "--input <kind>",
        "what the model is fed: RGB pixels, uint8 [batch, S, S, 3], or float32 [batch, 3, S, S], normalised as CLIP does it",
      )
        .choices(EXPORT_INPUTS)
        .default(EXPORT_INPUTS[0]),
    )
    .addOption(
      new Option("--batch <count>", "pictures that it looks at in one run; dynamic: any number")
        .argParser(batchSize)
        .default(1),
    )
    .option("--external", "write the weights to <name>.data beside the model; above 2 GiB they always are")
    .addOption(
      new Option("--layout <kind>", "the model alone, or a model repository for Triton and KServe")
        .choices(EXPORT_LAYOUTS)
        .default(EXPORT_LAYOUTS[0]),
    )
    .option("--name <name>", `the model's name in the model repository (default: ${DEFAULT_NAME})`)
    .option("--force", "replace files that are there already")
    .option("--no-check", "do not compare the model with the detector first")
    .addHelpText(
      "after",
      `
* unless the prompt file says otherwise: it may carry the settings it was learned with.
S is the image size. Pictures are squashed to S x S, bicubic, before the model sees them. Thresholds are not applied by
the model; they are in its metadata.

Exit code: 0 written, 1 the model differs from the detector or cannot be run, 2 wrong usage or configuration.

Examples:
  $ anomalyclip export --out model.onnx
  $ anomalyclip export --out model.onnx --model ViT-L/14@336px --prompts epoch_15.pth --batch dynamic
  $ anomalyclip export --out models --layout triton --batch dynamic`,
    )
    .action(async (_flags: ExportFlags, own: Command) => {
      const { runExport } = await import("./run-export.ts");
      await runExport(own.optsWithGlobals<ExportFlags>(), terminal);
    });
}

// --- internal ---

function batchSize(text: string): ExportBatch {
  if (text === "dynamic") return text;
  try {
    return wholeFrom(1, 1024)(text);
  } catch {
    throw new InvalidArgumentError("Expected a whole number from 1 to 1024, or dynamic.");
  }
}
