/** The configuration of a CLIP, of any size: measured on its tensors, and completed from what lies beside them. */
import { basename, dirname } from "node:path";
import { AnomalyClipError } from "../errors.ts";
import { measureClip, type TowerDimensions } from "./clip-dimensions.ts";
import type { NamedClip } from "./clip-names.ts";
import {
  type Activation,
  type DeclaredConfig,
  type DeclaredTower,
  readDeclaredConfig,
  readOwnConfig,
} from "./declared-config.ts";
import type { StemConvolution } from "./stem.ts";

/** A transformer's sizes. */
export interface TowerConfig {
  /** Length of a token's vector. */
  width: number;
  /** Number of blocks. */
  layers: number;
  /** Attention heads in a block; each is `width / heads` wide. */
  heads: number;
  /** Width of the hidden layer of a block's MLP. */
  mlpWidth: number;
}

/** The vision tower's sizes. */
export interface VisionConfig extends TowerConfig {
  /**
   * The convolutions before the patch embedding (Xiao et al., "Early Convolutions Help Transformers See Better", 2021). After
   * them a patch is `patchSize` / (product of their strides) wide. Absent where patches are cut from the pixels, as in all
   * published CLIPs.
   */
  stem?: readonly StemConvolution[];
}

/** A CLIP's sizes and the two choices that its tensors do not show. */
export interface ClipConfig {
  /** Length of the vectors that images and texts share. */
  embedDim: number;
  /** Side of the pictures that it was trained on, pixels. */
  imageSize: number;
  /** Side of a patch, pixels. */
  patchSize: number;
  vision: VisionConfig;
  /** All zero for a vision tower alone. */
  text: TowerConfig & { contextLength: number; vocabSize: number };
  activation: Activation;
  /** Added to the variance in layer norms. */
  layerNormEps: number;
}

/** What is known about a CLIP besides its tensors. */
export interface ClipHints {
  /** A parsed `config.json` (Hugging Face) or `open_clip_config.json`. */
  configJson?: unknown;
  /** The header's strings; a `clip_config` entry holds a `ClipConfig` as JSON. */
  metadata?: Readonly<Record<string, string>>;
  /** Overrides the activation that is found or guessed. */
  activation?: Activation;
}

/** Widths of open_clip's largest vision towers (ViT-H, g, bigG), whose heads are not 64 wide, to their heads' width. */
const VISION_HEAD_WIDTHS: Readonly<Record<number, number>> = { 1280: 80, 1408: 88, 1664: 104 };

/**
 * The configuration of a CLIP, from the header of our own files, else `configJson`, else the tensors: heads are then 64
 * wide, but for open_clip's ViT-H, g and bigG, and epsilon is 1e-5.
 *
 * Nothing in the tensors tells the activation. Without a configuration it is `quick_gelu`, as in all that OpenAI
 * published, unless the names of the file and its folder point to open_clip and do not say quickgelu.
 * @throws {AnomalyClipError} `E_WEIGHTS` where a tensor is missing, mis-shaped, or contradicts the configuration.
 */
export function inferClipConfig(clip: NamedClip, hints: ClipHints = {}): ClipConfig {
  const declared = readHints(clip, hints);
  const { stem } = declared.vision;
  const measured = measureClip(clip, stem);
  const imageSize = measured.grid * measured.patchSize;
  agree(clip, "embedding width", declared.embedDim, measured.embedDim);
  agree(clip, "image size", declared.imageSize, imageSize);
  agree(clip, "patch size", declared.patchSize, measured.patchSize);
  const headWidth = VISION_HEAD_WIDTHS[measured.vision.width] ?? 64;
  return {
    embedDim: measured.embedDim,
    imageSize,
    patchSize: measured.patchSize,
    vision: {
      ...configureTower(clip, "vision", measured.vision, declared.vision, headWidth),
      ...(stem && { stem }),
    },
    text: configureText(clip, measured.text, declared.text),
    activation: hints.activation ?? declared.activation ?? guessActivation(clip),
    layerNormEps: declared.layerNormEps ?? 1e-5,
  };
}

function readHints(clip: NamedClip, { configJson, metadata }: ClipHints): DeclaredConfig {
  if (metadata?.clip_config !== undefined) return readOwnConfig(metadata.clip_config, clip.path);
  if (configJson !== undefined) return readDeclaredConfig(configJson, clip.path);
  return { vision: {}, text: {} };
}

function configureText(
  clip: NamedClip,
  measured: (TowerDimensions & { contextLength: number; tokens: number }) | undefined,
  declared: DeclaredTower,
): ClipConfig["text"] {
  if (!measured) return { width: 0, layers: 0, heads: 0, mlpWidth: 0, contextLength: 0, vocabSize: 0 };
  const { contextLength, tokens } = measured;
  agree(clip, "context length", declared.contextLength, contextLength);
  // Where only some rows of the embedding are kept, their number is not the vocabulary's.
  const isReduced = clip.tensors.has("token_ids");
  if (!isReduced) agree(clip, "vocabulary", declared.vocabSize, tokens);
  const vocabSize = declared.vocabSize ?? tokens;
  return { ...configureTower(clip, "text", measured, declared, 64), contextLength, vocabSize };
}

function configureTower(
  clip: NamedClip,
  tower: string,
  { width, layers, mlpWidth }: TowerDimensions,
  declared: DeclaredTower,
  headWidth: number,
): TowerConfig {
  agree(clip, `${tower} width`, declared.width, width);
  agree(clip, `number of ${tower} blocks`, declared.layers, layers);
  agree(clip, `${tower} MLP width`, declared.mlpWidth, mlpWidth);
  const heads = declared.heads ?? width / headWidth;
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
    const what = `${heads} attention heads do not divide the ${tower} width ${width}`;
    throw new AnomalyClipError("E_WEIGHTS", `${clip.path}: ${what}; give the config.json that belongs to the model`);
  }
  return { width, layers, heads, mlpWidth };
}

function agree(clip: NamedClip, what: string, declared: number | undefined, measured: number): void {
  if (declared === undefined || declared === measured) return;
  const found = `its configuration says ${what} ${declared}, its tensors ${measured}`;
  throw new AnomalyClipError("E_WEIGHTS", `${clip.path}: ${found}: they belong to different models`);
}

function guessActivation({ path, isOpenAiArchive }: NamedClip): Activation {
  if (isOpenAiArchive) return "quick_gelu";
  const name = `${basename(dirname(path))}/${basename(path)}`.toLowerCase();
  const isOpenClip = /open_?clip|laion|datacomp|commonpool/.test(name) && !/quick_?gelu/.test(name);
  return isOpenClip ? "gelu" : "quick_gelu";
}
