/** Where a tower finds its parameters: tensors by their canonical name. */

import { AnomalyClipError } from "../errors.ts";
import { constant, type Tensor, weight } from "../graph/tensor.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";

/** Looks a parameter up by its canonical name, such as `vision.blocks.0.query.weight`. */
export type Parameters = (name: string) => Tensor;

/** Only these are stored the other way round by some checkpoints; they are small, so they are read and turned. */
const TURNED = ["vision.projection", "text.projection"];

/**
 * The parameters of a frozen model. Those that lie in the file as the graph wants them stay there.
 *
 * @throws AnomalyClipError E_WEIGHTS when the graph asks for a tensor that the model lacks
 */
export async function frozenParameters(clip: ClipWeights): Promise<Parameters> {
  const turned = new Map<string, Tensor>();
  for (const name of TURNED) {
    const stored = clip.tensors.get(name);
    if (stored?.transposed) {
      const [rows, columns] = stored.shape as [number, number];
      turned.set(name, constant(await clip.read(name), [columns, rows]));
    }
  }
  return (name) => {
    const stored = clip.tensors.get(name);
    if (stored === undefined) {
      throw new AnomalyClipError("E_WEIGHTS", `${clip.path}: the model has no tensor ${name}`);
    }
    const { dtype } = stored;
    if (dtype !== "F32" && dtype !== "F16" && dtype !== "BF16") {
      throw new AnomalyClipError("E_WEIGHTS", `${clip.path}: ${name} is ${dtype}; weights must be F32, F16 or BF16`);
    }
    return turned.get(name) ?? weight(stored.file, stored.offset, dtype, stored.shape);
  };
}
