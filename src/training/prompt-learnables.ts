/** What is learned: the parameters of a prompt file in the optimizer's graph, and back. */

import type { Tensor } from "../graph/tensor.ts";
import type { PromptCheckpoint, PromptSet } from "../weights/prompt-checkpoint.ts";
import type { Learnable } from "./optimizer.ts";
import type { BranchPrompts } from "./prompt-loss.ts";

/** Which prompts are one and the same. */
export interface PromptSharing {
  /** Whether the normal and the abnormal prompt have one context. Default: false. */
  sharedContext?: boolean;
}

const PIXEL = "pixel.";

/**
 * What is learned, by the names of the prompt file: contexts [E, W] and deep prompts [L, W]; a second time with `pixel.`
 * before the name where the branches are decoupled.
 */
export function promptLearnables(prompts: PromptCheckpoint, sharing: PromptSharing = {}): Map<string, Learnable> {
  const { contextLength, deepLength, width, pixel } = prompts;
  const ofSet = (set: PromptSet, prefix: string): [string, Learnable][] => {
    const context = (name: string, values: Float32Array): [string, Learnable] => [
      `${prefix}context.${name}`,
      { shape: [contextLength, width], values },
    ];
    return [
      context("normal", set.contextNormal),
      ...(sharing.sharedContext ? [] : [context("abnormal", set.contextAbnormal)]),
      ...set.deepPrompts.map((values, i): [string, Learnable] => [
        `${prefix}deep.${i}`,
        { shape: [deepLength, width], values },
      ]),
    ];
  };
  return new Map([...ofSet(prompts, ""), ...(pixel ? ofSet(pixel, PIXEL) : [])]);
}

/** The prompts in the optimizer's graph, under the names of {@link promptLearnables}. */
export function promptParameters(
  parameter: (name: string) => Tensor,
  prompts: PromptCheckpoint,
  sharing: PromptSharing = {},
): BranchPrompts {
  const image = gather(parameter, prompts, sharing, "");
  return { image, pixel: prompts.pixel ? gather(parameter, prompts.pixel, sharing, PIXEL) : image };
}

/** The prompts with the values that have been learned; without the text features of earlier values. */
export function withLearned(
  prompts: PromptCheckpoint,
  value: (name: string) => Float32Array,
  sharing: PromptSharing = {},
): PromptCheckpoint {
  const copy = (name: string) => value(name).slice();
  const { contextLength, deepLength, width, metadata } = prompts;
  return {
    ...gather(copy, prompts, sharing, ""),
    contextLength,
    deepLength,
    width,
    metadata,
    ...(prompts.pixel && { pixel: gather(copy, prompts.pixel, sharing, PIXEL) }),
  };
}

// --- internal ---

function gather<T>(
  get: (name: string) => T,
  set: PromptSet,
  { sharedContext }: PromptSharing,
  prefix: string,
): { contextNormal: T; contextAbnormal: T; deepPrompts: T[] } {
  const contextNormal = get(`${prefix}context.normal`);
  return {
    contextNormal,
    contextAbnormal: sharedContext ? contextNormal : get(`${prefix}context.abnormal`),
    deepPrompts: set.deepPrompts.map((_, i) => get(`${prefix}deep.${i}`)),
  };
}
