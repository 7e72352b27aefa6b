/** The text side of a batch: constant words for prompts that look at one thing, words fed by class for object-aware ones. */

import type { PromptTemplates } from "../anomalyclip/prompt-templates.ts";
import {
  constantSequences,
  type PromptSequences,
  type PromptWords,
  promptEnds,
  promptWords,
} from "../anomalyclip/prompts.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";
import type { FurtherFeeds } from "./batches.ts";

export interface PromptSide {
  sequences: PromptSequences;
  /** See `TextSide`; absent for one object. */
  assignment?: Tensor;
  /** What the inputs above are fed for pictures of these classes. */
  further: FurtherFeeds;
}

/**
 * @param classNames all classes there are, each once; a batch encodes the prompts of those that it shows
 * @throws AnomalyClipError E_PROMPTS when a prompt does not fit the text encoder
 */
export async function promptSide(
  clip: ClipWeights,
  templates: PromptTemplates,
  classNames: readonly string[],
  contextLength: number,
  batchSize: number,
): Promise<PromptSide> {
  const objects = templates.object === null ? classNames.map(objectName) : [templates.object];
  const words = await promptWords(clip, templates, objects, contextLength);
  if (objects.length === 1) {
    return { sequences: constantSequences(words, contextLength), further: () => ({}) };
  }
  const slots = Math.min(objects.length, batchSize);
  const { prompts, longest, start } = words;
  const width = start.length;
  const { start: startTensor } = constantSequences(words, contextLength);
  return {
    sequences: {
      objects: slots,
      prompts,
      normal: words.normal,
      start: startTensor,
      words: input("words", [slots * prompts, longest, width]),
      ends: input("ends", [slots * prompts], "int64"),
    },
    assignment: input("assignment", [batchSize, slots]),
    further: (shown) => feeds(words, slots, contextLength, batchSize, classIndices(shown, classNames)),
  };
}

/** A class as a prompt says it: `metal_nut` is a metal nut. */
export function objectName(className: string): string {
  return className.replaceAll("_", " ");
}

// --- internal ---

function classIndices(shown: readonly string[], classNames: readonly string[]): number[] {
  return shown.map((name) => classNames.indexOf(name));
}

/** @param shown the class of each picture, as an index into the objects of `words` */
function feeds(words: PromptWords, slots: number, contextLength: number, batchSize: number, shown: readonly number[]) {
  const { prompts, longest, lengths } = words;
  const block = prompts * longest * words.start.length;
  const inBatch = [...new Set(shown)];
  // A batch that shows fewer classes encodes the first again; nobody is assigned to it.
  const slotOf = Array.from({ length: slots }, (_, i) => inBatch[i] ?? inBatch[0]!);
  const chosen: PromptWords = {
    ...words,
    objects: slots,
    words: new Float32Array(slots * block),
    lengths: slotOf.flatMap((object) => lengths.slice(object * prompts, (object + 1) * prompts)),
  };
  slotOf.forEach((object, slot) => {
    chosen.words.set(words.words.subarray(object * block, (object + 1) * block), slot * block);
  });
  const assignment = new Float32Array(batchSize * slots);
  shown.forEach((object, i) => {
    assignment[i * slots + slotOf.indexOf(object)] = 1;
  });
  return { words: chosen.words, ends: BigInt64Array.from(promptEnds(chosen, contextLength), BigInt), assignment };
}
