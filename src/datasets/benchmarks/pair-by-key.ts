/** Which mask belongs to which picture, in a layout that says where both lie. */

import { AnomalyClipError } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { withoutMaskSuffix } from "../folder-names.ts";
import type { FoundLayout, MatchedFile } from "./find-layout.ts";
import type { CaptureName } from "./path-pattern.ts";

/**
 * The masks of pictures. A mask's folders give the names that the picture's do, and its stem is the picture's, or that
 * with a suffix (`007_mask`, `Part3_label`).
 *
 * @param root for messages.
 * @throws AnomalyClipError `E_DATASET` when a mask could be that of two pictures, or a picture has two masks.
 */
export function pairByKey(
  root: string,
  pictures: readonly MatchedFile[],
  masks: FoundLayout["masks"],
): Map<MatchedFile, MatchedFile> {
  const keys = [...new Set(masks.map(({ key }) => key))];
  const byKey = keys.map((key) =>
    indexByStem(
      root,
      key,
      masks.filter((mask) => mask.key === key),
    ),
  );
  const pairs = new Map<MatchedFile, MatchedFile>();
  const owners = new Map<MatchedFile, MatchedFile>();
  for (const picture of pictures) {
    const mask = keys
      .map((key, index) => byKey[index]!.get(keyOf(key, picture, picture.stem)))
      .find((found) => found !== undefined);
    if (!mask) continue;
    const owner = owners.get(mask);
    if (owner) throw ambiguous(root, `${mask.path} may be the mask of ${owner.path} or of ${picture.path}`);
    owners.set(mask, picture);
    pairs.set(picture, mask);
  }
  return pairs;
}

// --- internal ---

function indexByStem(
  root: string,
  key: readonly CaptureName[],
  masks: readonly MatchedFile[],
): Map<string, MatchedFile> {
  const index = new Map<string, MatchedFile>();
  for (const mask of masks) {
    const suffixed = withoutMaskSuffix(mask.stem);
    for (const stem of suffixed === null ? [mask.stem] : [mask.stem, suffixed]) {
      const place = keyOf(key, mask, stem);
      const rival = index.get(place);
      if (rival) throw ambiguous(root, `${rival.path} and ${mask.path} may be masks of the same picture`);
      index.set(place, mask);
    }
  }
  return index;
}

// NUL is in no path, so that no two places share a key.
function keyOf(key: readonly CaptureName[], file: MatchedFile, stem: string): string {
  return [...key.map((name) => file.captures[name]?.toLowerCase() ?? ""), stem].join("\0");
}

function ambiguous(root: string, what: string): AnomalyClipError {
  return new AnomalyClipError("E_DATASET", printable(`${root}: ${what}; take out the one that does not belong there`));
}
