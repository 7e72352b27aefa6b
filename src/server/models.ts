/** The models that the service offers, by name; each is loaded when it is first asked for. */

import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import type { AnomalyDetector, DetectOptions, DetectorOptions, PictureSource } from "../anomalyclip/detector.ts";
import { ATTENTION_KINDS } from "../anomalyclip/dpam.ts";
import { PRECISIONS } from "../anomalyclip/settings.ts";
import { VIEW_COUNTS } from "../anomalyclip/views.ts";
import { AnomalyClipError, messageOf } from "../errors.ts";
import type { Model } from "./api.ts";
import { NAME, NAME_HINT } from "./names.ts";
import { ProblemError } from "./problem.ts";

/** A model with everything that it is opened with. */
export interface ModelEntry {
  name: string;
  options: DetectorOptions;
}

/** What the service needs of a detector. */
export type ServedDetector = Pick<AnomalyDetector, "settings" | "description" | "close"> & {
  detect(source: PictureSource, options?: DetectOptions): ReturnType<AnomalyDetector["detect"]>;
};

interface Loaded {
  detector: Promise<ServedDetector>;
  users: number;
  lastUse: number;
}

/** Keeps the models that were used last in memory. */
export class Models {
  readonly #loaded = new Map<string, Loaded>();
  readonly #descriptions = new Map<string, Pick<Model, "threshold" | "description">>();
  #uses = 0;

  /**
   * @param entries the first is the default
   * @param keep how many stay loaded while they are not used
   */
  constructor(
    readonly entries: readonly [ModelEntry, ...ModelEntry[]],
    private readonly load: (options: DetectorOptions) => Promise<ServedDetector>,
    private readonly keep = 2,
  ) {}

  get defaultName(): string {
    return this.entries[0].name;
  }

  /** @throws ProblemError 404, naming what there is */
  require(name: string): string {
    if (this.entries.some((entry) => entry.name === name)) return name;
    throw new ProblemError(404, `no model ${name}; there is ${this.entries.map((entry) => entry.name).join(", ")}`);
  }

  list(): Model[] {
    return this.entries.map(({ name }) => ({
      name,
      loaded: this.#loaded.has(name),
      ...(this.#descriptions.get(name) ?? { threshold: null, description: {} }),
    }));
  }

  /** Works with a model, which is loaded first where it is not. @throws what loading and the work throw */
  async use<Value>(name: string, work: (detector: ServedDetector) => Promise<Value>): Promise<Value> {
    const loaded = this.#open(this.require(name));
    loaded.users++;
    loaded.lastUse = ++this.#uses;
    try {
      return await work(await loaded.detector);
    } finally {
      loaded.users--;
      this.#closeSpare();
    }
  }

  /** Frees all models, once what uses them is done. */
  async close(): Promise<void> {
    const all = [...this.#loaded.values()];
    this.#loaded.clear();
    await Promise.allSettled(all.map(async ({ detector }) => (await detector).close()));
  }

  #open(name: string): Loaded {
    const known = this.#loaded.get(name);
    if (known) return known;
    const { options } = this.entries.find((entry) => entry.name === name)!;
    const loaded: Loaded = { detector: this.load(options), users: 0, lastUse: 0 };
    this.#loaded.set(name, loaded);
    loaded.detector.then(
      ({ settings, description }) =>
        this.#descriptions.set(name, { threshold: settings.threshold, description: { ...description } }),
      // The next caller tries again: a file may have come, or memory.
      () => this.#loaded.delete(name),
    );
    return loaded;
  }

  #closeSpare(): void {
    const idle = [...this.#loaded].filter(([, { users }]) => users === 0);
    idle.sort(([, a], [, b]) => a.lastUse - b.lastUse);
    for (const [name, { detector }] of idle.slice(0, Math.max(0, this.#loaded.size - this.keep))) {
      this.#loaded.delete(name);
      detector.then((spare) => spare.close()).catch(() => undefined);
    }
  }
}

/**
 * The models of a YAML file: a list of names with the options of a detector.
 *
 * @throws AnomalyClipError E_CONFIG, naming the file, the entry and what is wrong with it
 * @example
 * - name: castings
 *   model: ViT-L/14@336px
 *   prompts: castings.safetensors
 *   precision: int8
 */
export async function readModels(path: string): Promise<ModelEntry[]> {
  let value: unknown;
  try {
    value = parse(await readFile(path, "utf8"), { maxAliasCount: 0 });
  } catch (error) {
    throw new AnomalyClipError("E_CONFIG", `${path}: ${messageOf(error)}`, { cause: error });
  }
  const parsed = ModelFileSchema.safeParse(value);
  if (!parsed.success) {
    const { path: where, message } = parsed.error.issues[0]!;
    throw new AnomalyClipError("E_CONFIG", `${path}: ${where.length > 0 ? `${where.join(".")}: ` : ""}${message}`);
  }
  return parsed.data.map(({ name, ...options }) => ({ name, options }));
}

// --- internal ---

const ModelFileSchema = z.array(
  z.strictObject({
    name: z.string().regex(NAME, NAME_HINT),
    model: z.string().optional(),
    prompts: z.string().optional(),
    object: z.string().optional(),
    imageSize: z.int().min(1).max(4096).optional(),
    views: z.literal(VIEW_COUNTS).optional(),
    layers: z.array(z.int().min(1)).min(1).optional(),
    dpamFrom: z.int().min(1).optional(),
    attention: z.enum(ATTENTION_KINDS).optional(),
    temperature: z.number().positive().optional(),
    sigma: z.number().min(0).max(100).optional(),
    threshold: z.number().min(0).max(1).optional(),
    mapThreshold: z.number().min(0).max(1).optional(),
    precision: z.enum([...PRECISIONS, "fp16"]).optional(),
    tile: z.union([z.literal("auto"), z.int().min(16)]).optional(),
    overlap: z.number().min(0).max(0.9).optional(),
  }),
  { error: "a list of models is expected, each with a name" },
);
