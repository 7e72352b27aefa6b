/** Checks a data set on disk: what is there, what is missing, what is damaged. */

import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { AnomalyClipError } from "../../errors.ts";
import { decodeImage } from "../../image/decode.ts";
import { type BenchmarkReading, readBenchmark } from "../benchmarks/read-benchmark.ts";
import { findBenchmark } from "../benchmarks/registry.ts";
import { mapConcurrently } from "../map-concurrently.ts";
import { openDataset } from "../open-dataset.ts";
import { type Comparison, compareCounts } from "./compare-counts.ts";
import { type ClassCounts, countClasses } from "./count-classes.ts";
import { type Finding, findNotes, findProblems, type Inspection, type Seen, tellOfSet } from "./findings.ts";
import { inspectMask } from "./inspect-mask.ts";
import { type PictureSize, readPictureSize } from "./picture-size.ts";
import { findUnusedFiles } from "./unused-files.ts";

export interface CheckOptions {
  /** Decode every picture and compare their bytes. Default: only their headers are read. Masks are decoded anyway. */
  decode?: boolean;
  /** Called after each file. */
  onProgress?: (done: number, total: number) => void;
}

export interface DatasetCheck {
  /** Of the benchmark, or `folder`, `csv`, `meta`. */
  id: string;
  /** The folder that holds it. */
  folder: string;
  /** In which layout of the benchmark; null for others. */
  layout: string | null;
  classes: ClassCounts[];
  /** With what was published; null where nothing is known. */
  published: Comparison | null;
  /** What keeps the set from being whole and sound. */
  problems: Finding[];
  /** What is worth knowing and no fault. */
  notes: Finding[];
}

/** Decoded pictures are large, and the decoder has threads of its own. */
const FILES_AT_ONCE = 4;

/**
 * Checks a data set.
 *
 * @param id of a benchmark, or `folder`, `csv`, `meta`.
 * @param root as `openDataset` takes it after the `=`.
 * @throws AnomalyClipError when it cannot be read as a data set at all, as `openDataset`; a benchmark need not be whole.
 */
export async function checkDataset(id: string, root: string, options: CheckOptions = {}): Promise<DatasetCheck> {
  const { dataset, folder, layout, incomplete } = await read(id, root);
  const { samples } = dataset;
  const pictures = [...new Set(samples.map((sample) => sample.image))];
  const masks = [...new Set(samples.flatMap((sample) => sample.mask ?? []))];
  let done = 0;
  const onFile = () => options.onProgress?.(++done, pictures.length + masks.length);
  const inspection: Inspection = {
    samples,
    pictures: await lookAtAll(pictures, options.decode ? decodePicture : readPictureSize, onFile),
    masks: await lookAtAll(masks, inspectMask, onFile),
    unused: await findUnusedFiles(folder, samples),
  };
  const benchmark = findBenchmark(id);
  const published = benchmark && compareCounts(benchmark, layout ?? "", samples);
  return {
    id: benchmark?.id ?? id,
    folder,
    layout,
    classes: countClasses(samples),
    published,
    problems: [
      ...tellOfSet("incomplete", incomplete),
      ...tellOfSet("counts-differ", published?.differences ?? []),
      ...findProblems(inspection),
    ],
    notes: findNotes(inspection),
  };
}

// --- internal ---

async function read(id: string, root: string): Promise<Omit<BenchmarkReading, "layout"> & { layout: string | null }> {
  const benchmark = findBenchmark(id);
  if (benchmark) return readBenchmark(benchmark, root);
  const dataset = await openDataset(`${id}=${root}`);
  const folder = (await stat(root)).isDirectory() ? root : dirname(root);
  return { dataset, folder, layout: null, incomplete: [] };
}

async function lookAtAll<Content>(
  paths: readonly string[],
  look: (path: string) => Promise<Content>,
  onFile: () => void,
): Promise<Seen<Content>> {
  const contents = await mapConcurrently(paths, FILES_AT_ONCE, async (path) => {
    try {
      return await look(path);
    } catch (error) {
      if (error instanceof AnomalyClipError) return error;
      throw error;
    } finally {
      onFile();
    }
  });
  return new Map(paths.map((path, index) => [path, contents[index]!]));
}

async function decodePicture(path: string): Promise<PictureSize & { hash: string }> {
  const { width, height } = await decodeImage(path);
  return {
    width,
    height,
    hash: createHash("sha256")
      .update(await readFile(path))
      .digest("hex"),
  };
}
