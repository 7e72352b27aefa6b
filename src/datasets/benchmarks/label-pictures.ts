/** What a layout says about each of its pictures. */

import { join } from "node:path";
import { decodeMask } from "../../image/decode.ts";
import { mapConcurrently } from "../map-concurrently.ts";
import type { Sample } from "../sample.ts";
import type { FoundLayout, MatchedFile } from "./find-layout.ts";
import { type Labelled, labelByList } from "./label-by-list.ts";
import { labelByTable } from "./label-by-table.ts";
import { pairByKey } from "./pair-by-key.ts";

/** Decoded masks are large, and the decoder has threads of its own. */
const MASKS_AT_ONCE = 4;

/**
 * The samples of a layout, in the order of its pictures.
 *
 * @param root the folder that was searched.
 * @param classNames of the benchmark; pictures whose path names no class are of the first.
 * @throws AnomalyClipError `E_DATASET` for masks that cannot be paired and tables that cannot be read; `E_IMAGE` for a
 * damaged mask that a label hangs on.
 */
export async function labelPictures(
  root: string,
  found: FoundLayout,
  classNames: readonly string[],
): Promise<Labelled> {
  const { label } = found.layout;
  switch (label.by) {
    case "list":
      return labelByList(root, label.file, found, classNames);
    case "table":
      return labelBy(await labelByTable(root, label, found), root, found, classNames);
    case "specie":
      return labelBy(
        (picture) => !label.normal.includes(picture.captures.specie!.toLowerCase()),
        root,
        found,
        classNames,
      );
    case "place":
      return labelBy((picture) => picture.place.abnormal, root, found, classNames);
    case "mask file":
    case "mask content":
      return labelByMask(label.by === "mask content", root, found, classNames);
  }
}

// --- internal ---

type Picture = FoundLayout["pictures"][number];

/** @param isAbnormal undefined for pictures that nothing is known about; these are left out. */
function labelBy(
  isAbnormal: (picture: Picture) => boolean | undefined,
  root: string,
  found: FoundLayout,
  classNames: readonly string[],
): Labelled {
  const labels = new Map(found.pictures.map((picture) => [picture, isAbnormal(picture)]));
  const picturesOf = (label: boolean | undefined) => found.pictures.filter((picture) => labels.get(picture) === label);
  const pairs = pairByKey(root, picturesOf(true), found.masks);
  const samples = found.pictures.flatMap((picture) => {
    const abnormal = labels.get(picture);
    return abnormal === undefined ? [] : [sampleOf(picture, abnormal, pairs.get(picture), classNames)];
  });
  return { samples, incomplete: describe(picturesOf(undefined), "label") };
}

async function labelByMask(
  byContent: boolean,
  root: string,
  found: FoundLayout,
  classNames: readonly string[],
): Promise<Labelled> {
  const pairs = pairByKey(root, found.pictures, found.masks);
  const samples = await mapConcurrently(found.pictures, MASKS_AT_ONCE, async (picture) => {
    const mask = pairs.get(picture);
    const abnormal = mask !== undefined && (!byContent || (await hasMarks(join(root, mask.path))));
    return sampleOf(picture, abnormal, mask, classNames);
  });
  // Where the content decides, every picture has a mask.
  const without = byContent ? found.pictures.filter((picture) => !pairs.has(picture)) : [];
  return { samples, incomplete: describe(without, "mask") };
}

function sampleOf(
  { path, captures, place }: Picture,
  abnormal: boolean,
  mask: MatchedFile | undefined,
  classNames: readonly string[],
): Sample {
  return {
    image: path,
    mask: abnormal && mask ? mask.path : null,
    className: captures.class ?? classNames[0]!,
    specie: captures.specie ?? (abnormal ? "defect" : "good"),
    abnormal,
    split: (captures.split as Sample["split"] | undefined) ?? place.split ?? null,
  };
}

async function hasMarks(mask: string): Promise<boolean> {
  return (await decodeMask(mask)).data.includes(255);
}

function describe(without: readonly MatchedFile[], what: string): string[] {
  if (without.length === 0) return [];
  const pictures = without.length === 1 ? "1 picture has" : `${without.length} pictures have`;
  return [`${pictures} no ${what}, such as ${without[0]!.path}`];
}
