/** The embedded model as a file: canonical names, half precision, its configuration and the kept tokens in it. */

import { tokenRows } from "../../src/clip/token-embeddings.ts";
import { toHalf } from "../../src/half.ts";
import type { Learnable } from "../../src/training/optimizer.ts";
import { openClip } from "../../src/weights/clip-weights.ts";
import { writeSafetensors } from "../../src/weights/write-safetensors.ts";
import { CONFIG, TOKEN_DEVIATION } from "./config.ts";

/** Writes the parameters; `training` says how they came about. */
export async function saveClip(
  path: string,
  parameters: ReadonlyMap<string, Learnable>,
  tokenIds: readonly number[],
  training: Record<string, string>,
): Promise<void> {
  await writeSafetensors(
    path,
    [
      { name: "token_ids", dtype: "I32", shape: [tokenIds.length], data: Int32Array.from(tokenIds) },
      ...[...parameters].map(([name, { shape, values }]) => ({
        name,
        dtype: "F16" as const,
        shape,
        data: toHalf(values),
      })),
    ],
    { clip_config: JSON.stringify(CONFIG), ...training },
  );
}

/**
 * The parameters of a saved model, to go on from.
 *
 * @param tokenIds the kept tokens from now on: rows of those that the model knows are taken over, others begin anew
 * @param normal draws from a standard normal distribution
 */
export async function readParameters(
  path: string,
  tokenIds: readonly number[],
  normal: () => number,
): Promise<Map<string, Learnable>> {
  const clip = await openClip(path);
  const names = [...clip.tensors.keys()].filter((name) => name !== "token_ids");
  const parameters = new Map(
    await Promise.all(
      names.map(
        async (name) => [name, { shape: clip.tensors.get(name)!.shape, values: await clip.read(name) }] as const,
      ),
    ),
  );
  const rowOf = await tokenRows(clip);
  const before = parameters.get("text.token")!;
  const width = before.shape[1]!;
  const values = Float32Array.from({ length: tokenIds.length * width }, () => TOKEN_DEVIATION * normal());
  for (const [row, id] of tokenIds.entries()) {
    const from = rowOf(id);
    if (from !== undefined) values.set(before.values.subarray(from * width, (from + 1) * width), row * width);
  }
  return new Map([...parameters, ["text.token", { shape: [tokenIds.length, width], values }]]);
}
