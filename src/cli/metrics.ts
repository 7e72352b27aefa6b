/** `anomalyclip metrics`: scores anybody's maps. */

import { Command, Option } from "commander";
import { METRIC_IDS, type MetricId } from "../evaluation/metric-names.ts";
import { listOf, wholeFrom } from "./arguments.ts";
import type { Terminal } from "./terminal.ts";

/** The options as they are typed. */
export interface MetricsFlags {
  maps: string;
  masks: string;
  scores?: string;
  metrics?: MetricId[];
  normalWithoutMask?: boolean;
  resizeMasks?: boolean;
  maskAbove?: number;
  json?: boolean;
  csv?: boolean;
  markdown?: boolean;
}

/** The command. The exit code is left in `terminal`. */
export function metricsCommand(terminal: Terminal): Command {
  return new Command("metrics")
    .summary("score anomaly maps that any program made")
    .description(
      "Score anomaly maps that any program made: exact AUROC, AP, AUPR, F1-max and AUPRO, one map in memory at a time.",
    )
    .requiredOption("--maps <folder>", ".npy maps, [H, W] or [1, H, W], at any depth; higher is more anomalous")
    .requiredOption("--masks <folder>", "masks with the maps' paths and names (007_mask.png for 007.npy), or .npy")
    .option("--scores <file>", "CSV with the columns image and score, and maybe label (0, 1) and class")
    .option("--metrics <names>", `columns, of ${METRIC_IDS.join(", ")} (default: all)`, listOf(METRIC_IDS))
    .option("--normal-without-mask", "a map without a mask is of a normal picture (default: an error)")
    .option(
      "--resize-masks",
      "resize masks to their maps' size, bilinear, anomalous above one half (default: an error)",
    )
    .option(
      "--mask-above <value>",
      "values of masks above this are anomalous, 0 to 254 (default: 0)",
      wholeFrom(0, 254),
    )
    .addOption(new Option("--json", "print JSON instead of text").conflicts(["csv", "markdown"]))
    .addOption(new Option("--csv", "print CSV").conflicts(["json", "markdown"]))
    .addOption(new Option("--markdown", "print a Markdown table").conflicts(["json", "csv"]))
    .addHelpText(
      "after",
      `
A label that the CSV does not give is 1 where the mask has an anomalous pixel. With classes, each has a row.

Exit code: 0 all well, 2 wrong usage or data.

Examples:
  $ anomalyclip metrics --maps maps/ --masks ground_truth/ --normal-without-mask
  $ anomalyclip metrics --maps maps/ --masks masks/ --scores scores.csv --json`,
    )
    .action(async (_flags: MetricsFlags, command: Command) => {
      const { runMetrics } = await import("./run-metrics.ts");
      await runMetrics(command.opts<MetricsFlags>(), terminal);
    });
}
