/**
 * The vision tower with 8-bit weights, which are made when a model is first used so and kept in a file of the cache:
 * `<cacheDir>/<key>.safetensors`, where `key` stands for the model's files and the processor. The processor, because
 * errors are measured with its own instructions, which are not equally exact everywhere.
 */

import { createHash } from "node:crypto";
import { mkdir, rm, stat } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { type LinearLayers, storedLayers } from "../clip/block.ts";
import { frozenParameters, type Parameters } from "../clip/parameters.ts";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { blockQuantizedLinear, quantizedLinear } from "../graph/quantized.ts";
import { type Tensor, weight } from "../graph/tensor.ts";
import type { Checkpoint, StoredTensor } from "../weights/checkpoint.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";
import { withFileLock } from "../weights/file-lock.ts";
import { defaultCacheDir } from "../weights/registry.ts";
import { openSafetensors } from "../weights/safetensors.ts";
import { writeSafetensors } from "../weights/write-safetensors.ts";
import { type QuantizeProgress, quantizeTower, type SiteReport } from "./quantize-tower.ts";
import { allSites, SITE_METHODS, type SiteMethod } from "./sites.ts";

/** Goes up when a file would hold other numbers than before. */
const FORMAT = "1";

export interface QuantizedTower {
  /** With norms that carry smoothing; everything else as the model stores it. */
  parameters: Parameters;
  linear: LinearLayers;
  /** How each site is computed, and with what error, by the site's name. */
  sites: Readonly<Record<string, SiteReport>>;
  /** Where the 8-bit weights are kept. */
  path: string;
}

export interface QuantizedTowerOptions {
  /** Default: `quantized` in `defaultCacheDir()`. */
  cacheDir?: string;
  /** Called while 8-bit weights are made, block by block. */
  onProgress?: (progress: QuantizeProgress) => void;
  /** Called with a line worth knowing: kept weights that cannot be used. */
  onNote?: (text: string) => void;
}

/**
 * Opens the 8-bit weights of a model, making them first where there are none: about a second for each block of a large
 * model.
 *
 * @throws AnomalyClipError E_WEIGHTS where they cannot be written, E_RUNTIME where the runtime has no 8-bit products
 */
export async function openQuantizedTower(
  clip: ClipWeights,
  { cacheDir = join(defaultCacheDir(), "quantized"), onProgress, onNote }: QuantizedTowerOptions = {},
): Promise<QuantizedTower> {
  const path = join(cacheDir, `${await keyOf(clip)}.safetensors`);
  const parameters = await frozenParameters(clip);
  const found = await openKept(path, clip, onNote);
  if (found !== null) return towerOf(clip, parameters, found);
  try {
    await mkdir(cacheDir, { recursive: true });
    // Another process may be making them at this moment.
    await withFileLock(`${path}.lock`, async () => {
      if ((await openKept(path, clip)) !== null) return;
      const { tensors, sites } = await quantizeTower(clip, onProgress);
      await writeSafetensors(path, tensors, { format: FORMAT, sites: JSON.stringify(sites) });
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new AnomalyClipError("E_WEIGHTS", `${cacheDir}: cannot hold 8-bit weights: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const made = await openKept(path, clip);
  if (made === null) throw new AnomalyClipError("E_WEIGHTS", `${path}: the 8-bit weights cannot be read back`);
  return towerOf(clip, parameters, made);
}

// --- internal ---

interface Kept {
  checkpoint: Checkpoint;
  sites: Record<string, SiteReport>;
}

async function keyOf(clip: ClipWeights): Promise<string> {
  const processor = cpus()[0]?.model ?? process.arch;
  const identity = { weights: await clip.sha256(), activation: clip.config.activation, processor };
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 32);
}

/** The kept weights, or null where there are none or they are of no use; those are removed. */
async function openKept(path: string, clip: ClipWeights, onNote?: (text: string) => void): Promise<Kept | null> {
  if ((await stat(path).catch(() => null)) === null) return null;
  let reason: string;
  try {
    const checkpoint = await openSafetensors(path);
    if (checkpoint.metadata.format === FORMAT) {
      const sites = parseSites(checkpoint.metadata.sites, clip);
      if (sites !== null) return { checkpoint, sites };
      reason = "they are incomplete";
    } else {
      reason = "another version of the program made them";
    }
  } catch (error) {
    reason = messageOf(error);
  }
  onNote?.(`${path}: these 8-bit weights cannot be used (${reason}); making them anew`);
  await rm(path, { force: true });
  return null;
}

function parseSites(text: string | undefined, clip: ClipWeights): Record<string, SiteReport> | null {
  const sites = Object(JSON.parse(text ?? "null")) as Record<string, Partial<SiteReport>>;
  const known = allSites(clip.config).every(({ name }) => {
    const method = Object.hasOwn(sites, name) ? sites[name]?.method : undefined;
    return SITE_METHODS.includes(method as SiteMethod);
  });
  return known ? (sites as Record<string, SiteReport>) : null;
}

function towerOf(clip: ClipWeights, stored: Parameters, { checkpoint, sites }: Kept): QuantizedTower {
  const asWeight = ({ file, offset, dtype, shape }: StoredTensor) =>
    weight(file, offset, dtype as "F32" | "I8" | "U8", shape);
  const quantized = (name: string): Tensor => {
    const tensor = checkpoint.tensors.get(name);
    if (tensor === undefined) throw new AnomalyClipError("E_WEIGHTS", `${checkpoint.path}: ${name} is missing`);
    return asWeight(tensor);
  };
  const methods = new Map(
    allSites(clip.config).flatMap(({ name, layers }) => layers.map((layer) => [layer, sites[name]!.method] as const)),
  );
  const float = storedLayers(stored);
  return {
    parameters(name) {
      const smoothed = checkpoint.tensors.get(name);
      return smoothed === undefined ? stored(name) : asWeight(smoothed);
    },
    linear(name, x) {
      const bias = stored(`${name}.bias`);
      switch (methods.get(name)) {
        case "int8":
        case "int8-smoothed":
          return quantizedLinear(x, quantized(`${name}.int8`), quantized(`${name}.scale`), bias);
        case "int8-blocks":
          return blockQuantizedLinear(x, quantized(`${name}.blocks`), quantized(`${name}.scale`), bias);
        default:
          return float(name, x);
      }
    },
    sites,
    path: checkpoint.path,
  };
}
