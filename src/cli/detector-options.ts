/** What every command that looks at pictures lets its user choose about the detector, and how it is made. */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { DetectorOptions } from "../anomalyclip/detector.ts";
import { ATTENTION_KINDS } from "../anomalyclip/dpam.ts";
import type { DetectionModelOptions } from "../anomalyclip/open-detection.ts";
import { PRECISIONS } from "../anomalyclip/settings.ts";
import { VIEW_COUNTS } from "../anomalyclip/views.ts";
import type { Detector } from "../results/detect-images.ts";
import { PROVIDER_CHOICES } from "../runtime/providers.ts";
import { layerList, numberFrom, positiveNumber, wholeFrom } from "./arguments.ts";
import { showDownload } from "./download-progress.ts";
import { say } from "./print-record.ts";
import { showQuantization } from "./quantization-progress.ts";
import type { Terminal } from "./terminal.ts";

/** What `addModelOptions` and `addDecisionOptions` store, but the precision. */
export type ModelFlags = Omit<DetectionModelOptions, "precision" | "download" | "quantization">;

/** What `addDetectorOptions` stores. */
export type DetectorFlags = Omit<DetectorOptions, "download" | "quantization" | "onNote">;

export type LoadDetector = (options: DetectorOptions) => Promise<Detector>;

/** Adds all that a detector is made of, which the parser stores under the names in `DetectorOptions`. */
export function addDetectorOptions(command: Command): Command {
  const model = addModelOptions(command, [...PRECISIONS, "fp16"]).addOption(
    new Option(
      "--provider <name>",
      "what computes; auto: the best that is installed and works (see doctor; default: cpu)",
    ).choices(PROVIDER_CHOICES),
  );
  return addDecisionOptions(addTileOptions(model));
}

/** Adds the choice of model and prompts, and how they are computed. */
export function addModelOptions(command: Command, precisions?: readonly string[]): Command {
  return addVisionOptions(
    command
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
      ),
    precisions,
  );
}

/** Adds how large pictures are cut. */
export function addTileOptions(command: Command): Command {
  return command
    .option(
      "--tile <pixels>",
      "look at pictures in windows of that side, and once as a whole: for small defects in large pictures; " +
        "auto: windows of the image size where a picture is much larger (default: none)",
      tileSide,
    )
    .option(
      "--overlap <share>",
      "of a window's side that neighbours have in common, 0 to 0.9 (default: 0.25)",
      numberFrom(0, 0.9),
    );
}

/** Adds where the line between normal and abnormal is drawn. */
export function addDecisionOptions(command: Command): Command {
  return command
    .optionsGroup("Decision:")
    .option("--threshold <score>", "score from which a picture is abnormal, 0..1 (default*: 0.5)", numberFrom(0, 1))
    .option(
      "--map-threshold <value>",
      "map value, for one layer, from which pixels form a region, 0..1 (default*: 0.5)",
      numberFrom(0, 1),
    );
}

/** Adds how the vision tower is read, with what precision and with how many threads. */
export function addVisionOptions(command: Command, precisions: readonly string[] = PRECISIONS): Command {
  return command
    .option("--image-size <pixels>", "side to which pictures are resized (default*: 518)", wholeFrom(1, 4096))
    .addOption(viewsOption("default*"))
    .option("--layers <list>", "layers whose maps are summed, from 1, as in 6,12,18,24 (default*: the last)", layerList)
    .option("--dpam-from <block>", "first block with the attention below (default*: the 6th of 24)", wholeFrom(1, 1000))
    .addOption(
      new Option(
        "--attention <kind>",
        "attention that makes the map; none leaves CLIP as it is (default*: v-v)",
      ).choices(ATTENTION_KINDS),
    )
    .option("--temperature <number>", "of both softmaxes (default*: 0.07)", positiveNumber)
    .option("--sigma <pixels>", "Gaussian smoothing of the map, 0 for none (default*: 4)", numberFrom(0, 100))
    .addOption(
      new Option(
        "--precision <kind>",
        "int8 takes less than half the time on a processor, with small errors (see compare-precision), and prepares the " +
          `model once${precisions.includes("fp16") ? "; fp16 is for graphics processors" : ""} (default: fp32)`,
      ).choices(precisions),
    )
    .option("--threads <count>", "threads to compute with (default: one for each core)", wholeFrom(1, 1024));
}

/** In how many ways pictures are looked at; `standard` is what the help calls the default. */
export function viewsOption(standard: "default" | "default*"): Option {
  return new Option(
    "--views <count>",
    "look at each picture once, 2, 4 or 8 times: mirrored, upside down, turned; surer, takes so many times as long " +
      `(${standard}: 1)`,
  ).argParser((text) => {
    const count = VIEW_COUNTS.find((known) => String(known) === text);
    if (count === undefined) throw new InvalidArgumentError(`Expected one of ${VIEW_COUNTS.join(", ")}.`);
    return count;
  });
}

/** What the parser stored of model, prompts and settings; downloads and preparations are shown on `terminal`. */
export function modelOptionsOf(flags: ModelFlags, terminal: Terminal): Omit<DetectionModelOptions, "precision"> {
  const { model, prompts, object, imageSize, views, layers, dpamFrom, attention, temperature, sigma } = flags;
  const { threshold, mapThreshold } = flags;
  return {
    ...{ model, prompts, object, imageSize, views, layers, dpamFrom, attention, temperature, sigma },
    ...{ threshold, mapThreshold },
    download: { onProgress: showDownload(terminal.stderr) },
    quantization: { onProgress: showQuantization(terminal.stderr), onNote: (text) => say(terminal, text) },
  };
}

/** What the parser stored of a detector. */
export function detectorOptionsOf(flags: DetectorFlags, terminal: Terminal): DetectorOptions {
  const { precision, provider, threads, tile, overlap } = flags;
  const onNote = (text: string) => say(terminal, text);
  return { ...modelOptionsOf(flags, terminal), precision, provider, threads, tile, overlap, onNote };
}

/** `AnomalyDetector.load`, imported late: loading ONNX Runtime would make even `--help` slow. */
export async function loadDetector(options: DetectorOptions): Promise<Detector> {
  const { AnomalyDetector } = await import("../anomalyclip/detector.ts");
  return AnomalyDetector.load(options);
}

// --- internal ---

function tileSide(text: string): number | "auto" {
  return text === "auto" ? text : wholeFrom(16, 100_000)(text);
}
