/** `anomalyclip watch`: the options, what they mean and what they default to. */

import { Command, Option } from "commander";
import { COLORMAPS, type ColormapName } from "../image/colormap.ts";
import { numberFrom } from "./arguments.ts";
import { DEFAULT_FOLDER } from "./detect.ts";
import { addDetectorOptions, type DetectorFlags, type LoadDetector, loadDetector } from "./detector-options.ts";
import type { Terminal } from "./terminal.ts";

/** The options of the command. */
export interface WatchFlags extends DetectorFlags {
  settle: number;
  poll?: number;
  onlyNew?: boolean;
  once?: boolean;
  /** The results folder; false writes nothing. */
  out: string | false;
  maps?: "npy";
  overlays: boolean;
  colormap: ColormapName;
  reportEvery: number;
  json?: boolean;
  debug?: boolean;
}

/**
 * The command. The exit code is left in `terminal`.
 *
 * @param load makes the detector. Default: `AnomalyDetector.load`
 */
export function watchCommand(terminal: Terminal, load: LoadDetector = loadDetector): Command {
  const command = new Command("watch")
    .summary("score pictures as they appear in a folder")
    .description(
      "Score pictures as they appear in a folder, such as the one that a camera drops them into, until Ctrl-C. What has\n" +
        "no result yet is looked at first, also after a restart; a picture that is written again is looked at again.",
    )
    .argument("<folder>", "the folder to watch, and those in it")
    .optionsGroup("Watching:")
    .option("--settle <seconds>", "look at a file when it has not changed for so long", numberFrom(0.05, 3600), 1)
    .option(
      "--poll <seconds>",
      "search the folder so often, for network drives that tell nothing",
      numberFrom(0.1, 3600),
    )
    .option("--only-new", "pass over what lies in the folder at the start")
    .option("--once", "end when nothing waits any more");
  return addDetectorOptions(command)
    .optionsGroup("Output:")
    .option("--out <folder>", "results folder; what is in it is gone on with", DEFAULT_FOLDER)
    .option("--no-out", "write no files, only print")
    .addOption(new Option("--maps <format>", "also write every raw map, float32, to maps/").choices(["npy"]))
    .option("--no-overlays", "draw no pictures: no overlays, and none in the report")
    .addOption(
      new Option("--colormap <name>", "colours of the map in pictures").choices([...COLORMAPS]).default(COLORMAPS[0]),
    )
    .option("--report-every <seconds>", "write report.html anew so often, if anything came", numberFrom(1, 86_400), 60)
    .option("--json", "print one JSON object a line, with the time, instead of text")
    .addHelpText(
      "after",
      `
* unless the prompt file says otherwise: it may carry the settings it was learned with.

Exit code: 0 ended by --once, 1 so ended and some pictures failed, 2 wrong usage or configuration, 130 interrupted.

Examples:
  $ anomalyclip watch drop-folder/
  $ anomalyclip watch /mnt/line-3 --poll 2 --out results-line-3 --threshold 0.6 --json | jq .score`,
    )
    .action(async (folder: string, _flags: WatchFlags, own: Command) => {
      const { runWatch } = await import("./run-watch.ts");
      await runWatch(folder, own.optsWithGlobals<WatchFlags>(), terminal, load);
    });
}
