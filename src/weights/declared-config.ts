/** What the configuration files of Hugging Face and open_clip, and the header of our own files, say about a CLIP. */
import { AnomalyClipError, messageOf } from "../errors.ts";
import { LONGEST_STEM } from "./clip-names.ts";
import { type StemConvolution, stemStride } from "./stem.ts";

/** The two forms of GELU in CLIPs: x * sigmoid(1.702 x), and the exact one. */
export type Activation = "quick_gelu" | "gelu";

/** A transformer as a configuration describes it; what it leaves out is absent. */
export interface DeclaredTower {
  width?: number;
  layers?: number;
  heads?: number;
  mlpWidth?: number;
  contextLength?: number;
  vocabSize?: number;
}

/** A CLIP as a configuration describes it; what it leaves out is absent. */
export interface DeclaredConfig {
  embedDim?: number;
  imageSize?: number;
  patchSize?: number;
  vision: DeclaredTower & { stem?: readonly StemConvolution[] };
  text: DeclaredTower;
  activation?: Activation;
  layerNormEps?: number;
}

type Json = Record<string, unknown>;

/**
 * Reads a Hugging Face `config.json` (a whole CLIP or its vision tower) or an `open_clip_config.json`.
 * @throws {AnomalyClipError} `E_WEIGHTS`, naming `path`, where a value cannot belong to a CLIP.
 */
export function readDeclaredConfig(json: unknown, path: string): DeclaredConfig {
  const config = asRecord(json);
  return config.model_cfg === undefined
    ? readHuggingFace(config, path)
    : readOpenClip(asRecord(config.model_cfg), path);
}

/** Reads the JSON of a `ClipConfig`, as our own safetensors files carry it in the metadata entry `clip_config`. */
export function readOwnConfig(text: string, path: string): DeclaredConfig {
  try {
    const {
      embedDim,
      imageSize,
      patchSize,
      vision,
      text: textTower,
      activation,
      layerNormEps,
    } = asRecord(JSON.parse(text));
    const side = asSize(patchSize, "patchSize", path);
    return {
      embedDim: asSize(embedDim, "embedDim", path),
      imageSize: asSize(imageSize, "imageSize", path),
      patchSize: side,
      vision: { ...readTower(asRecord(vision), OWN_KEYS, path), stem: asStem(asRecord(vision).stem, side, path) },
      text: readTower(asRecord(textTower), OWN_KEYS, path),
      activation: asActivation(activation, path),
      layerNormEps: asEpsilon(layerNormEps, path),
    };
  } catch (error) {
    if (error instanceof AnomalyClipError) throw error;
    throw new AnomalyClipError("E_WEIGHTS", `${path}: clip_config in its header is no JSON: ${messageOf(error)}`);
  }
}

type TowerKeys = Record<keyof DeclaredTower, string>;

const OWN_KEYS: TowerKeys = {
  width: "width",
  layers: "layers",
  heads: "heads",
  mlpWidth: "mlpWidth",
  contextLength: "contextLength",
  vocabSize: "vocabSize",
};

const HUGGING_FACE_KEYS: TowerKeys = {
  width: "hidden_size",
  layers: "num_hidden_layers",
  heads: "num_attention_heads",
  mlpWidth: "intermediate_size",
  contextLength: "max_position_embeddings",
  vocabSize: "vocab_size",
};

const OPEN_CLIP_KEYS: TowerKeys = {
  width: "width",
  layers: "layers",
  heads: "heads",
  // open_clip gives a ratio, and the tensors the width.
  mlpWidth: "",
  contextLength: "context_length",
  vocabSize: "vocab_size",
};

function readHuggingFace(config: Json, path: string): DeclaredConfig {
  // A vision tower saved alone has its settings at the top.
  const vision = asRecord(config.vision_config ?? config);
  const text = asRecord(config.text_config);
  const activation = asActivation(vision.hidden_act ?? "quick_gelu", path);
  const layerNormEps = asEpsilon(vision.layer_norm_eps ?? 1e-5, path);
  if (config.text_config !== undefined) {
    const same = (text.hidden_act ?? "quick_gelu") === activation && (text.layer_norm_eps ?? 1e-5) === layerNormEps;
    if (!same) throw unfit(path, "hidden_act or layer_norm_eps differ between its towers, which is not supported");
  }
  return {
    embedDim: asSize(config.projection_dim, "projection_dim", path),
    imageSize: asSize(vision.image_size, "image_size", path),
    patchSize: asSize(vision.patch_size, "patch_size", path),
    vision: readTower(vision, HUGGING_FACE_KEYS, path),
    text: readTower(text, HUGGING_FACE_KEYS, path),
    activation,
    layerNormEps,
  };
}

function readOpenClip(config: Json, path: string): DeclaredConfig {
  const vision = asRecord(config.vision_cfg);
  const text = asRecord(config.text_cfg);
  const visionTower = readTower(vision, OPEN_CLIP_KEYS, path);
  const headWidth = asSize(vision.head_width ?? 64, "head_width", path)!;
  return {
    embedDim: asSize(config.embed_dim, "embed_dim", path),
    imageSize: asSize(square(vision.image_size), "image_size", path),
    patchSize: asSize(square(vision.patch_size), "patch_size", path),
    vision: { ...visionTower, heads: visionTower.width && visionTower.width / headWidth },
    text: readTower(text, OPEN_CLIP_KEYS, path),
    activation: config.quick_gelu === true ? "quick_gelu" : "gelu",
    layerNormEps: asEpsilon(asRecord(vision.norm_kwargs).eps ?? 1e-5, path),
  };
}

function readTower(tower: Json, keys: TowerKeys, path: string): DeclaredTower {
  const declared: DeclaredTower = {};
  for (const [ours, theirs] of Object.entries(keys) as [keyof DeclaredTower, string][]) {
    declared[ours] = asSize(tower[theirs], theirs, path);
  }
  return declared;
}

/** open_clip writes a side as a number or as [height, width]. */
function square(side: unknown): unknown {
  return Array.isArray(side) && side.length === 2 && side[0] === side[1] ? side[0] : side;
}

function asRecord(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function asSize(value: unknown, key: string, path: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw unfit(path, `${key} is ${JSON.stringify(value).slice(0, 40)}; expected a whole number`);
}

/** The most channels that a convolution of a stem may have. */
const MOST_CHANNELS = 4096;

function asStem(value: unknown, patchSize: number | undefined, path: string): StemConvolution[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length < 1 || value.length > LONGEST_STEM) {
    const found = Array.isArray(value) ? `a list of ${value.length}` : JSON.stringify(value).slice(0, 40);
    throw unfit(path, `stem is ${found}; expected a list of 1 to ${LONGEST_STEM} convolutions`);
  }
  const stem: StemConvolution[] = [];
  for (const [i, entry] of value.entries()) {
    const { channels, stride } = asConvolution(entry, `stem[${i}]`, path);
    const before = stem.at(-1)?.channels;
    if (stride === 1 && channels !== before) {
      const rule = before === undefined ? "the first convolution must have stride 2" : `expected ${before}`;
      throw unfit(path, `stem[${i}] has stride 1 and ${channels} channels; ${rule}`);
    }
    stem.push({ channels, stride });
  }
  const product = stemStride(stem);
  if (patchSize !== undefined && patchSize % product !== 0) {
    throw unfit(path, `patchSize is ${patchSize}; the strides of its stem need a multiple of ${product}`);
  }
  return stem;
}

function asConvolution(value: unknown, key: string, path: string): StemConvolution {
  const { channels, stride } = asRecord(value);
  const fits = Number.isInteger(channels) && (channels as number) >= 1 && (channels as number) <= MOST_CHANNELS;
  if (fits && (stride === 1 || stride === 2)) return { channels: channels as number, stride };
  const expected = `expected channels of 1 to ${MOST_CHANNELS} and stride 1 or 2`;
  throw unfit(path, `${key} is ${JSON.stringify(value).slice(0, 40)}; ${expected}`);
}

function asEpsilon(value: unknown, path: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && value > 0 && value < 1) return value;
  throw unfit(path, `the epsilon of its layer norms is ${JSON.stringify(value).slice(0, 40)}`);
}

function asActivation(value: unknown, path: string): Activation | undefined {
  if (value === undefined || value === "quick_gelu" || value === "gelu") return value;
  throw unfit(path, `its activation is ${JSON.stringify(value).slice(0, 40)}; only quick_gelu and gelu are supported`);
}

function unfit(path: string, what: string): AnomalyClipError {
  return new AnomalyClipError("E_WEIGHTS", `${path}: its configuration does not fit a CLIP ViT: ${what}`);
}
