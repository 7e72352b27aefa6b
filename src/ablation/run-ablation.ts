/** Runs a grid: each row is learned, unless its prompts are hand-written, and judged on the same data sets. */

import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { chooseSamples } from "../datasets/choose-samples.ts";
import { openDataset } from "../datasets/open-dataset.ts";
import { AnomalyClipError } from "../errors.ts";
import type { Evaluation } from "../evaluation/evaluation.ts";
import { PAPER_METRICS } from "../evaluation/evaluation-options.ts";
import type { MetricId } from "../evaluation/metric-names.ts";
import type { EvaluationEvents } from "../evaluation/run-evaluation.ts";
import { runEvaluation } from "../evaluation/run-evaluation.ts";
import { type FolderMode, onDisk } from "../results/results-folder.ts";
import { requireSameProtocol, writeProtocol } from "../results/run-file.ts";
import { runTraining, type TrainingEvents } from "../training/run-training.ts";
import type { ResolveModelOptions } from "../weights/registry.ts";
import { type AblationTable, writeAblationTables } from "./ablation-table.ts";
import { DEFAULT_DATA, type Grid, type GridRow, type Switches } from "./grid.ts";

export interface AblationOptions {
  grid: Grid;
  /** The data sets to learn from, by the names that the grid's rows use; `train` for rows that name none. */
  data: Readonly<Record<string, readonly string[]>>;
  /** The data sets to judge by. */
  test: readonly string[];
  /** Classes of `data` that are learned from. Default: all. */
  classes?: readonly string[];
  /** Classes of `test` that are judged. Default: all. */
  testClasses?: readonly string[];
  /** The folder for all trainings and evaluations, and for the tables. */
  out: string;
  /** Default: `new`. */
  mode?: FolderMode;
  /** See `DetectorOptions`. Default: the embedded model. */
  model?: string;
  /** Switches for all rows, before their own. */
  switches?: Switches;
  /** Default: {@link PAPER_METRICS}. */
  metrics?: readonly MetricId[];
  /** What prompts that name the object call every class. Default: its own name. */
  object?: string;
  /** Where features are kept. Default: see `FeatureCache`. */
  cacheDir?: string;
  /** Threads that the computation may use. Default: one for each core. */
  threads?: number;
  download?: ResolveModelOptions;
}

export interface AblationEvents {
  /** A row begins. */
  onRow?(row: { name: string; index: number; count: number }): void;
  onNote?(text: string): void;
  training?: Omit<TrainingEvents, "onNote" | "signal">;
  evaluation?: Omit<EvaluationEvents, "onNote" | "signal">;
  /** Stops between two steps or pictures; what is done stays. */
  signal?: AbortSignal;
}

/**
 * Runs all rows and writes `ablation.md`, `.csv` and `.json` to `options.out`, anew after each row.
 *
 * @returns the table; null when interrupted
 * @throws AnomalyClipError as `runTraining` and `runEvaluation`; rows that are done stay
 */
export async function runAblation(
  options: AblationOptions,
  events: AblationEvents = {},
): Promise<AblationTable | null> {
  const { grid, out, mode = "new", test, metrics = PAPER_METRICS, signal } = { ...options, signal: events.signal };
  if (test.length === 0) throw new AnomalyClipError("E_CONFIG", "no data set to judge by: name one");
  for (const { name, data, prompts } of grid.rows) {
    if (prompts !== "learned" || options.data[data]?.length) continue;
    const how = data === DEFAULT_DATA ? "--train" : `--set ${data}=...`;
    throw new AnomalyClipError("E_CONFIG", `row "${name}" learns from the data "${data}": name it (${how})`);
  }
  await requireData(options);
  await makeReady(options, mode);
  const table: AblationTable = {
    title: grid.title,
    description: grid.description,
    tests: [...test],
    metrics,
    rows: [],
  };
  for (const [index, row] of grid.rows.entries()) {
    events.onRow?.({ name: row.name, index, count: grid.rows.length });
    const started = Date.now();
    const evaluations = await runRow(row, rowFolder(out, index, row), options, metrics, events);
    if (evaluations === null || signal?.aborted) return null;
    const means = evaluations.map((evaluation) => evaluation.mean[evaluation.methods[0]!.name]!);
    table.rows.push({ name: row.name, means, seconds: (Date.now() - started) / 1000 });
    await writeAblationTables(out, table);
  }
  return table;
}

// --- internal ---

/** Opens all data sets once: a name that is mistyped should not be found after hours of training. */
async function requireData({ grid, data, test, testClasses }: AblationOptions): Promise<void> {
  const learned = grid.rows.filter(({ prompts }) => prompts === "learned").flatMap((row) => data[row.data]!);
  for (const spec of new Set(learned)) await openDataset(spec);
  for (const spec of test) chooseSamples([await openDataset(spec)], { split: "test", classes: testClasses });
}

/** @returns an evaluation for each test set; null when interrupted */
async function runRow(
  row: GridRow,
  folder: string,
  options: AblationOptions,
  metrics: readonly MetricId[],
  { onNote = () => {}, training, evaluation, signal }: AblationEvents,
): Promise<Evaluation[] | null> {
  const { model, cacheDir, threads, download, classes, testClasses, object } = options;
  const shared = { model, cacheDir, threads, download, mode: "resume" as const };
  const note = (text: string) => onNote(`${row.name}: ${text}`);
  const switches = { ...options.switches, ...row.switches };
  let prompts: readonly string[] = [];
  if (row.prompts === "learned") {
    const data = options.data[row.data]!;
    const result = await runTraining(
      { ...switches, ...shared, data, classes, out: join(folder, "training") },
      { ...training, onNote: note, signal },
    );
    if (result.prompts === null) return null;
    prompts = [result.prompts];
  }
  // Learned prompts carry these with them.
  const { imageSize, views, layers, dpamFrom, attention, temperature } = switches;
  const vision = prompts.length > 0 ? {} : { imageSize, views, layers, dpamFrom, attention, temperature };
  const evaluations: Evaluation[] = [];
  for (const [i, data] of options.test.entries()) {
    const result = await runEvaluation(
      {
        ...shared,
        ...vision,
        data,
        classes: testClasses,
        object,
        metrics,
        prompts,
        baselines: row.prompts === "learned" ? [] : [row.prompts],
        baselinePath: "dpam",
        keepFeatures: true,
        out: join(folder, options.test.length === 1 ? "evaluation" : `evaluation-${i + 1}`),
      },
      { ...evaluation, onNote: note, signal },
    );
    if (result.evaluation === null) return null;
    evaluations.push(result.evaluation);
  }
  return evaluations;
}

/** Rows keep their folders only while the grid is the same. */
async function makeReady({ grid, data, test, out, model, switches }: AblationOptions, mode: FolderMode): Promise<void> {
  const protocol = {
    grid: JSON.stringify({ ...grid, switches }),
    data: JSON.stringify(data),
    test: test.join(", "),
    model: model ?? "embedded",
  };
  await onDisk(out, "write to", async () => {
    const rows = join(out, "rows");
    await mkdir(rows, { recursive: true });
    // What failed before its first row has nothing to be gone on with.
    const held = (await readdir(rows)).length > 0;
    if (held && mode === "new") {
      throw new AnomalyClipError(
        "E_CONFIG",
        `${out} already holds an ablation: --resume goes on with it, --force starts over, --out takes another folder`,
      );
    }
    if (held && mode === "resume") await requireSameProtocol(out, protocol);
    if (mode === "force") await rm(rows, { recursive: true });
    await writeProtocol(out, protocol);
  });
}

function rowFolder(out: string, index: number, { name }: GridRow): string {
  const words = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
  return join(out, "rows", [String(index + 1).padStart(2, "0"), words].filter(Boolean).join("-"));
}
