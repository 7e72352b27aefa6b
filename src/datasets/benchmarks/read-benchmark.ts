/** Reads a benchmark from a folder, whichever way it lies there. */

import { readdir } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { AnomalyClipError } from "../../errors.ts";
import { compareNaturally } from "../../natural-order.ts";
import { printable } from "../../printable.ts";
import { listPictures } from "../list-pictures.ts";
import { readMetaJson } from "../meta-json.ts";
import type { Dataset, Sample } from "../sample.ts";
import { statIfThere } from "../stat-if-there.ts";
import type { Benchmark } from "./benchmark.ts";
import { findLayout } from "./find-layout.ts";
import { labelPictures } from "./label-pictures.ts";

export interface BenchmarkReading {
  dataset: Dataset;
  /** The folder that holds it. */
  folder: string;
  /** The name of its layout, or `meta.json`. */
  layout: string;
  /** What a whole copy would have and this one has not; empty for a whole one. */
  incomplete: string[];
}

const ENTRIES_SHOWN = 5;

/**
 * Reads a benchmark, whole or not.
 *
 * @param root the folder that it lies in, directly or up to three folders deeper; a folder of pictures or masks of it;
 * or its `meta.json`. A `meta.json` in the folder goes before everything else.
 * @throws AnomalyClipError `E_DATASET` when there is no such folder, when nothing in it is in a layout of the benchmark,
 * or when its files contradict each other; or as `readMetaJson`.
 */
export async function readBenchmark(benchmark: Benchmark, root: string): Promise<BenchmarkReading> {
  const there = await statIfThere(root);
  if (!there) throw failure(root, "no such folder");
  if (!there.isDirectory()) {
    if (extname(root).toLowerCase() === ".json") return readListed(benchmark, root);
    const archive = /\.(zip|tar|tgz|gz|xz|bz2|7z|rar)$/i.test(root) ? "; unpack it and name the folder" : "";
    throw failure(root, `not a folder${archive}`);
  }
  const meta = join(root, "meta.json");
  if (await statIfThere(meta)) return readListed(benchmark, meta);
  const found = findLayout(benchmark, await listPictures(root));
  if (found === null) return readParent(benchmark, root);
  if (Array.isArray(found)) {
    throw failure(root, `${benchmark.title} may lie in ${list(found)}; name the one that is meant`);
  }
  const labelled = await labelPictures(root, found, benchmark.classes);
  const samples = labelled.samples.map(
    (sample): Sample => ({
      ...sample,
      image: join(root, sample.image),
      mask: sample.mask && join(root, sample.mask),
    }),
  );
  return {
    dataset: { id: benchmark.id, name: benchmark.id, samples },
    folder: join(root, found.base),
    layout: found.layout.name,
    incomplete: [...missingParts(benchmark, samples, found.layout.masks.length > 0), ...labelled.incomplete],
  };
}

// --- internal ---

async function readListed(benchmark: Benchmark, file: string): Promise<BenchmarkReading> {
  const { samples } = await readMetaJson(file);
  // The released scripts write "electrical commutators".
  const properName = (name: string) =>
    benchmark.classes.find((known) => known === name || known === name.replaceAll(" ", "_")) ?? null;
  const named = samples.map((sample) => {
    const className = properName(sample.className);
    if (className !== null) return { ...sample, className };
    throw failure(file, `"${sample.className}" is no class of ${benchmark.title}: ${benchmark.classes.join(", ")}`);
  });
  return {
    dataset: { id: benchmark.id, name: benchmark.id, samples: named },
    folder: dirname(file),
    layout: "meta.json",
    // Some layouts have no masks, and the file does not say which it was written from.
    incomplete: missingParts(benchmark, named, false),
  };
}

/** Somebody may have named the folder of pictures, or one class. */
async function readParent(benchmark: Benchmark, root: string): Promise<BenchmarkReading> {
  const [name, parent] = [basename(resolve(root)).toLowerCase(), dirname(resolve(root))];
  if (benchmark.classes.length === 1) {
    const firstFolders = benchmark.layouts.flatMap(({ pictures, masks }) => [
      ...pictures.map(({ path }) => path.split("/")[0]!),
      ...masks.map((path) => path.split("/")[0]!),
    ]);
    const inside = firstFolders.some((folder) => namesOf(folder).includes(name));
    if (inside && parent !== resolve(root)) return readBenchmark(benchmark, parent);
  } else if (benchmark.classes.some((known) => known.toLowerCase() === name)) {
    throw failure(root, `one class of ${benchmark.title}; name the folder of all of them, ${parent}`);
  }
  const { layouts, id, title } = benchmark;
  const patterns = layouts.map(({ pictures }) => pictures[0]!.path).join(", or ");
  const classes = patterns.includes("{class}") ? ` (classes ${list(benchmark.classes)})` : "";
  const entries = (await readdir(root)).filter((entry) => !entry.startsWith(".")).sort(compareNaturally);
  const holds = entries.length === 0 ? "is empty" : `holds ${list(entries)}`;
  throw failure(
    root,
    `no ${title} here: looked for ${patterns}${classes}, but the folder ${holds}; ` +
      `"anomalyclip datasets ${id}" prints what is expected`,
  );
}

/** The names that a segment of a path pattern stands for; none where it stands for any. */
function namesOf(segment: string): string[] {
  const match = /^(?:\{\w+=([^}]*)\}|([^{}]*))(.*)$/.exec(segment)!;
  return (match[1] ?? match[2] ?? "")
    .split("|")
    .filter((name) => name !== "" && !name.includes("*"))
    .map((name) => `${name}${match[3]}`.toLowerCase());
}

function missingParts(benchmark: Benchmark, samples: readonly Sample[], expectMasks: boolean): string[] {
  const parts: string[] = [];
  const isThere = (className: string, abnormal: boolean) =>
    samples.some((sample) => sample.className === className && sample.abnormal === abnormal);
  const present = benchmark.classes.filter((name) => isThere(name, true) || isThere(name, false));
  const missing = benchmark.classes.filter((name) => !present.includes(name));
  const several = benchmark.classes.length > 1;
  if (missing.length > 0 && several) {
    parts.push(`${missing.length} of ${benchmark.classes.length} classes are missing: ${missing.join(", ")}`);
  }
  for (const [abnormal, word] of [
    [false, "normal"],
    [true, "abnormal"],
  ] as const) {
    if (!abnormal && !benchmark.normalPictures) continue;
    const without = present.filter((name) => !isThere(name, abnormal));
    if (without.length > 0) parts.push(`no ${word} pictures${several ? ` of ${without.join(", ")}` : ""}`);
  }
  const abnormal = samples.filter((sample) => sample.abnormal);
  if (expectMasks && abnormal.length > 0 && abnormal.every((sample) => sample.mask === null)) parts.push("no masks");
  return parts;
}

function list(names: readonly string[]): string {
  const more = names.length > ENTRIES_SHOWN ? ` and ${names.length - ENTRIES_SHOWN} more` : "";
  return `${names.slice(0, ENTRIES_SHOWN).join(", ")}${more}`;
}

function failure(path: string, what: string): AnomalyClipError {
  return new AnomalyClipError("E_DATASET", printable(`${path}: ${what}`));
}
