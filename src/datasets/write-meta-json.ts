/** Writes `meta.json`, the description of a data set that the released code reads. */

import { dirname, relative, resolve, sep } from "node:path";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { printable } from "../printable.ts";
import { writeAtomically } from "../weights/atomic-file.ts";
import type { Dataset, Sample } from "./sample.ts";

/**
 * Writes `{"train": {class: [sample, ...]}, "test": {...}}`, a sample being
 * `{"img_path", "mask_path", "cls_name", "specie_name", "anomaly"}`.
 *
 * Paths are relative to the folder of the file, with forward slashes; `mask_path` is empty where there is no mask.
 * Samples that belong to no split go to test. The file appears whole or not at all; one that is there is replaced.
 *
 * @throws AnomalyClipError `E_DATASET` when the file cannot be written, or a path has a backslash in a name, which
 * `meta.json` cannot hold.
 */
export async function writeMetaJson(dataset: Dataset, file: string): Promise<void> {
  const folder = dirname(resolve(file));
  const splits = { train: new Map<string, object[]>(), test: new Map<string, object[]>() };
  for (const sample of dataset.samples) {
    const classes = splits[sample.split ?? "test"];
    const entries = classes.get(sample.className) ?? [];
    entries.push(entryOf(sample, file, folder));
    classes.set(sample.className, entries);
  }
  // A class may be called __proto__: `fromEntries` gives it a property of its own.
  const content = { train: Object.fromEntries(splits.train), test: Object.fromEntries(splits.test) };
  try {
    await writeAtomically(file, (handle) => handle.writeFile(`${JSON.stringify(content, null, 4)}\n`));
  } catch (error) {
    throw new AnomalyClipError("E_DATASET", messageOf(error), { cause: error });
  }
}

// --- internal ---

function entryOf(sample: Sample, file: string, folder: string): object {
  const relativePath = (path: string): string => {
    const inside = relative(folder, resolve(path));
    const slashed = sep === "\\" ? inside.replaceAll("\\", "/") : inside;
    if (!slashed.includes("\\")) return slashed;
    const message = `${file}: ${slashed} has a backslash in a name, which would be read as a folder; rename it`;
    throw new AnomalyClipError("E_DATASET", printable(message));
  };
  return {
    img_path: relativePath(sample.image),
    mask_path: sample.mask === null ? "" : relativePath(sample.mask),
    cls_name: sample.className,
    specie_name: sample.specie,
    anomaly: sample.abnormal ? 1 : 0,
  };
}
