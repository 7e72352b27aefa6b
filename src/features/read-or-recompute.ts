/** Reads what was prepared; what is gone or damaged by then is computed again from the picture, and training goes on. */

import { AnomalyClipError } from "../errors.ts";
import { decodeImage, decodeMask } from "../image/decode.ts";
import { preprocessMask } from "../image/preprocess.ts";
import type { CacheState } from "./cache-file.ts";
import type { FeatureCache } from "./feature-cache.ts";
import type { MaskCache } from "./mask-cache.ts";
import type { PreparedSample } from "./prepare-samples.ts";
import { decodeUnchanged } from "./source-files.ts";

/** A cached file that had to be made again. */
export interface CacheDamage {
  /** The picture or mask that it was made from. */
  path: string;
  what: "features" | "mask";
  state: Exclude<CacheState, "ok">;
}

/**
 * Fills `into` with the features of a picture, as {@link FeatureCache.read}. The encoder, where it was needed, is freed.
 *
 * @param onDamage told before features are computed again
 * @throws AnomalyClipError E_DATASET when the picture changed, E_IMAGE when it cannot be read any more, E_CONFIG when the
 *   cache cannot be written to
 */
export async function readFeatures(
  { sample, imageHash }: PreparedSample,
  cache: FeatureCache,
  into: readonly Uint16Array[],
  onDamage?: (damage: CacheDamage) => void,
): Promise<void> {
  const state = await cache.read(imageHash, into);
  if (state === "ok") return;
  onDamage?.({ path: sample.image, what: "features", state });
  try {
    await cache.compute(imageHash, await decodeUnchanged(sample.image, imageHash, decodeImage));
  } finally {
    await cache.releaseEncoder();
  }
  if ((await cache.read(imageHash, into)) !== "ok") throw failing(cache.folder);
}

/**
 * Fills `into` [S, S] with the mask of a picture: 0 and 1, all 0 where it has none.
 *
 * @param onDamage told before the mask is made again
 * @throws AnomalyClipError as {@link readFeatures}
 */
export async function readMask(
  { sample, maskHash }: PreparedSample,
  masks: MaskCache,
  into: Uint8Array,
  onDamage?: (damage: CacheDamage) => void,
): Promise<void> {
  if (maskHash === null) {
    into.fill(0);
    return;
  }
  const state = await masks.read(maskHash, into);
  if (state === "ok") return;
  const path = sample.mask!;
  onDamage?.({ path, what: "mask", state });
  await masks.write(maskHash, preprocessMask(await decodeUnchanged(path, maskHash, decodeMask), masks.size));
  if ((await masks.read(maskHash, into)) !== "ok") throw failing(masks.folder);
}

// --- internal ---

function failing(folder: string): AnomalyClipError {
  return new AnomalyClipError(
    "E_CONFIG",
    `${folder}: what was written is gone or damaged at once; check the disk, or choose another folder with --cache-dir`,
  );
}
