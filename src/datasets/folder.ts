/**
 * Reads any tree of pictures as a data set.
 *
 * Folders have roles by their names (`folder-names.ts`), masks pair by stem (`pair-masks.ts`). What remains of the way
 * to a picture names its class and its specie:
 * - **Where a folder has a normal name** (`good`, `ok`, `normal`, `MT_Free`, ...), the pictures in it are normal, and
 *   those in the folders beside it are abnormal: these folders are the species, and the folder that holds them is the
 *   class (`bottle` in `bottle/test/{good,broken}`, `mvtec/bottle/...` too).
 * - **Where none has**, masks tell: a picture whose mask has a pixel above 0 is abnormal, one whose mask has none, or
 *   that has no mask, is normal. Species are `defect` and `good`. The class is the folder that holds the first split,
 *   mask or plain folder (`Class1` in `Class1/Train`, `kvasir` in `kvasir/{images,masks}`).
 *
 * Where that folder is the root of the set, or is not there, the class has the root's name (`{good,defect}`;
 * `kos01/Part3.jpg`). A class is called by its folder's name, or by the whole way from the root where two have the same.
 */

import { basename, join, resolve } from "node:path";
import { AnomalyClipError } from "../errors.ts";
import { decodeMask } from "../image/decode.ts";
import { IMAGE_EXTENSIONS } from "../image/extensions.ts";
import { printable } from "../printable.ts";
import { isNormalName, NORMAL_NAMES } from "./folder-names.ts";
import { listPictures } from "./list-pictures.ts";
import { type LocatedFile, locateFile } from "./located-file.ts";
import { mapConcurrently } from "./map-concurrently.ts";
import { MaskFinder, separateMasks } from "./pair-masks.ts";
import type { Dataset, Sample } from "./sample.ts";

/** A picture with a label; the class is still the way to its folder. */
interface Labelled {
  picture: LocatedFile;
  classNames: readonly string[];
  specie: string;
  abnormal: boolean;
  mask: LocatedFile | null;
}

/** Decoded masks are large, and the decoder has threads of its own. */
const MASKS_AT_ONCE = 4;
const PROBED_MASKS = 8;

/**
 * Reads a folder by the rules above. Normal pictures have no mask.
 *
 * @throws AnomalyClipError `E_DATASET` when the folder cannot be read or holds no pictures, when nothing tells normal
 * from abnormal ones, or when a picture lies beside or above the folders that do; `E_IMAGE` for a damaged mask that a
 * label hangs on.
 */
export async function readFolder(root: string): Promise<Dataset> {
  const { pictures, masks } = separateMasks((await listPictures(root)).map(locateFile));
  if (pictures.length === 0) {
    const found = masks.length > 0 ? `only masks found, such as ${printable(masks[0]!.path)}` : "no pictures found";
    throw failure(root, `${found} (${IMAGE_EXTENSIONS.join(", ")})`);
  }
  const finder = new MaskFinder(masks);
  const named = pictures.some((picture) => picture.names.some(isNormalName));
  const labelled = named ? await labelByName(root, pictures, finder) : await labelByMask(root, pictures, finder);
  const name = basename(resolve(root)) || "root";
  const classNameOf = nameClasses(labelled, name);
  const samples = labelled.map(
    ({ picture, classNames, specie, abnormal, mask }): Sample => ({
      image: join(root, picture.path),
      mask: mask && join(root, mask.path),
      className: classNameOf(classNames),
      specie,
      abnormal,
      split: picture.split,
    }),
  );
  return { name, samples };
}

// --- internal ---

async function labelByName(root: string, pictures: readonly LocatedFile[], finder: MaskFinder): Promise<Labelled[]> {
  const depthOf = classDepths(pictures);
  const labelled = pictures.map((picture): Labelled => {
    const depth = depthOf(picture);
    if (depth === null) throw unlabelled(root, picture, pictures);
    const specie = picture.names[depth]!;
    const classNames = picture.names.slice(0, depth);
    return { picture, classNames, specie, abnormal: !isNormalName(specie), mask: null };
  });
  const abnormal = labelled.filter((one) => one.abnormal);
  const pairs = finder.pair(
    root,
    abnormal.map((one) => one.picture),
  );
  const paired = new Set(pairs.values());
  for (const members of byClass(labelled).values()) {
    if (await marksNormalPictures(root, members, finder, paired)) continue;
    for (const one of members) if (one.abnormal) one.mask = pairs.get(one.picture) ?? null;
  }
  return labelled;
}

/** How many of a picture's names are its class's; the next one is its specie. Null where nothing tells. */
function classDepths(pictures: readonly LocatedFile[]): (picture: LocatedFile) => number | null {
  const wayTo = (names: readonly string[], depth: number) => names.slice(0, depth).join("/");
  const normal = pictures
    .map(({ names }) => ({ names, depth: names.findLastIndex(isNormalName) }))
    .filter(({ depth }) => depth >= 0);
  const holders = new Set(normal.map(({ names, depth }) => wayTo(names, depth)));
  // A product may be called `sugar_free`: a folder that holds normal pictures in one of its own is none of them.
  const species = normal.filter(({ names, depth }) => !holders.has(wayTo(names, depth + 1)));
  const classes = new Set(species.map(({ names, depth }) => wayTo(names, depth)));
  const depths = new Set(species.map(({ depth }) => depth));
  const commonDepth = depths.size === 1 ? [...depths][0]! : null;
  return ({ names }) => {
    for (let depth = names.length - 1; depth >= 0; depth--) if (classes.has(wayTo(names, depth))) return depth;
    // A class without normal pictures, among others that have some.
    return commonDepth !== null && names.length > commonDepth ? commonDepth : null;
  };
}

function unlabelled(root: string, picture: LocatedFile, pictures: readonly LocatedFile[]): AnomalyClipError {
  const example = pictures.find(({ names }) => names.some(isNormalName))!;
  const normal = example.names.findLast(isNormalName)!;
  return failure(
    root,
    `${printable(picture.path)} lies in no folder beside one of normal pictures (such as "${printable(normal)}" of ` +
      `${printable(example.path)}); move it, or open each data set by itself`,
  );
}

/**
 * Whether the masks of a class mark something else than anomalies (lungs, say): most of its normal pictures have one,
 * and all that are looked at have pixels above 0.
 */
async function marksNormalPictures(
  root: string,
  members: readonly Labelled[],
  finder: MaskFinder,
  paired: ReadonlySet<LocatedFile>,
): Promise<boolean> {
  const normal = members.filter((one) => !one.abnormal);
  const masks = normal
    .map((one) => finder.find(one.picture)?.mask)
    .filter((mask) => mask !== undefined && !paired.has(mask)) as LocatedFile[];
  if (masks.length === 0 || masks.length * 2 < normal.length) return false;
  const step = Math.ceil(masks.length / PROBED_MASKS);
  const probed = masks.filter((_, index) => index % step === 0);
  const marked = await mapConcurrently(probed, MASKS_AT_ONCE, (mask) => hasMarks(root, mask));
  return !marked.includes(false);
}

async function labelByMask(root: string, pictures: readonly LocatedFile[], finder: MaskFinder): Promise<Labelled[]> {
  const pairs = finder.pair(root, pictures);
  if (pairs.size === 0) {
    throw failure(
      root,
      "nothing tells normal pictures from abnormal ones; put the normal ones into a folder named " +
        `${NORMAL_NAMES.join(", ")} (in any case), or add masks or a meta.json`,
    );
  }
  return mapConcurrently(pictures, MASKS_AT_ONCE, async (picture): Promise<Labelled> => {
    const mask = pairs.get(picture);
    const abnormal = mask !== undefined && (await hasMarks(root, mask));
    return {
      picture,
      classNames: picture.names.slice(0, picture.namesAbove ?? 0),
      specie: abnormal ? "defect" : "good",
      abnormal,
      mask: abnormal ? mask : null,
    };
  });
}

async function hasMarks(root: string, mask: LocatedFile): Promise<boolean> {
  return (await decodeMask(join(root, mask.path))).data.includes(255);
}

function byClass(labelled: readonly Labelled[]): Map<string, Labelled[]> {
  const classes = new Map<string, Labelled[]>();
  for (const one of labelled) {
    const key = one.classNames.join("/");
    const members = classes.get(key);
    if (members) members.push(one);
    else classes.set(key, [one]);
  }
  return classes;
}

function nameClasses(labelled: readonly Labelled[], rootName: string): (classNames: readonly string[]) => string {
  const short = (names: readonly string[]) => names.at(-1) ?? rootName;
  const bearers = new Map<string, number>();
  for (const members of byClass(labelled).values()) {
    const name = short(members[0]!.classNames).toLowerCase();
    bearers.set(name, (bearers.get(name) ?? 0) + 1);
  }
  return (names) => (bearers.get(short(names).toLowerCase())! > 1 && names.length > 0 ? names.join("/") : short(names));
}

function failure(root: string, what: string): AnomalyClipError {
  return new AnomalyClipError("E_DATASET", `${printable(root)}: ${what}`);
}
