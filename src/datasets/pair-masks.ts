/**
 * Which files of a tree are masks, and of which pictures. Masks pair by stem, never by position in a list.
 *
 * A mask's stem is the picture's, or the picture's with a suffix (`007_mask`, `Part3_label`, `10000_GT`). Its place is
 * one of these, the first that has one winning:
 * 1. the picture's own folder;
 * 2. a folder of masks that stands in for the picture's, split and plain folders aside: for
 *    `bottle/test/broken/007.png` any of `bottle/ground_truth/broken`, `bottle/test/masks/broken`;
 * 3. such a folder for all pictures of a folder further up: `bottle/ground_truth`, then `ground_truth`.
 * In one place a mask of the same split goes before one of no split (one of the other split is never taken), the very
 * stem before one with a suffix, and then the first path.
 */

import { AnomalyClipError } from "../errors.ts";
import { printable } from "../printable.ts";
import { withoutMaskSuffix } from "./folder-names.ts";
import type { LocatedFile } from "./located-file.ts";

/** Formats that blur what they hold: nobody saves a mask in one beside a picture in another format. */
const LOSSY = new Set(["jpg", "jpeg", "webp"]);

/**
 * Tells masks from pictures: a mask lies in a folder of masks, or beside pictures that it belongs to. Beside them it
 * has a suffix that the picture lacks, or the same stem as a JPEG and a lossless format (`x.jpg`, `x.png`); for that
 * every lossless file of the folder must have its JPEG and half of the JPEGs such a file, else they are all pictures.
 */
export function separateMasks(files: readonly LocatedFile[]): { pictures: LocatedFile[]; masks: LocatedFile[] } {
  const masks = new Set(files.filter((file) => file.inMaskFolder));
  const others = files.filter((file) => !file.inMaskFolder);
  const folders = new Map<string, LocatedFile[]>();
  for (const file of others) append(folders, file.folder, file);
  for (const neighbours of folders.values()) for (const mask of masksAmong(neighbours)) masks.add(mask);
  return { pictures: files.filter((file) => !masks.has(file)), masks: files.filter((file) => masks.has(file)) };
}

/** Finds masks by the rule above. */
export class MaskFinder {
  readonly #byPlace: ReadonlyMap<string, readonly LocatedFile[]>;

  constructor(masks: readonly LocatedFile[]) {
    const byPlace = new Map<string, LocatedFile[]>();
    for (const mask of masks) {
      const suffixed = withoutMaskSuffix(mask.stem);
      for (const stem of suffixed === null ? [mask.stem] : [mask.stem, suffixed]) {
        const place = mask.inMaskFolder ? standsIn(mask.names, stem) : beside(mask.folder, stem);
        append(byPlace, place, mask);
      }
    }
    this.#byPlace = byPlace;
  }

  /** The mask that the rule gives a picture, and how many folders further up it lies; null where it finds none. */
  find(picture: LocatedFile): { mask: LocatedFile; up: number } | null {
    const places = [beside(picture.folder, picture.stem)];
    for (let depth = picture.names.length; depth >= 0; depth--) {
      places.push(standsIn(picture.names.slice(0, depth), picture.stem));
    }
    for (const [index, place] of places.entries()) {
      const mask = bestOf(this.#byPlace.get(place) ?? [], picture);
      if (mask) return { mask, up: Math.max(0, index - 1) };
    }
    return null;
  }

  /**
   * The masks of all these pictures. A mask that several of them find belongs to the nearest.
   *
   * @throws AnomalyClipError `E_DATASET` when several are equally near.
   */
  pair(root: string, pictures: readonly LocatedFile[]): Map<LocatedFile, LocatedFile> {
    const claims = new Map<LocatedFile, { up: number; pictures: LocatedFile[] }>();
    for (const picture of pictures) {
      const found = this.find(picture);
      if (!found) continue;
      const claim = claims.get(found.mask);
      if (!claim || found.up < claim.up) claims.set(found.mask, { up: found.up, pictures: [picture] });
      else if (found.up === claim.up) claim.pictures.push(picture);
    }
    const pairs = new Map<LocatedFile, LocatedFile>();
    for (const [mask, { pictures: claimants }] of claims) {
      const [picture, rival] = claimants as [LocatedFile, LocatedFile?];
      if (rival) {
        throw new AnomalyClipError(
          "E_DATASET",
          `${printable(root)}: ${printable(mask.path)} may be the mask of ${printable(picture.path)} or of ` +
            `${printable(rival.path)}; put masks into folders named like those of their pictures`,
        );
      }
      pairs.set(picture, mask);
    }
    return pairs;
  }
}

// --- internal ---

function masksAmong(neighbours: readonly LocatedFile[]): LocatedFile[] {
  const stems = new Set(neighbours.map((file) => file.stem));
  const suffixed = neighbours.filter((file) => withoutMaskSuffix(file.stem) !== null);
  // One pair shows that suffixes mean masks here; without any, `wine_label.jpg` is a picture of a label.
  if (suffixed.some((file) => stems.has(withoutMaskSuffix(file.stem)!))) return suffixed;
  const [lossy, lossless] = [true, false].map((wanted) => neighbours.filter((f) => LOSSY.has(f.extension) === wanted));
  const lossyStems = new Set(lossy!.map((file) => file.stem));
  const allPaired = lossless!.every((file) => lossyStems.has(file.stem));
  return allPaired && lossless!.length * 2 >= lossyStems.size ? lossless! : [];
}

function bestOf(masks: readonly LocatedFile[], picture: LocatedFile): LocatedFile | null {
  let best: LocatedFile | null = null;
  let bestRank = -1;
  for (const mask of masks) {
    if (mask.split && picture.split && mask.split !== picture.split) continue;
    const rank = (mask.split === picture.split ? 2 : 0) + (mask.stem === picture.stem ? 1 : 0);
    if (rank > bestRank) [best, bestRank] = [mask, rank];
  }
  return best;
}

function append(lists: Map<string, LocatedFile[]>, key: string, file: LocatedFile): void {
  const list = lists.get(key);
  if (list) list.push(file);
  else lists.set(key, [file]);
}

// NUL is in no path, so that no two places share a key.
function beside(folder: string, stem: string): string {
  return `beside\0${folder}\0${stem}`;
}

function standsIn(names: readonly string[], stem: string): string {
  return `masks\0${names.join("/")}\0${stem}`;
}
