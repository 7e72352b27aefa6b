/** What lies on disk: models, and features of pictures. */

import type { Dirent } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import { join, posix } from "node:path";
import { freeBytes } from "../features/disk-space.ts";
import { EMBEDDED_MODEL } from "../weights/embedded-model.ts";
import { CLIP_MODELS, defaultCacheDir } from "../weights/registry.ts";

export interface Storage {
  /** The model that comes with the package; null bytes where its file is not there. */
  embedded: { path: string; bytes: number | null };
  /** The folder of downloaded models; it need not exist. */
  cacheDir: string;
  /** Bytes that may still be written there; null where that is not known. */
  free: number | null;
  /** All models that can be downloaded. */
  models: StoredModel[];
  features: { folder: string; bytes: number };
}

export interface StoredModel {
  name: string;
  path: string;
  /** Bytes of the whole file. */
  size: number;
  /** Bytes of it that are here. */
  present: number;
  /** `damaged`: a file of the wrong length, which is downloaded anew. */
  state: "complete" | "incomplete" | "damaged" | "missing";
}

/** Nothing is opened: a file of the right length counts as complete. */
export async function examineStorage(cacheDir: string = defaultCacheDir()): Promise<Storage> {
  // As `defaultFeatureCacheDir` has it, whose module would load ONNX Runtime.
  const featureDir = join(cacheDir, "features");
  return {
    embedded: { path: EMBEDDED_MODEL, bytes: (await stat(EMBEDDED_MODEL).catch(() => null))?.size ?? null },
    cacheDir,
    free: await freeBytes(cacheDir).catch(() => null),
    models: await Promise.all(
      CLIP_MODELS.map(async ({ name, url, size }) => {
        const path = join(cacheDir, posix.basename(new URL(url).pathname));
        return { name, path, size, ...(await stateOf(path, size)) };
      }),
    ),
    features: { folder: featureDir, bytes: await folderBytes(featureDir) },
  };
}

// --- internal ---

async function stateOf(path: string, size: number): Promise<Pick<StoredModel, "present" | "state">> {
  const whole = await stat(path).catch(() => null);
  if (whole?.isFile()) return { present: whole.size, state: whole.size === size ? "complete" : "damaged" };
  // As `downloadFile` names what has arrived so far.
  const part = await stat(`${path}.part`).catch(() => null);
  return part?.isFile() ? { present: part.size, state: "incomplete" } : { present: 0, state: "missing" };
}

/** Bytes of all files of a folder, at any depth; links are not followed, and what cannot be read counts nothing. */
async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
  const sizes = await Promise.all(
    entries.filter((entry) => entry.isFile()).map(({ name }) => lstat(join(folder, name)).catch(() => null)),
  );
  let bytes = sizes.reduce((sum, found) => sum + (found?.size ?? 0), 0);
  // One folder after another: there may be hundreds.
  for (const { name } of entries.filter((entry) => entry.isDirectory())) bytes += await folderBytes(join(folder, name));
  return bytes;
}
