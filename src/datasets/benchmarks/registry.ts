/** The benchmarks of the paper, by their ids. */

import { AnomalyClipError } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { nearestName } from "../nearest-name.ts";
import type { Benchmark } from "./benchmark.ts";
import { INDUSTRIAL_BENCHMARKS } from "./industrial.ts";
import { MEDICAL_BENCHMARKS } from "./medical.ts";

/** All 17, in the order of the paper's tables. */
export const BENCHMARKS: readonly Benchmark[] = [...INDUSTRIAL_BENCHMARKS, ...MEDICAL_BENCHMARKS];

/** Data sets that are no benchmark: pictures in folders, a CSV, a `meta.json`. */
export const OPEN_KINDS = ["folder", "csv", "meta"] as const;

/** The benchmark of an id, in any case; null where there is none. */
export function findBenchmark(id: string): Benchmark | null {
  return BENCHMARKS.find((benchmark) => benchmark.id === id.toLowerCase()) ?? null;
}

/**
 * The benchmark of an id.
 *
 * @throws AnomalyClipError `E_CONFIG` where there is none, with the nearest id and all of them.
 */
export function requireBenchmark(id: string): Benchmark {
  const benchmark = findBenchmark(id);
  if (!benchmark)
    throw unknownId(
      id,
      BENCHMARKS.map((known) => known.id),
    );
  return benchmark;
}

/** The error for an id that is none of `known`. */
export function unknownId(id: string, known: readonly string[]): AnomalyClipError {
  const nearest = nearestName(id.toLowerCase(), known);
  const hint = nearest === null ? "" : ` (did you mean ${nearest}?)`;
  return new AnomalyClipError("E_CONFIG", printable(`unknown data set "${id}"${hint}; known: ${known.join(", ")}`));
}
