/** Where learning starts: prompts drawn at random, or those of a file. */

import { checkFit } from "../anomalyclip/text-features.ts";
import { AnomalyClipError } from "../errors.ts";
import { mixSeed, Random } from "../random.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";
import type { PromptCheckpoint, PromptSet } from "../weights/prompt-checkpoint.ts";
import { gaussian } from "./gaussian.ts";

/** Starting values are drawn from N(0, 0.02²), as released. */
const INITIAL_DEVIATION = 0.02;

export interface InitialPromptOptions {
  /** E. Default: 12. */
  contextLength?: number;
  /** M: blocks that see tokens of their own, the first with its context included; 1 for no deep tokens. Default: 9. */
  deepDepth?: number;
  /** L. Default: 4. */
  deepLength?: number;
  /** Whether normal and abnormal prompt share their context. Default: false. */
  sharedContext?: boolean;
  /** Whether the pixel branch has prompts of its own. Default: false. */
  decoupled?: boolean;
  seed: number;
}

/**
 * Prompts drawn at random; no deeper than the text encoder has blocks.
 *
 * @throws AnomalyClipError E_CONFIG when the model has no text encoder or more deep tokens are asked for than there are
 *   context tokens, which they overwrite
 */
export function drawPrompts(
  { config: { text }, hasText, path }: ClipWeights,
  options: InitialPromptOptions,
): PromptCheckpoint {
  const { contextLength = 12, deepDepth = 9, deepLength = 4, sharedContext = false, decoupled = false, seed } = options;
  if (!hasText) {
    throw new AnomalyClipError("E_CONFIG", `${path}: has no text encoder, which learning prompts needs`);
  }
  const deepCount = deepLength === 0 ? 0 : Math.max(0, Math.min(deepDepth, text.layers) - 1);
  if (deepCount > 0 && deepLength > contextLength) {
    throw new AnomalyClipError(
      "E_CONFIG",
      `${deepLength} deep tokens overwrite the first context tokens, of which there are ${contextLength}: use at most as many`,
    );
  }
  const normal = gaussian(uniform(seed));
  const draw = (rows: number) => Float32Array.from({ length: rows * text.width }, () => INITIAL_DEVIATION * normal());
  const set = (): PromptSet => {
    const contextNormal = draw(contextLength);
    return {
      contextNormal,
      contextAbnormal: sharedContext ? contextNormal : draw(contextLength),
      deepPrompts: Array.from({ length: deepCount }, () => draw(deepLength)),
    };
  };
  return {
    ...set(),
    ...(decoupled && { pixel: set() }),
    contextLength,
    width: text.width,
    deepLength: deepCount === 0 ? 0 : deepLength,
    metadata: {},
  };
}

/**
 * The prompts of a file as a start. A pixel branch that it lacks starts where the image branch does.
 *
 * @throws AnomalyClipError E_PROMPTS when they belong to another backbone; E_CONFIG when they contradict the options
 */
export function continuePrompts(
  clip: ClipWeights,
  file: PromptCheckpoint,
  {
    contextLength,
    deepDepth,
    deepLength,
    sharedContext = false,
    decoupled = false,
  }: Omit<InitialPromptOptions, "seed">,
): PromptCheckpoint {
  checkFit(clip, file);
  const depth = file.deepPrompts.length + 1;
  for (const [what, asked, found] of [
    ["context tokens", contextLength, file.contextLength],
    ["blocks with tokens of their own", deepDepth, depth],
    ["deep tokens", deepLength, file.deepLength],
  ] as const) {
    if (asked !== undefined && asked !== found) {
      throw new AnomalyClipError("E_CONFIG", `the prompts to start from have ${found} ${what}, not ${asked}`);
    }
  }
  const sets = [file, ...(file.pixel ? [file.pixel] : [])];
  if (sharedContext && sets.some((set) => set.contextNormal.some((value, i) => value !== set.contextAbnormal[i]))) {
    throw new AnomalyClipError("E_CONFIG", "the prompts to start from have two contexts, and are to share one");
  }
  if (file.pixel && !decoupled) {
    throw new AnomalyClipError("E_CONFIG", "the prompts to start from are decoupled: go on with decoupled prompts");
  }
  const { contextNormal, contextAbnormal, deepPrompts } = file;
  return {
    contextNormal,
    contextAbnormal,
    deepPrompts,
    ...(decoupled && { pixel: file.pixel ?? { contextNormal, contextAbnormal, deepPrompts } }),
    contextLength: file.contextLength,
    width: file.width,
    deepLength: file.deepLength,
    metadata: {},
  };
}

// --- internal ---

function uniform(seed: number): () => number {
  const random = new Random(mixSeed("prompts", seed));
  return () => random.next();
}
