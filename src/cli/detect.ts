/** `anomalyclip detect`: the options, what they mean and what they default to. */

import { Command, Option } from "commander";
import type { DetectorOptions } from "../anomalyclip/detector.ts";
import { COLORMAPS, type ColormapName } from "../image/colormap.ts";
import { addDetectorOptions, type LoadDetector, loadDetector } from "./detector-options.ts";
import type { Terminal } from "./terminal.ts";

/** The options of the command. */
export interface DetectOptions extends Omit<DetectorOptions, "download"> {
  /** The results folder; false writes nothing. */
  out: string | false;
  maps?: "npy";
  overlays: boolean;
  colormap: ColormapName;
  json?: boolean;
  resume?: boolean;
  force?: boolean;
  debug?: boolean;
}

/** The folder that results go to when none is named. */
export const DEFAULT_FOLDER = "anomalyclip-out";

/**
 * The command. The exit code is left in `terminal`.
 *
 * @param load Makes the detector. Default: `AnomalyDetector.load`, imported only when the command runs.
 */
export function detectCommand(terminal: Terminal, load: LoadDetector = loadDetector): Command {
  const command = new Command("detect")
    .summary("find anomalies in pictures")
    .description(
      "Find anomalies in pictures of anything: a score and a verdict for each, and a map of where.\n" +
        "Results go to a folder: report.html to look at, results.csv and results.jsonl to work with, overlays/*.png.",
    )
    .argument("<paths...>", "pictures, folders (searched to any depth) or quoted globs such as 'parts/**/*.png'");
  return addDetectorOptions(command)
    .optionsGroup("Output:")
    .option("--out <folder>", "results folder", DEFAULT_FOLDER)
    .option("--no-out", "write no files, only print")
    .addOption(new Option("--maps <format>", "also write every raw map, float32, to maps/").choices(["npy"]))
    .option("--no-overlays", "draw no pictures: no overlays, and none in the report")
    .addOption(
      new Option("--colormap <name>", "colours of the map in pictures").choices([...COLORMAPS]).default(COLORMAPS[0]),
    )
    .option("--json", "print one JSON object a line instead of text, the same as in results.jsonl")
    .option("--resume", "go on with the results in the folder; failed pictures are tried again")
    .addOption(new Option("--force", "remove earlier results from the folder first").conflicts("resume"))
    .addHelpText(
      "after",
      `
* unless the prompt file says otherwise: it may carry the settings it was learned with.

Exit code: 0 all well (whatever the verdicts), 1 some pictures failed, 2 wrong usage or configuration, 130 interrupted.

Examples:
  $ anomalyclip detect part.jpg
  $ anomalyclip detect photos/ --out results --threshold 0.6
  $ anomalyclip detect 'line-*/**/*.png' --no-out --json | jq .score`,
    )
    .action(async (paths: string[], _options: DetectOptions, command: Command) => {
      const { runDetect } = await import("./run-detect.ts");
      await runDetect(paths, command.optsWithGlobals<DetectOptions>(), terminal, load);
    });
}
