/** `anomalyclip evaluate`: the options, what they mean and what they default to. */

import { Command, Option } from "commander";
import { HAND_WRITTEN } from "../anomalyclip/hand-written-prompts.ts";
import type { EvaluationOptions } from "../evaluation/evaluation-options.ts";
import { METRIC_IDS } from "../evaluation/metric-names.ts";
import { collect, listOf, nameList, wholeFrom } from "./arguments.ts";
import { addVisionOptions } from "./detector-options.ts";
import type { Terminal } from "./terminal.ts";

/** The options as they are typed. */
export interface EvaluateFlags extends Omit<EvaluationOptions, "data" | "mode" | "download" | "out"> {
  out: string;
  resume?: boolean;
  force?: boolean;
  json?: boolean;
  csv?: boolean;
  markdown?: boolean;
}

/** The folder that an evaluation goes to when none is named. */
export const DEFAULT_EVALUATION_FOLDER = "anomalyclip-evaluation";

/** The command. The exit code is left in `terminal`. */
export function evaluateCommand(terminal: Terminal): Command {
  const command = new Command("evaluate")
    .summary("measure how well prompts find the anomalies of a data set")
    .description(
      "Measure how well prompts find the anomalies of a data set: the figures of each class and their mean, as the paper\n" +
        "prints them, and what others published beside them. A folder gets report.html with curves, histograms, best and\n" +
        "worst pictures, metrics.json, .csv and .md, and every score; a run that was broken off goes on with --resume.",
    )
    .argument(
      "<data>",
      "a benchmark's id (`anomalyclip datasets` lists them), or a folder, meta.json or CSV of your own",
    )
    .argument("[root]", "where the benchmark lies, as downloaded or as the paper's scripts have it")
    .optionsGroup("Data:")
    .addOption(new Option("--split <name>", "split to measure on (default: test)").choices(["test", "train"]))
    .option("--classes <names>", "these classes only, as in bottle,cable", nameList)
    .option("--exclude-classes <names>", "leave these classes out", nameList)
    .option(
      "--mask-above <value>",
      "values of masks above this are anomalous, 0 to 254 (default: 0)",
      wholeFrom(0, 254),
    )
    .optionsGroup("Methods:")
    .option(
      "--model <name>",
      "CLIP: a file or folder, or ViT-L/14@336px, ViT-L/14, ViT-B/16, ViT-B/32, downloaded once\n" +
        "(default: the small model in the package)",
    )
    .option("--prompts <file>", "prompts learned for the model; of several, each is a method of its own", collect)
    .option(
      "--baselines <names>",
      "compare with hand-written prompts on CLIP's own attention: clip, clip-ac, or both",
      listOf(HAND_WRITTEN),
    )
    .option("--object <name>", "what prompts that name the object call every class (default: the class's own name)");
  return addVisionOptions(command)
    .option("--keep-features", "keep the features of pictures, shared with train: other prompts then take seconds")
    .option("--cache-dir <folder>", "where they are kept (default: features in the folder of downloaded models)")
    .optionsGroup("Output:")
    .option(
      "--metrics <names>",
      `columns, of ${METRIC_IDS.join(", ")}\n(default: image-auroc, image-ap, pixel-auroc, aupro, aupro-200)`,
      listOf(METRIC_IDS),
    )
    .option("--out <folder>", "folder of the evaluation", DEFAULT_EVALUATION_FOLDER)
    .addOption(new Option("--json", "print the figures as JSON instead of text").conflicts(["csv", "markdown"]))
    .addOption(new Option("--csv", "print them as CSV").conflicts(["json", "markdown"]))
    .addOption(new Option("--markdown", "print them as a Markdown table").conflicts(["json", "csv"]))
    .option("--resume", "go on with the evaluation in the folder; failed pictures are tried again")
    .addOption(new Option("--force", "remove an earlier evaluation from the folder first").conflicts("resume"))
    .addHelpText(
      "after",
      `
* unless the prompt file says otherwise: it may carry the settings it was learned with.
Two AUPROs: aupro is exact, aupro-200 is the released code's with 200 thresholds, for comparison with the paper alone.

Exit code: 0 all well, 1 some pictures could not be read, 2 wrong usage or data, 130 interrupted.

Examples:
  $ anomalyclip evaluate mvtec /data/mvtec --model ViT-L/14@336px --prompts epoch_15.pth
  $ anomalyclip evaluate visa /data/VisA --prompts a.safetensors --prompts b.safetensors --baselines clip,clip-ac
  $ anomalyclip evaluate my-parts/ --markdown > results.md`,
    )
    .action(async (data: string, root: string | undefined, _flags: EvaluateFlags, command: Command) => {
      const { runEvaluate } = await import("./run-evaluate.ts");
      await runEvaluate(root === undefined ? data : `${data}=${root}`, command.opts<EvaluateFlags>(), terminal);
    });
}
