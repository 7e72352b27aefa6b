/** What the names of folders and files in a data set mean. */

import type { Split } from "./sample.ts";

/** What a folder says about the files below it; `name` is a class, a specie or anything else. */
export type FolderRole =
  | { kind: "split"; split: Split }
  | { kind: "masks"; split: Split | null }
  | { kind: "plain" }
  | { kind: "name" };

/** Names of folders of normal pictures. `MT_Free` counts by its last word, `normal_images` without its plain one. */
export const NORMAL_NAMES = ["good", "ok", "normal", "no", "free", "healthy", "negative"] as const;

/** Normal as a whole name, with any separators: their last word alone would say the opposite or nothing. */
const NORMAL_PHRASES = new Set(["defectfree", "nondefective", "nodefect", "nodefects", "noanomaly", "notumor"]);
const NEGATIONS = new Set(["no", "not", "non"]);

// Validation pictures are for tuning: they are labelled, and nothing may be judged on what was tuned on.
const SPLIT_WORDS = new Map<string, Split>([
  ["train", "train"],
  ["training", "train"],
  ["trainval", "train"],
  ["val", "train"],
  ["valid", "train"],
  ["validation", "train"],
  ["test", "test"],
  ["testing", "test"],
]);
const PLAIN_WORDS = new Set([
  "image",
  "images",
  "img",
  "imgs",
  "picture",
  "pictures",
  "photo",
  "photos",
  "data",
  "set",
]);
const MASK_WORDS = new Set([
  ...["mask", "masks", "gt", "groundtruth", "label", "labels"],
  ...["annotation", "annotations", "segmentation", "segmentations"],
]);
const MASK_SUFFIX = /[ _.-](masks?|labels?|gt|ground[ _-]?truth|seg|segmentation|annotation)$/i;

/**
 * What the name of a folder means, in any case:
 * - `train`, `test`, `valid`, ..., also with plain words (`test-image`): a split; validation counts as training;
 * - `mask`, `masks`, `label`, `gt`, `ground_truth`, ..., also after split or plain words (`test-mask`), and whatever
 *   ends in `ground truth`, `gt` or `masks`: a folder of masks;
 * - `images`, `imgs`, `data`, ...: plain, says nothing.
 */
export function roleOfFolder(name: string): FolderRole {
  const words = wordsOf(name);
  const splits = words.map((word) => SPLIT_WORDS.get(word)).filter((split) => split !== undefined);
  const split = splits.length === 1 ? splits[0]! : null;
  if (isMaskFolder(words)) return { kind: "masks", split };
  if (words.length === 0 || !words.every((word) => SPLIT_WORDS.has(word) || PLAIN_WORDS.has(word))) {
    return { kind: "name" };
  }
  if (splits.length === 0) return { kind: "plain" };
  return split ? { kind: "split", split } : { kind: "name" };
}

/** Whether a folder of this name holds normal pictures. `no_good` and `not-ok` do not. */
export function isNormalName(name: string): boolean {
  const words = wordsOf(name).filter((word) => !PLAIN_WORDS.has(word));
  if (NORMAL_PHRASES.has(words.join(""))) return true;
  const last = words.at(-1);
  if (last === undefined || !(NORMAL_NAMES as readonly string[]).includes(last)) return false;
  return !NEGATIONS.has(words.at(-2) ?? "");
}

/** The stem of the picture that a mask of this stem belongs to by its suffix (`007_mask`: `007`); null without one. */
export function withoutMaskSuffix(stem: string): string | null {
  const match = MASK_SUFFIX.exec(stem);
  return match && match.index > 0 ? stem.slice(0, match.index) : null;
}

// --- internal ---

function isMaskFolder(words: readonly string[]): boolean {
  if (words.join("").endsWith("groundtruth")) return true;
  const last = words.at(-1) ?? "";
  if (last === "masks" || last === "gt") return true;
  return MASK_WORDS.has(last) && words.slice(0, -1).every((word) => SPLIT_WORDS.has(word) || PLAIN_WORDS.has(word));
}

function wordsOf(name: string): string[] {
  return name
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}
