/** Opens whatever holds a model's tensors: a safetensors file, a torch archive, or a folder as hubs lay it out. */
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AnomalyClipError } from "../errors.ts";
import type { Checkpoint, StoredTensor } from "./checkpoint.ts";
import { quoteName } from "./quote-name.ts";
import { readInto, readJsonFile, withFile } from "./random-access.ts";
import { openSafetensors } from "./safetensors.ts";
import { openTorchArchive } from "./torch-archive.ts";

/** A checkpoint and the configuration file that lies beside it. */
export interface OpenedCheckpoint {
  checkpoint: Checkpoint;
  /** The parsed `config.json` (Hugging Face) or `open_clip_config.json`; absent where there is none. */
  configJson?: unknown;
}

/** Weight files of a model folder and the configuration that belongs to each, best first. */
const FOLDER_FILES: readonly { weights: string; config: string }[] = [
  { weights: "model.safetensors", config: "config.json" },
  { weights: "model.safetensors.index.json", config: "config.json" },
  { weights: "open_clip_model.safetensors", config: "open_clip_config.json" },
  { weights: "open_clip_pytorch_model.bin", config: "open_clip_config.json" },
  { weights: "pytorch_model.bin", config: "config.json" },
];

const MAX_CONFIG_BYTES = 2 ** 20;
const MAX_INDEX_BYTES = 64 * 2 ** 20;

/**
 * Opens a checkpoint file, told by its first bytes, or a model folder of Hugging Face or open_clip (sharded or not).
 * A weight file that has its folder's usual name brings its configuration along too.
 * @throws {AnomalyClipError} `E_WEIGHTS`
 */
export async function openCheckpoint(path: string): Promise<OpenedCheckpoint> {
  if (await isFolder(path)) return openFolder(path);
  const name = basename(path);
  const known = FOLDER_FILES.find(({ weights }) => weights === name);
  const config = known && join(dirname(path), known.config);
  const configJson = config && (await exists(config)) ? await readJsonFile(config, MAX_CONFIG_BYTES) : undefined;
  const checkpoint = name.endsWith(".safetensors.index.json") ? await openShards(path) : await openFile(path);
  return { checkpoint, configJson };
}

async function openFolder(folder: string): Promise<OpenedCheckpoint> {
  for (const { weights, config } of FOLDER_FILES) {
    const isThere = (await exists(join(folder, weights))) && (await exists(join(folder, config)));
    if (isThere) return openCheckpoint(join(folder, weights));
  }
  throw new AnomalyClipError(
    "E_WEIGHTS",
    `${folder}: holds no model: expected config.json with model.safetensors, or open_clip_config.json with its weights`,
  );
}

async function openFile(path: string): Promise<Checkpoint> {
  const start = await withFile(path, async (file, size) => {
    const bytes = new Uint8Array(Math.min(size, 10));
    await readInto(file, path, 0, bytes);
    return bytes;
  });
  const isZip = start[0] === 0x50 && start[1] === 0x4b;
  const isPickle = start[0] === 0x80 && start[1] === 2;
  // A safetensors header is JSON, and follows 8 bytes of length.
  if (start[8] === 0x7b || path.endsWith(".safetensors")) return openSafetensors(path);
  if (isZip || isPickle) return openTorchArchive(path);
  throw new AnomalyClipError("E_WEIGHTS", `${path}: is neither a safetensors file nor a torch archive`);
}

/** Opens the files that `model.safetensors.index.json` spreads a model over. */
async function openShards(path: string): Promise<Checkpoint> {
  const index = await readJsonFile(path, MAX_INDEX_BYTES);
  const weightMap = typeof index === "object" && index !== null && "weight_map" in index ? index.weight_map : undefined;
  if (typeof weightMap !== "object" || weightMap === null) {
    throw new AnomalyClipError("E_WEIGHTS", `${path}: has no weight_map`);
  }
  const shards = new Map<string, Checkpoint>();
  const tensors = new Map<string, StoredTensor>();
  for (const [name, file] of Object.entries(weightMap)) {
    if (typeof file !== "string" || !/^[\w.-]+\.safetensors$/.test(file)) {
      throw new AnomalyClipError("E_WEIGHTS", `${path}: ${quoteName(String(file))} is no file name of a shard`);
    }
    const shard = shards.get(file) ?? (await openSafetensors(join(dirname(path), file)));
    shards.set(file, shard);
    const tensor = shard.tensors.get(name);
    if (!tensor)
      throw new AnomalyClipError("E_WEIGHTS", `${shard.path}: lacks ${quoteName(name)}, which ${path} names`);
    tensors.set(name, tensor);
  }
  return { path, tensors, metadata: {} };
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
