/** `anomalyclip datasets`: the data sets that are known, and what can be done with them. */

import { Command } from "commander";
import type { Terminal } from "./terminal.ts";

/** The options as they are typed. */
export interface DatasetsFlags {
  json?: boolean;
  decode?: boolean;
  out?: string;
}

const KIND = "id of the data set (see anomalyclip datasets); or folder, csv or meta for your own";
const ROOT = "the folder that it lies in; for csv and meta the file";

/** The command and its subcommands. The exit code is left in `terminal`. */
export function datasetsCommand(terminal: Terminal): Command {
  const datasets = new Command("datasets")
    .summary("list the known data sets; check one on disk")
    .description(
      "List the 17 data sets of the paper, which can be used by name, as in train visa=/data/VisA; or tell where to get " +
        "one, what its licence is and how its folders must lie. None is downloaded for you.",
    )
    .argument("[id]", "the data set to tell about (default: list all)")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ anomalyclip datasets
  $ anomalyclip datasets visa
  $ anomalyclip datasets check visa /data/VisA_20220922
  $ anomalyclip train visa=/data/VisA_20220922`,
    )
    .action(async (id: string | undefined, flags: DatasetsFlags) => {
      const { listDatasets, showDataset } = await import("./run-datasets.ts");
      if (id === undefined) listDatasets(flags, terminal);
      else showDataset(id, flags, terminal);
    });
  datasets
    .command("check")
    .summary("look for missing, damaged and unpaired files")
    .description(
      "Count the pictures and masks of a data set and compare them with what was published; look for missing classes, " +
        "damaged files, pictures without masks and masks without pictures, empty masks and masks of another size.",
    )
    .argument("<id>", KIND)
    .argument("<root>", ROOT)
    .option("--decode", "decode every picture, not only its header, and look for copies (masks are decoded anyway)")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Exit code: 0 whole and sound, 1 something is wrong, 2 no such data set there.

Examples:
  $ anomalyclip datasets check mvtec /data/mvtec_anomaly_detection --decode
  $ anomalyclip datasets check folder photos/
  $ anomalyclip datasets check csv photos/labels.csv`,
    )
    .action(async (id: string, root: string, _flags: DatasetsFlags, command: Command) => {
      const { checkOnDisk } = await import("./run-datasets.ts");
      await checkOnDisk(id, root, command.optsWithGlobals<DatasetsFlags>(), terminal);
    });
  datasets
    .command("write-meta")
    .summary("write the meta.json that the authors' code reads")
    .description(
      "Write meta.json, in which the authors' code looks up pictures, masks and labels. This program " +
        "reads it too, in place of the folders.",
    )
    .argument("<id>", KIND)
    .argument("<root>", ROOT)
    .option(
      "-o, --out <file>",
      "the file to write; paths in it are relative to its folder (default: meta.json in root)",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ anomalyclip datasets write-meta brainmri /data/brain-mri
  $ anomalyclip datasets write-meta folder photos/ --out parts.json`,
    )
    .action(async (id: string, root: string, flags: DatasetsFlags) => {
      const { writeMeta } = await import("./run-datasets.ts");
      await writeMeta(id, root, flags, terminal);
    });
  return datasets;
}
