/** Opens a benchmark that has to be whole. */

import { AnomalyClipError } from "../../errors.ts";
import { printable } from "../../printable.ts";
import type { Dataset } from "../sample.ts";
import { readBenchmark } from "./read-benchmark.ts";
import { requireBenchmark } from "./registry.ts";

/**
 * Opens one of the 17 benchmarks of the paper, in the layout that the paper's code reads or as it is downloaded.
 *
 * @param id such as `mvtec`, in any case.
 * @param root the folder that it lies in, directly or up to three folders deeper.
 * @returns the samples, with the paper's class names; `id` and `name` are the benchmark's id.
 * @throws AnomalyClipError `E_CONFIG` for an unknown id; `E_DATASET` when the folder does not hold the benchmark, or not
 * all of its classes, of its kinds of pictures and of its masks.
 * @example
 * const { samples } = await openBenchmark("visa", "/data/VisA_20220922");
 */
export async function openBenchmark(id: string, root: string): Promise<Dataset> {
  const benchmark = requireBenchmark(id);
  const { dataset, folder, layout, incomplete } = await readBenchmark(benchmark, root);
  if (incomplete.length === 0) return dataset;
  const what = `${benchmark.title} is not complete: ${incomplete.join("; ")}`;
  const kind = layout === "meta.json" ? "meta" : "folder";
  const hint = `download the rest, or open what is there as ${kind}=${folder}`;
  throw new AnomalyClipError("E_DATASET", printable(`${folder}: ${what}; ${hint}`));
}
