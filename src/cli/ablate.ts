/** `anomalyclip ablate`: the options, what they mean and what they default to. */

import { Command, InvalidArgumentError, Option } from "commander";
import { METRIC_IDS, type MetricId } from "../evaluation/metric-names.ts";
import { collect, listOf, nameList, positiveNumber, wholeFrom } from "./arguments.ts";
import type { Terminal } from "./terminal.ts";

/** The options as they are typed. */
export interface AblateFlags {
  train: string[];
  test: string[];
  set: [string, string][];
  classes?: string[];
  testClasses?: string[];
  model?: string;
  object?: string;
  imageSize?: number;
  epochs?: number;
  learningRate?: number;
  seed?: number;
  threads?: number;
  cacheDir?: string;
  metrics?: MetricId[];
  out: string;
  json?: boolean;
  csv?: boolean;
  markdown?: boolean;
  resume?: boolean;
  force?: boolean;
}

/** The folder that an ablation goes to when none is named. */
export const DEFAULT_ABLATION_FOLDER = "anomalyclip-ablation";

/** The command. The exit code is left in `terminal`. */
export function ablateCommand(terminal: Terminal): Command {
  return new Command("ablate")
    .summary("learn prompts in several ways and compare them")
    .description(
      "Learn prompts in several ways, judge all of them on the same data, and print the table. A grid says which ways: a\n" +
        "YAML or JSON file, or the name of one that comes along (those of the paper): modules, without-modules, losses,\n" +
        "attention, object, words, context-length, deep-depth, deep-length, dpam-from, medical. Features are computed once\n" +
        "and kept, so that a further row costs only its learning.",
    )
    .argument("<grid>", "a grid's file or name")
    .optionsGroup("Data:")
    .option("--train <data>", "data set to learn from; may be repeated", collect, [])
    .option("--test <data>", "data set to judge by; may be repeated", collect, [])
    .option(
      "--set <name=data>",
      "data that rows of the grid ask for by name, as medical=...; may be repeated",
      pair,
      [],
    )
    .option("--classes <names>", "learn from these classes only", nameList)
    .option("--test-classes <names>", "judge by these classes only", nameList)
    .optionsGroup("All rows:")
    .option("--model <name>", "CLIP, as for train (default: the small model in the package)")
    .option("--object <name>", "what prompts that name the object call every class (default: the class's own name)")
    .option("--image-size <pixels>", "side to which pictures are resized (default: 518)", wholeFrom(1, 4096))
    .option("--epochs <count>", "times that all pictures are seen (default: 15)", wholeFrom(1, 100_000))
    .option("--learning-rate <number>", "of Adam (default: 0.001)", positiveNumber)
    .option("--seed <number>", "of starting values and order (default: 111)", wholeFrom(0, 2 ** 31))
    .option("--threads <count>", "threads to compute with (default: one for each core)", wholeFrom(1, 1024))
    .option("--cache-dir <folder>", "where features are kept (default: features in the folder of downloaded models)")
    .optionsGroup("Output:")
    .option(
      "--metrics <names>",
      `columns, of ${METRIC_IDS.join(", ")}\n(default: image-auroc, image-ap, pixel-auroc, aupro, aupro-200)`,
      listOf(METRIC_IDS),
    )
    .option("--out <folder>", "folder of all trainings and evaluations", DEFAULT_ABLATION_FOLDER)
    .addOption(new Option("--json", "print the table as JSON instead of text").conflicts(["csv", "markdown"]))
    .addOption(new Option("--csv", "print it as CSV").conflicts(["json", "markdown"]))
    .addOption(new Option("--markdown", "print it in Markdown").conflicts(["json", "csv"]))
    .option("--resume", "go on with the ablation in the folder")
    .addOption(new Option("--force", "remove an earlier ablation from the folder first").conflicts("resume"))
    .addHelpText(
      "after",
      `
A row's own switches go before the options for all rows. Blocks and layers in the shipped grids are those of ViT-L/14,
which has 24: for another model copy the grid and change them.

Exit code: 0 all well, 2 wrong usage or data, 130 interrupted.

Examples:
  $ anomalyclip ablate losses --train mvtec=/data/mvtec --test visa=/data/VisA --model ViT-L/14@336px
  $ anomalyclip ablate my-grid.yaml --train drawn/train --test drawn/test --epochs 5 --markdown`,
    )
    .action(async (grid: string, _flags: AblateFlags, command: Command) => {
      const { runAblate } = await import("./run-ablate.ts");
      await runAblate(grid, command.opts<AblateFlags>(), terminal);
    });
}

// --- internal ---

function pair(value: string, earlier: [string, string][]): [string, string][] {
  const [, name, data] = /^([^=]+)=(.+)$/.exec(value) ?? [];
  if (name === undefined || data === undefined) throw new InvalidArgumentError("Expected name=data.");
  return [...earlier, [name, data]];
}
