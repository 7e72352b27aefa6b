/** `anomalyclip explain`: the options, what they mean and what they default to. */

import { Command, InvalidArgumentError, Option } from "commander";
import type { Place } from "../explain/choose-patches.ts";
import type { ModelOptions } from "../explain/open-model.ts";
import { layerList, nameList, numberFrom, positiveNumber, wholeFrom } from "./arguments.ts";
import { viewsOption } from "./detector-options.ts";
import type { Terminal } from "./terminal.ts";

/** The options as they are typed. */
export interface ExplainFlags extends Omit<ModelOptions, "download"> {
  patches?: Place[];
  blocks?: number[];
  limit?: number;
  split?: "test" | "train";
  classes?: string[];
  seed?: number;
  out?: string;
  force?: boolean;
}

/** The command. The exit code is left in `terminal`. */
export function explainCommand(terminal: Terminal): Command {
  return new Command("explain")
    .summary("show what the model sees in a picture, or in a data set")
    .description(
      "Show what the model sees. Of a picture: what patches attend to, the map of each layer, and the maps under other " +
        "prompts. Of a data set: the features of its pictures, and the prompts among them, in two dimensions.\n" +
        "A folder gets explain.html to look at, every figure as a file, and explain.json.",
    )
    .argument("<input>", "a picture; or a data set: its folder, its meta.json or CSV, or id=path as in visa=/data/VisA")
    .optionsGroup("Picture:")
    .option(
      "--patches <x,y...>",
      "pixels whose patches are asked what they attend to, as in 120,80 300,200 (default: the most and the least " +
        "anomalous patch)",
      collectPlaces,
    )
    .option(
      "--blocks <list>",
      "blocks to show, from 1, as in 6,12,24 (default: evenly from the first with V-V attention to the last)",
      layerList,
    )
    .optionsGroup("Data set:")
    .option(
      "--limit <count>",
      "pictures of each class, half of them abnormal where there are enough (default: 50)",
      wholeFrom(1, 100_000),
    )
    .addOption(
      new Option("--split <name>", "split to choose from (default: test, where anomalies are)").choices([
        "test",
        "train",
      ]),
    )
    .option("--classes <names>", "these classes only, as in bottle,cable", nameList)
    .option("--seed <number>", "of the choice of pictures (default: 0)", wholeFrom(0, 2 ** 31))
    .optionsGroup("Model:")
    .option(
      "--model <name>",
      "CLIP: a file, or ViT-L/14@336px, ViT-L/14, ViT-B/16, ViT-B/32, downloaded once; needs --prompts " +
        "(default: the small model in the package)",
    )
    .option("--prompts <file>", "prompts learned for the model (default: those of the small model)")
    .option("--object-aware-prompts <file>", "prompts learned with train --object-aware, to compare with")
    .option("--object <name>", "what the pictures show, for prompts that name it, as in 'metal nut' (default: object)")
    .option("--image-size <pixels>", "side to which pictures are resized (default*: 518)", wholeFrom(1, 4096))
    .addOption(viewsOption("default*"))
    .option("--layers <list>", "layers whose maps are averaged, from 1 (default*: the last)", layerList)
    .option("--dpam-from <block>", "first block with the attention below (default*: the 6th of 24)", wholeFrom(1, 1000))
    .addOption(
      new Option("--attention <kind>", "attention of the second path (default*: v-v)").choices(["v-v", "q-q", "k-k"]),
    )
    .option("--temperature <number>", "of both softmaxes (default*: 0.07)", positiveNumber)
    .option("--sigma <pixels>", "Gaussian smoothing of the maps, 0 for none (default*: 4)", numberFrom(0, 100))
    .option("--threshold <score>", "score from which a picture is abnormal, 0..1 (default*: 0.5)", numberFrom(0, 1))
    .option("--threads <count>", "threads to compute with (default: one for each core)", wholeFrom(1, 1024))
    .optionsGroup("Output:")
    .option("--out <folder>", "folder of the explanation (default: anomalyclip-explain)")
    .option("--force", "replace an earlier explanation in the folder")
    .addHelpText(
      "after",
      `
* unless the prompt file says otherwise: it may carry the settings it was learned with.

Exit code: 0 all well, 1 some pictures of a data set could not be read, 2 wrong usage or configuration, 130 interrupted.

Examples:
  $ anomalyclip explain part.jpg
  $ anomalyclip explain part.jpg --patches 120,80 300,200 --object "metal nut"
  $ anomalyclip explain mvtec --classes bottle,cable --limit 40`,
    )
    .action(async (input: string, _flags: ExplainFlags, command: Command) => {
      const { runExplain } = await import("./run-explain.ts");
      await runExplain(input, command.opts<ExplainFlags>(), terminal);
    });
}

// --- internal ---

/** Places such as `120,80`, several in one word or in several. */
function collectPlaces(text: string, earlier: Place[] = []): Place[] {
  const places = text.split(/\s+/).map((place) => {
    const match = /^(\d{1,9}),(\d{1,9})$/.exec(place);
    if (!match) {
      throw new InvalidArgumentError("Expected pixels such as 120,80; a picture is named before --patches.");
    }
    return { x: Number(match[1]), y: Number(match[2]) };
  });
  return [...earlier, ...places];
}
