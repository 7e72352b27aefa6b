/** `anomalyclip synth`: writes a procedural set to a folder. */
import { SingleBar } from "cli-progress";
import { Command, InvalidArgumentError, Option } from "commander";
import { categories } from "../datasets/procedural/categories.ts";
import { defects } from "../datasets/procedural/defects.ts";
import type { Split } from "../datasets/procedural/select.ts";
import { writeProceduralSet } from "../datasets/procedural/write.ts";
import { AnomalyClipError } from "../errors.ts";
import { nameList } from "./arguments.ts";

interface SynthFlags {
  out?: string;
  size: number;
  seed: number;
  good: number;
  perDefect: number;
  split: Split;
  defectSplit?: Split;
  categories?: string[];
  defects?: string[];
  force?: boolean;
  list?: boolean;
}

/** The `synth` command. */
export function synthCommand(): Command {
  return new Command("synth")
    .description("Draw a data set of textures and objects with exact defect masks and captions (MVTec layout)")
    .option("-o, --out <dir>", "folder to write; must be empty or absent")
    .option("--size <pixels>", "side of the pictures, 16 to 2048", wholeNumber, 256)
    .option("--seed <number>", "same seed, same files", wholeNumber, 0)
    .option("--good <count>", "normal pictures of a category in train/good, and again in test/good", wholeNumber, 10)
    .option("--per-defect <count>", "pictures of each defect kind of a category", wholeNumber, 5)
    .addOption(splitOption("--split <part>", "part of the categories and defect kinds").default("all"))
    .addOption(splitOption("--defect-split <part>", "part of the defect kinds (default: as --split)"))
    .option("--categories <names>", "these categories, separated by commas, in place of --split", nameList)
    .option("--defects <names>", "these defect kinds, separated by commas, in place of --split", nameList)
    .option("--force", "write into a folder that is not empty")
    .option("--list", "list the categories and defect kinds and stop")
    .action(runSynth);
}

async function runSynth(flags: SynthFlags): Promise<void> {
  if (flags.list) {
    process.stdout.write(formatLists());
    return;
  }
  if (!flags.out) throw new AnomalyClipError("E_CONFIG", "synth: --out DIR is missing");
  const { out, force, list, ...options } = flags;
  const bar = new SingleBar({ format: "drawing {bar} {value}/{total}", stream: process.stderr, clearOnComplete: true });
  let started = false;
  const onProgress = (done: number, total: number) => {
    if (!started) bar.start(total, 0);
    started = true;
    bar.update(done);
  };
  const written = await writeProceduralSet(out, { ...options, overwrite: force, onProgress }).finally(() => bar.stop());
  process.stdout.write(`${out}: ${written} pictures\n`);
}

function formatLists(): string {
  const width = Math.max(...[...categories, ...defects].map((item) => item.name.length)) + 2;
  const line = (name: string, split: string, rest: string) => `  ${name.padEnd(width)}${split.padEnd(10)}${rest}\n`;
  return [
    "categories\n",
    ...categories.map((category) => line(category.name, category.split, `${category.kind}, "${category.noun}"`)),
    "defect kinds\n",
    ...defects.map((defect) => {
      const count = categories.filter((category) => defect.appliesTo(category)).length;
      return line(defect.name, defect.split, `"${defect.wording}", in ${count} categories`);
    }),
  ].join("");
}

function splitOption(flags: string, description: string): Option {
  return new Option(flags, description).choices(["train", "held-out", "all"]);
}

function wholeNumber(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
