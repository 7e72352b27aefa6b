/** Writes a procedural set as a folder that any reader of the MVTec layout or of `meta.json` accepts. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { AnomalyClipError, messageOf } from "../../errors.ts";
import { mapInOrder } from "../../pipeline/map-in-order.ts";
import { mixSeed } from "../../random.ts";
import { WorkerPool } from "../../runtime/worker-pool.ts";
import { type DrawTask, drawSample } from "./draw-sample.ts";
import { type Selection, selectProcedural } from "./select.ts";

/** What to write. */
export interface WriteOptions extends Selection {
  /** Normal pictures of each category in `train/good`, and as many again in `test/good` (default 10). */
  good?: number;
  /** Pictures of each defect kind of each category that can have it (default 5). */
  perDefect?: number;
  /** Pixels on a side, 16..2048 (default 256). */
  size?: number;
  /** Same seed, same files (default 0). */
  seed?: number;
  /** Write into a folder that is not empty; files of the same name are replaced, others stay (default false). */
  overwrite?: boolean;
  /** Called after each picture. */
  onProgress?: (done: number, total: number) => void;
}

/** One entry of `meta.json`, paths relative to the root, with forward slashes. */
export interface MetaSample {
  img_path: string;
  /** Empty for a normal picture. */
  mask_path: string;
  cls_name: string;
  /** `good` or the defect kind. */
  specie_name: string;
  anomaly: 0 | 1;
}

/** What makes another thread worth its start. */
const PIXELS_PER_THREAD = 2e6;

interface Job {
  category: string;
  part: "train" | "test";
  defect: string | null;
  index: number;
}

/**
 * Writes `CATEGORY/{train,test}/good/NNN.png`, `CATEGORY/test/DEFECT/NNN.png`,
 * `CATEGORY/ground_truth/DEFECT/NNN_mask.png` (0 or 255), `meta.json` and `captions.jsonl`.
 * @returns the number of pictures written, masks not counted.
 * @throws AnomalyClipError E_CONFIG for a bad option or nothing to write, E_DATASET when the folder is not empty or
 * cannot be written.
 */
export async function writeProceduralSet(root: string, options: WriteOptions = {}): Promise<number> {
  const size = options.size ?? 256;
  const seed = options.seed ?? 0;
  const jobs = listJobs(options);
  if (!Number.isInteger(size) || size < 16 || size > 2048) {
    throw new AnomalyClipError("E_CONFIG", `procedural set: size must be a whole number from 16 to 2048, got ${size}`);
  }
  if (!Number.isSafeInteger(seed)) {
    throw new AnomalyClipError("E_CONFIG", `procedural set: seed must be a whole number, got ${seed}`);
  }
  try {
    await prepareFolder(root, options.overwrite ?? false);
    await writeFiles(root, jobs, size, seed, options.onProgress);
  } catch (error) {
    if (error instanceof AnomalyClipError || error instanceof RangeError) throw error;
    throw new AnomalyClipError("E_DATASET", `${root}: cannot write the set: ${messageOf(error)}`, { cause: error });
  }
  return jobs.length;
}

function listJobs(options: WriteOptions): Job[] {
  const good = checkCount("the number of good pictures", options.good ?? 10);
  const perDefect = checkCount("the number of pictures per defect", options.perDefect ?? 5);
  const { categories, defects } = selectProcedural(options);
  const jobs: Job[] = [];
  for (const category of categories) {
    const add = (part: Job["part"], defect: string | null, count: number) => {
      for (let index = 0; index < count; index++) jobs.push({ category: category.name, part, defect, index });
    };
    add("train", null, good);
    add("test", null, good);
    for (const defect of defects) if (defect.appliesTo(category)) add("test", defect.name, perDefect);
  }
  if (jobs.length === 0) {
    throw new AnomalyClipError(
      "E_CONFIG",
      "procedural set: nothing to write; choose at least one category and a count above 0",
    );
  }
  return jobs;
}

function checkCount(what: string, count: number): number {
  if (Number.isInteger(count) && count >= 0 && count <= 10_000) return count;
  throw new AnomalyClipError(
    "E_CONFIG",
    `procedural set: ${what} must be a whole number from 0 to 10000, got ${count}`,
  );
}

async function prepareFolder(root: string, overwrite: boolean): Promise<void> {
  await mkdir(root, { recursive: true });
  if (!overwrite && (await readdir(root)).length > 0) {
    throw new AnomalyClipError(
      "E_DATASET",
      `${root}: the folder is not empty; choose another, or force writing into it`,
    );
  }
}

async function writeFiles(
  root: string,
  jobs: readonly Job[],
  size: number,
  seed: number,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  const meta: Record<"train" | "test", Record<string, MetaSample[]>> = { train: {}, test: {} };
  const captionLines: string[] = [];
  const threads = Math.min(availableParallelism(), Math.floor((jobs.length * size ** 2) / PIXELS_PER_THREAD));
  const pool = threads > 1 ? new WorkerPool("./draw-worker", import.meta.url, threads) : null;
  const entries = jobs.map(describeFiles);
  const tasks = jobs.map((job, i) => {
    const { img_path: path, mask_path: maskPath } = entries[i]!;
    const { category, defect } = job;
    const pictureSeed = mixSeed(seed, category, job.part, defect ?? "good", job.index);
    return { root, path, maskPath, category, defect, seed: pictureSeed, size } satisfies DrawTask;
  });
  const draw = (task: DrawTask) => (pool ? pool.run<string[]>("drawSample", task) : drawSample(task));
  try {
    let done = 0;
    for await (const captions of mapInOrder(tasks, draw, 2 * Math.max(1, threads))) {
      const job = jobs[done]!;
      const { category, defect, path: file, seed: pictureSeed } = tasks[done]!;
      for (const part of ["train", "test"] as const) meta[part][category] ??= [];
      meta[job.part][category]!.push(entries[done]!);
      captionLines.push(JSON.stringify({ file, category, defect, captions, seed: pictureSeed }));
      done += 1;
      onProgress?.(done, jobs.length);
    }
  } finally {
    await pool?.close();
  }
  await writeFile(join(root, "captions.jsonl"), `${captionLines.join("\n")}\n`);
  await writeFile(join(root, "meta.json"), `${JSON.stringify(meta, null, 1)}\n`);
}

function describeFiles({ category, part, defect, index }: Job): MetaSample {
  const specie = defect ?? "good";
  const number = String(index).padStart(3, "0");
  return {
    img_path: `${category}/${part}/${specie}/${number}.png`,
    mask_path: defect ? `${category}/ground_truth/${specie}/${number}_mask.png` : "",
    cls_name: category,
    specie_name: specie,
    anomaly: defect ? 1 : 0,
  };
}
