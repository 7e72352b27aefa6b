/** `anomalyclip serve`: the options, what they mean and what they default to. */

import { Command, InvalidArgumentError, Option } from "commander";
import { NAME } from "../server/names.ts";
import { numberFrom, wholeFrom } from "./arguments.ts";
import { addDetectorOptions, type DetectorFlags } from "./detector-options.ts";
import type { Terminal } from "./terminal.ts";

/** The options of the command. */
export interface ServeFlags extends DetectorFlags {
  host: string;
  port: number;
  token?: string;
  data: string;
  models?: string;
  keepModels: number;
  batch: number;
  queue: number;
  maxUpload: number;
  maxPixels: number;
  maxImages: number;
  rate: number;
  keepDays?: number;
  keepResults?: number;
  folder: Map<string, string>;
  runs?: string;
  logLevel: string;
}

/** The command. The exit code is left in `terminal`. */
export function serveCommand(terminal: Terminal): Command {
  const command = new Command("serve")
    .summary("a page and an HTTP service")
    .description(
      "Serve a page for inspectors and a REST API, until Ctrl-C. Pictures, results and settings stay in the data folder on\n" +
        "this machine; nothing is sent anywhere.",
    )
    .optionsGroup("Service:")
    .option("--host <address>", "address to listen on; others than this machine's own need a token", "127.0.0.1")
    .option("--port <number>", "port to listen on, 0 for a free one", wholeFrom(0, 65_535), 8080)
    .addOption(
      new Option("--token <secret>", "what callers must know; better set in the environment, where nobody sees it").env(
        "ANOMALYCLIP_TOKEN",
      ),
    )
    .option("--data <folder>", "history, pictures and jobs", "anomalyclip-data")
    .option(
      "--folder <name=path>",
      "a folder that jobs may be started on, by its name; may be repeated",
      namedFolder,
      new Map(),
    )
    .option("--runs <folder>", "watch the trainings and evaluations in this folder live")
    .addOption(
      new Option("--log-level <level>", "log lines are JSON, on the standard error")
        .choices(["error", "warn", "info", "debug", "silent"])
        .default("info"),
    )
    .optionsGroup("Limits:")
    .option(
      "--queue <pictures>",
      "pictures that may wait; callers beyond are told to come back",
      wholeFrom(1, 100_000),
      64,
    )
    .option(
      "--batch <pictures>",
      "pictures looked at together where so many wait; in int8 always one",
      wholeFrom(1, 64),
      4,
    )
    .option("--max-upload <MiB>", "largest request", wholeFrom(1, 4096), 64)
    .option("--max-pixels <megapixels>", "largest picture", numberFrom(0.01, 1000), 50)
    .option("--max-images <count>", "most pictures in a request", wholeFrom(1, 10_000), 32)
    .option("--rate <requests>", "that an address may make in a minute", wholeFrom(1, 1_000_000), 6000)
    .option("--keep-days <days>", "remove results that are older (default: keep all)", numberFrom(0.001, 100_000))
    .option("--keep-results <count>", "keep at most so many, the latest (default: keep all)", wholeFrom(0, 1e9));
  return addDetectorOptions(command)
    .optionsGroup("More models:")
    .option(
      "--models <file>",
      "YAML list of models to choose from: name, model, prompts, precision, ... (see docs/service.md)",
    )
    .option("--keep-models <count>", "models that stay in memory", wholeFrom(1, 100), 2)
    .addHelpText(
      "after",
      `
* unless the prompt file says otherwise: it may carry the settings it was learned with.

Exit code: 0 ended by Ctrl-C or SIGTERM, with all accepted requests answered, 2 wrong usage or configuration.

Examples:
  $ anomalyclip serve
  $ anomalyclip serve --model ViT-L/14@336px --prompts castings.safetensors --precision int8 --data /var/lib/anomalyclip
  $ ANOMALYCLIP_TOKEN=... anomalyclip serve --host 0.0.0.0 --folder line-3=/mnt/line-3 --keep-days 90
  $ curl --data-binary @part.jpg -H "Content-Type: image/jpeg" http://127.0.0.1:8080/api/detect`,
    )
    .action(async (_flags: ServeFlags, own: Command) => {
      const { runServe } = await import("./run-serve.ts");
      await runServe(own.optsWithGlobals<ServeFlags>(), terminal);
    });
}

// --- internal ---

function namedFolder(text: string, earlier: Map<string, string>): Map<string, string> {
  const [, name, path] = /^([^=]*)=(.+)$/.exec(text) ?? [];
  if (name === undefined || !NAME.test(name))
    throw new InvalidArgumentError("expected name=path, as in line-3=/mnt/line-3");
  return new Map(earlier).set(name, path!);
}
