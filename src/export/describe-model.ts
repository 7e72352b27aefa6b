/** What an exported model says about itself, so that whoever runs it knows how to read its score and map. */

import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { DetectionModel } from "../anomalyclip/open-detection.ts";
import { VERSION } from "../version.ts";
import type { ExportInput } from "./export-options.ts";

/**
 * Everything that scores and maps depend on, as words: the settings under their names, `layers` as `6,12,18,24`; `model` and
 * `prompts` without their folders.
 */
export function describeModel({ settings, description }: DetectionModel, input: ExportInput): Record<string, string> {
  const { model, prompts, object } = description;
  const named = { model: withoutFolder(`${model}`), prompts: withoutFolder(`${prompts}`), object };
  return Object.fromEntries(
    Object.entries({ program: `anomalyclip ${VERSION}`, ...named, input, ...settings })
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, String(value)]),
  );
}

/** The same for a person who looks at the file. */
export function explainModel(imageSize: number, input: ExportInput): string {
  const given = input === "uint8" ? "RGB pixels" : "3 planes normalised as CLIP does it";
  return (
    `AnomalyCLIP. image: pictures of ${imageSize} x ${imageSize}, ${given}. score: P(abnormal) of each, 0..1. ` +
    "map: how abnormal each pixel is, 0..1 for each of the layers. Metadata: thresholds and settings."
  );
}

// --- internal ---

/** A path shortened to its last part; names of models, such as `ViT-L/14`, stay as they are. */
function withoutFolder(name: string): string {
  return existsSync(name) ? basename(name) : name;
}
