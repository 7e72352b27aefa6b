/** Trainings that take a moment: small sets of pictures on disk, and the reference CLIP. */

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { referencePath } from "../../test/reference/reference.ts";
import { AnomalyClipError } from "../errors.ts";
import { encodePng } from "../image/encode.ts";
import { Random } from "../random.ts";
import { runTraining, type TrainingEvents } from "./run-training.ts";
import type { TrainingOptions } from "./training-options.ts";

/** Side of pictures, and the image size of trainings. */
export const SIZE = 32;

/** A picture of a set: noise, with a bright square where it shows a defect. */
export interface Picture {
  className: string;
  /** Default: false. */
  abnormal?: boolean;
  /** Whether it shows a defect. Default: as `abnormal` says. */
  defect?: boolean;
  /** Whether an abnormal one has a mask. Default: true. */
  masked?: boolean;
}

/** Ten pictures of two classes whose names the reference CLIP knows, the same number of each kind. */
export const TEN: readonly Picture[] = Array.from({ length: 10 }, (_, i) => ({
  className: i < 5 ? "metal_nut" : "pcb",
  abnormal: i % 2 === 1,
}));

/** Too low a learning rate to change a float32: steps report the losses of the prompts at the start. */
export const STILL = 1e-30;

export interface TrainingFixture {
  /** Path inside the folder that goes with the tests. */
  path(name: string): string;
  /** Writes pictures, masks and a `meta.json`, and returns the folder. */
  set(name: string, pictures: readonly Picture[]): Promise<string>;
  /** Options of a training on {@link TEN} into a folder of its own. */
  options(changes?: Partial<TrainingOptions>): TrainingOptions;
  /** Runs a training with these options. @returns how it ended, its options, and the notes and losses that it told of */
  train(changes?: Partial<TrainingOptions>, events?: TrainingEvents): Promise<FinishedRun>;
}

export interface FinishedRun extends Awaited<ReturnType<typeof runTraining>> {
  out: string;
  notes: string[];
  /** The loss of each step. */
  losses: number[];
}

/** The folder of a test file, with a set `ten` in it; features are computed once for all its trainings. */
export function useTrainingFixture(): TrainingFixture {
  let folder = "";
  let runs = 0;
  const path = (name: string) => join(folder, name);
  const set = async (name: string, pictures: readonly Picture[]) => {
    await mkdir(path(name), { recursive: true });
    const listed: Record<string, unknown[]> = {};
    for (const [i, { className, abnormal = false, defect = abnormal, masked = true }] of pictures.entries()) {
      const { picture, mask } = draw(i, defect);
      await writeFile(join(path(name), `${i}.png`), await encodePng(picture));
      if (abnormal && masked) await writeFile(join(path(name), `${i}_mask.png`), await encodePng(mask));
      listed[className] ??= [];
      listed[className].push({
        img_path: `${i}.png`,
        mask_path: abnormal && masked ? `${i}_mask.png` : "",
        cls_name: className,
        anomaly: abnormal ? 1 : 0,
      });
    }
    await writeFile(join(path(name), "meta.json"), JSON.stringify({ test: listed }));
    return path(name);
  };
  const options = (changes: Partial<TrainingOptions> = {}): TrainingOptions => ({
    data: [path("ten")],
    out: path(`run-${++runs}`),
    cacheDir: path("cache"),
    model: referencePath("clip.safetensors"),
    imageSize: SIZE,
    layers: [4, 6],
    contextLength: 4,
    deepDepth: 3,
    deepLength: 2,
    epochs: 2,
    batchSize: 4,
    threads: 1,
    ...changes,
  });
  const train = async (changes: Partial<TrainingOptions> = {}, events: TrainingEvents = {}): Promise<FinishedRun> => {
    const chosen = options(changes);
    const notes: string[] = [];
    const losses: number[] = [];
    const result = await runTraining(chosen, {
      ...events,
      onNote: (text) => notes.push(text),
      onStep: (step) => {
        losses.push(step.loss);
        events.onStep?.(step);
      },
    });
    return { ...result, out: chosen.out, notes, losses };
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "anomalyclip-training-"));
    await set("ten", TEN);
  });
  afterAll(() => rm(folder, { recursive: true }));
  return { path, set, options, train };
}

/** The bytes of the prompts and of all checkpoints that a training left in `out`, by name. */
export async function learnedFiles(out: string): Promise<Record<string, Buffer>> {
  const names = (await readdir(join(out, "checkpoints"))).sort().map((name) => join("checkpoints", name));
  const files = [...names, "prompts.safetensors"];
  return Object.fromEntries(await Promise.all(files.map(async (name) => [name, await readFile(join(out, name))])));
}

/** What a training failed with. */
export async function failureOf(training: Promise<unknown>): Promise<AnomalyClipError> {
  const error = await training.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (error instanceof AnomalyClipError) return error;
  throw error;
}

// --- internal ---

function draw(seed: number, defect: boolean) {
  const random = new Random(seed);
  const data = Uint8Array.from({ length: SIZE * SIZE * 3 }, () => random.int(60, 140));
  const mask = new Uint8Array(SIZE * SIZE * 3);
  if (defect) {
    const [left, top] = [random.int(0, SIZE / 2), random.int(0, SIZE / 2)];
    for (let y = top; y < top + SIZE / 2; y++) {
      const start = (y * SIZE + left) * 3;
      data.fill(240, start, start + (SIZE / 2) * 3);
      mask.fill(255, start, start + (SIZE / 2) * 3);
    }
  }
  const size = { width: SIZE, height: SIZE };
  return { picture: { ...size, data }, mask: { ...size, data: mask } };
}
