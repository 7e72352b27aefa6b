/** `anomalyclip train`: the options, what they mean and what they default to. */

import { Command, Option } from "commander";
import { ATTENTION_KINDS } from "../anomalyclip/dpam.ts";
import { LOCAL_LOSSES } from "../anomalyclip/losses.ts";
import { LOSSES } from "../training/prompt-loss.ts";
import { PROMPT_FORMATS, type TrainingOptions } from "../training/training-options.ts";
import { collect, layerList, nameList, numberFrom, positiveNumber, wholeFrom } from "./arguments.ts";
import { viewsOption } from "./detector-options.ts";
import type { Terminal } from "./terminal.ts";

/** The options as they are typed. */
export interface TrainFlags
  extends Omit<
    TrainingOptions,
    "data" | "mode" | "download" | "loss" | "patience" | "normalTemplates" | "abnormalTemplates"
  > {
  resume?: boolean;
  force?: boolean;
  loss?: TrainingOptions["loss"];
  earlyStopping?: number;
  normalTemplate?: string[];
  abnormalTemplate?: string[];
}

/** The folder that a training goes to when none is named. */
export const DEFAULT_TRAINING_FOLDER = "anomalyclip-training";

/** The command. The exit code is left in `terminal`. */
export function trainCommand(terminal: Terminal): Command {
  return new Command("train")
    .summary("learn prompts from pictures with known anomalies")
    .description(
      "Learn prompts from pictures with known anomalies, to be used on anything. CLIP stays frozen: the features of each\n" +
        "picture are computed once and cached, so that training again with other options takes minutes.\n" +
        "A folder gets prompts.safetensors (for detect --prompts), a checkpoint each epoch, log.jsonl and report.html.",
    )
    .argument(
      "<data...>",
      "data sets: a folder with good and defect folders (masks beside or apart), a meta.json, a CSV, or visa=/data/VisA",
    )
    .optionsGroup("Data:")
    .addOption(
      new Option("--split <name>", "split to learn from (default: test, where anomalies are)").choices([
        "test",
        "train",
      ]),
    )
    .option("--classes <names>", "learn from these classes only, as in bottle,cable or mvtec/bottle", nameList)
    .option("--exclude-classes <names>", "leave these classes out", nameList)
    .option("--validation <share>", "set this share of the pictures aside to judge by, as in 0.2", numberFrom(0, 1))
    .option("--validation-classes <names>", "judge by these classes instead, and do not learn from them", nameList)
    .option(
      "--early-stopping <epochs>",
      "stop after so many epochs without a lower validation loss; keep the best",
      wholeFrom(1, 100_000),
    )
    .optionsGroup("Model:")
    .option(
      "--model <name>",
      "CLIP: a file or folder, or ViT-L/14@336px, ViT-L/14, ViT-B/16, ViT-B/32, downloaded once\n" +
        "(default: the small model in the package, with its own image size)",
    )
    .option("--init <file>", "prompts to start from, with their settings (default: random prompts)")
    .option("--image-size <pixels>", "side to which pictures are resized (default: 518)", wholeFrom(1, 4096))
    .addOption(viewsOption("default"))
    .option(
      "--layers <list>",
      "layers that the local loss sees, from 1, as in 6,12,18,24 (default: the last)",
      layerList,
    )
    .option("--dpam-from <block>", "first block with the attention below (default: the 6th of 24)", wholeFrom(1, 1000))
    .addOption(
      new Option(
        "--attention <kind>",
        "attention of the local features; none leaves CLIP as it is (default: v-v)",
      ).choices(ATTENTION_KINDS),
    )
    .option("--temperature <number>", "of both softmaxes (default: 0.07)", positiveNumber)
    .optionsGroup("Prompts:")
    .option("--context-length <tokens>", "learned tokens of each prompt, E (default: 12)", wholeFrom(1, 1000))
    .option(
      "--deep-depth <blocks>",
      "text blocks with tokens of their own, the first included; 1 for none (default: 9)",
      wholeFrom(1, 1000),
    )
    .option(
      "--deep-length <tokens>",
      "learned tokens inside each of these blocks, 0 for none (default: 4)",
      wholeFrom(0, 1000),
    )
    .option(
      "--normal-template <words>",
      "words after the learned tokens, {} for the object; may be repeated (default: {})",
      collect,
    )
    .option(
      "--abnormal-template <words>",
      "the same for abnormal; of several, features are averaged (default: damaged {})",
      collect,
    )
    .option("--object-aware", 'name the class of each picture in place of "object"')
    .option("--shared-context", "one context for the normal and the abnormal prompt")
    .option("--decoupled", "separate pairs of prompts for image scores and for maps")
    .optionsGroup("Learning:")
    .option("--epochs <count>", "times that all pictures are seen (default: 15)", wholeFrom(1, 100_000))
    .option("--batch-size <count>", "pictures of a step (default: 8)", wholeFrom(1, 4096))
    .option("--learning-rate <number>", "of Adam (default: 0.001)", positiveNumber)
    .addOption(new Option("--loss <kind>", "image loss, map loss or both (default: both)").choices(LOSSES))
    .addOption(new Option("--local-loss <kind>", "parts of the map loss (default: both)").choices(LOCAL_LOSSES))
    .option("--local-weight <number>", "weight of the map loss, lambda (default: 4)", numberFrom(0, 1e6))
    .option("--seed <number>", "of the starting values and the order of pictures (default: 111)", wholeFrom(0, 2 ** 31))
    .option("--no-shuffle", "show the pictures in the order of the data set")
    .option("--threads <count>", "threads to compute with (default: one for each core)", wholeFrom(1, 1024))
    .optionsGroup("Output:")
    .option("--out <folder>", "folder of the training", DEFAULT_TRAINING_FOLDER)
    .addOption(
      new Option(
        "--format <name>",
        "of the prompts; pth: also as the authors' code loads them, which knows no settings (default: safetensors)",
      ).choices(PROMPT_FORMATS),
    )
    .option("--cache-dir <folder>", "where features are kept (default: features in the folder of downloaded models)")
    .option("--resume", "go on with the training in the folder after its last epoch")
    .option("--from-epoch <epoch>", "with --resume: go on after this epoch instead", wholeFrom(1, 100_000))
    .addOption(new Option("--force", "remove an earlier training from the folder first").conflicts("resume"))
    .addHelpText(
      "after",
      `
Exit code: 0 all well, 1 some pictures could not be used, 2 wrong usage or data, 130 interrupted.

Examples:
  $ anomalyclip train mvtec --model ViT-L/14@336px --out prompts-mvtec
  $ anomalyclip train mvtec visa --exclude-classes screw --validation 0.1 --early-stopping 3
  $ anomalyclip train photos/ --abnormal-template "damaged {}" --abnormal-template "flawed {}"
  $ anomalyclip detect new-parts/ --model ViT-L/14@336px --prompts prompts-mvtec/prompts.safetensors`,
    )
    .action(async (data: string[], _flags: TrainFlags, command: Command) => {
      const { runTrain } = await import("./run-train.ts");
      await runTrain(data, command.opts<TrainFlags>(), terminal);
    });
}
