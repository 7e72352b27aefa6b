/** `anomalyclip detect`: the options, what they mean and what they default to. */

import { Command, Option } from "commander";
import type { DetectorOptions } from "../anomalyclip/detector.ts";
import { COLORMAPS, type ColormapName } from "../image/colormap.ts";
import type { Detector } from "../results/detect-images.ts";
import { layerList, numberFrom, positiveNumber, wholeFrom } from "./arguments.ts";
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

export type LoadDetector = (options: DetectorOptions) => Promise<Detector>;

/** The folder that results go to when none is named. */
export const DEFAULT_FOLDER = "anomalyclip-out";

/**
 * The command. The exit code is left in `terminal`.
 *
 * @param load Makes the detector. Default: `AnomalyDetector.load`, imported only when the command runs.
 */
export function detectCommand(terminal: Terminal, load: LoadDetector = loadDetector): Command {
  return new Command("detect")
    .summary("find anomalies in pictures")
    .description(
      "Find anomalies in pictures of anything: a score and a verdict for each, and a map of where.\n" +
        "Results go to a folder: report.html to look at, results.csv and results.jsonl to work with, overlays/*.png.",
    )
    .argument("<paths...>", "pictures, folders (searched to any depth) or quoted globs such as 'parts/**/*.png'")
    .optionsGroup("Model:")
    .option(
      "--model <name>",
      "CLIP: a file, or ViT-L/14@336px, ViT-L/14, ViT-B/16, ViT-B/32, downloaded once; needs --prompts " +
        "(default: the small model in the package)",
    )
    .option("--prompts <file>", "prompts learned for the model (default: those of the small model)")
    .option(
      "--object <name>",
      "what the pictures show, as in 'metal nut': for prompts learned with --object-aware only",
    )
    .option("--image-size <pixels>", "side to which pictures are resized (default*: 518)", wholeFrom(1, 4096))
    .option("--layers <list>", "layers whose maps are summed, from 1, as in 6,12,18,24 (default*: the last)", layerList)
    .option("--dpam-from <block>", "first block with the attention below (default*: the 6th of 24)", wholeFrom(1, 1000))
    .addOption(
      new Option(
        "--attention <kind>",
        "attention that makes the map; none leaves CLIP as it is (default*: v-v)",
      ).choices(["v-v", "q-q", "k-k", "none"]),
    )
    .option("--temperature <number>", "of both softmaxes (default*: 0.07)", positiveNumber)
    .option("--sigma <pixels>", "Gaussian smoothing of the map, 0 for none (default*: 4)", numberFrom(0, 100))
    .option("--threads <count>", "threads to compute with (default: one for each core)", wholeFrom(1, 1024))
    .optionsGroup("Decision:")
    .option("--threshold <score>", "score from which a picture is abnormal, 0..1 (default*: 0.5)", numberFrom(0, 1))
    .option(
      "--map-threshold <value>",
      "map value, for one layer, from which pixels form a region, 0..1 (default*: 0.5)",
      numberFrom(0, 1),
    )
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

// --- internal ---

// Imported late: loading ONNX Runtime would make even `--help` slow.
async function loadDetector(options: DetectorOptions): Promise<Detector> {
  const { AnomalyDetector } = await import("../anomalyclip/detector.ts");
  return AnomalyDetector.load(options);
}
