/** Runs of `anomalyclip datasets`. */

import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Benchmark } from "../datasets/benchmarks/benchmark.ts";
import { BENCHMARKS, OPEN_KINDS, requireBenchmark, unknownId } from "../datasets/benchmarks/registry.ts";
import { checkDataset } from "../datasets/check/check-dataset.ts";
import { openDataset } from "../datasets/open-dataset.ts";
import { writeMetaJson } from "../datasets/write-meta-json.ts";
import { AnomalyClipError } from "../errors.ts";
import { printable } from "../printable.ts";
import type { DatasetsFlags } from "./datasets.ts";
import { describeBenchmark, describeCheck, describeList } from "./datasets-text.ts";
import { Progress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** Prints all benchmarks. */
export function listDatasets({ json }: DatasetsFlags, terminal: Terminal): void {
  terminal.stdout.write(json ? toJson(BENCHMARKS.map(publicFacts)) : describeList(BENCHMARKS));
}

/**
 * Prints one benchmark.
 *
 * @throws AnomalyClipError `E_CONFIG` for an unknown id.
 */
export function showDataset(id: string, { json }: DatasetsFlags, terminal: Terminal): void {
  const benchmark = requireBenchmark(id);
  terminal.stdout.write(json ? toJson(publicFacts(benchmark)) : describeBenchmark(benchmark));
}

/**
 * Checks a data set and prints what was found; exit code 1 where that is anything bad.
 *
 * @throws AnomalyClipError when there is no such data set there.
 */
export async function checkOnDisk(
  id: string,
  root: string,
  { json, decode }: DatasetsFlags,
  terminal: Terminal,
): Promise<void> {
  requireKind(id);
  let bar: Progress | null = null;
  const onProgress = (_done: number, total: number) => {
    bar ??= new Progress(total, terminal.stderr, { unit: "file", label: "checking", lineEvery: 60 });
    bar.step();
  };
  const check = await checkDataset(id, root, { decode, onProgress }).finally(() => (bar as Progress | null)?.stop());
  terminal.stdout.write(json ? toJson({ ...check, complete: check.problems.length === 0 }) : describeCheck(check));
  terminal.exitCode = check.problems.length > 0 ? 1 : 0;
}

/**
 * Writes the `meta.json` of a data set and prints its path.
 *
 * @throws AnomalyClipError when the set cannot be opened, the file is there already, or cannot be written.
 */
export async function writeMeta(id: string, root: string, { out }: DatasetsFlags, terminal: Terminal): Promise<void> {
  requireKind(id);
  const dataset = await openDataset(`${id}=${root}`);
  const file = out ?? join((await stat(root)).isDirectory() ? root : dirname(root), "meta.json");
  // A meta.json in the root has just been read in place of the folders: to replace it would change nothing.
  if (await stat(file).catch(() => null)) {
    throw new AnomalyClipError("E_CONFIG", printable(`${file}: there is one already; remove it, or name another file`));
  }
  await writeMetaJson(dataset, file);
  terminal.stderr.write(`anomalyclip: ${dataset.samples.length} pictures\n`);
  terminal.stdout.write(`${printable(file)}\n`);
}

// --- internal ---

function requireKind(id: string): void {
  const known = [...BENCHMARKS.map((benchmark) => benchmark.id), ...OPEN_KINDS];
  if (!known.includes(id.toLowerCase())) throw unknownId(id, known);
}

/** What a program may want to know; how files are matched is nobody's business. */
function publicFacts({ layouts, folders: _, ...facts }: Benchmark): object {
  return { ...facts, layouts: layouts.map(({ name, tree }) => ({ name, tree })) };
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
