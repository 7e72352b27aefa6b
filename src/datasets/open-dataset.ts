/** Opens a data set, whichever way it describes itself. */

import { extname, join } from "node:path";
import { AnomalyClipError } from "../errors.ts";
import { printable } from "../printable.ts";
import { openBenchmark } from "./benchmarks/open-benchmark.ts";
import { BENCHMARKS, findBenchmark, OPEN_KINDS, unknownId } from "./benchmarks/registry.ts";
import { readCsv } from "./csv.ts";
import { readFolder } from "./folder.ts";
import { readMetaJson } from "./meta-json.ts";
import type { Dataset } from "./sample.ts";
import { statIfThere } from "./stat-if-there.ts";

/**
 * Opens a data set.
 *
 * @param spec a path: a `meta.json` (any file that ends in `.json`), a CSV (`.csv`), or a folder. A folder that holds a
 * `meta.json` is read through it, any other by the names of its folders and files. Or what it is and its path:
 * `visa=/data/VisA` for a benchmark, `folder=...`, `csv=...`, `meta=...` (the file or its folder) to read it in this
 * way and no other. Paths of samples begin with the path as it was given.
 * @throws AnomalyClipError `E_CONFIG` for `id=path` with an unknown id; `E_DATASET` when there is no such file or
 * folder, when it is no data set, or as `readMetaJson`, `readCsv`, `readFolder` and `openBenchmark`.
 * @example
 * const visa = await openDataset("visa=/data/VisA_20220922");
 * const mine = await openDataset("photos");
 */
export async function openDataset(spec: string): Promise<Dataset> {
  const { kind, path } = await parseSpec(spec);
  if (kind !== null && findBenchmark(kind)) return openBenchmark(kind, path);
  const there = await statIfThere(path);
  if (!there) throw failure(path, "no such file or folder");
  const meta = join(path, "meta.json");
  if (kind === "meta") return readMetaJson(there.isDirectory() ? meta : path);
  if (kind === "csv") return readCsv(path);
  if (there.isDirectory()) return kind === null && (await statIfThere(meta)) ? readMetaJson(meta) : readFolder(path);
  if (kind === "folder") throw failure(path, "not a folder");
  const extension = extname(path).toLowerCase();
  if (extension === ".json") return readMetaJson(path);
  if (extension === ".csv") return readCsv(path);
  throw failure(path, "not a data set; name its folder, its CSV or its meta.json");
}

// --- internal ---

async function parseSpec(spec: string): Promise<{ kind: string | null; path: string }> {
  // A word before the sign: `./a=b` and `/data/set=1` are paths.
  const match = /^([\w-]+)=(.*)$/s.exec(spec);
  if (!match) return { kind: null, path: spec };
  const [kind, path] = [match[1]!.toLowerCase(), match[2]!];
  const known = [...BENCHMARKS.map(({ id }) => id), ...OPEN_KINDS];
  if (!known.includes(kind)) {
    if (await statIfThere(spec)) return { kind: null, path: spec };
    throw unknownId(kind, known);
  }
  if (path === "") throw new AnomalyClipError("E_CONFIG", `${kind}=: no path given, as in ${kind}=/data/${kind}`);
  return { kind, path };
}

function failure(path: string, what: string): AnomalyClipError {
  return new AnomalyClipError("E_DATASET", printable(`${path}: ${what}`));
}
