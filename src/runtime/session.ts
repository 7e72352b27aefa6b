/** Runs a graph on ONNX Runtime. Nothing else in the project imports the runtime. */

import { realpath } from "node:fs/promises";
import { dirname, isAbsolute, relative } from "node:path";
import * as ort from "onnxruntime-node";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { type Arithmetic, type OnnxModel, type Port, toOnnx } from "../graph/onnx.ts";
import { sizeOf, type Tensor } from "../graph/tensor.ts";
import { topologicalOrder } from "../graph/topological-order.ts";
import { isUnknown, knownLength } from "../graph/unknown-length.ts";

// Failures come back as errors; the runtime need not print them too.
ort.env.logLevel = "fatal";

/** Values of a tensor, in C order: float32, int64, float16 as its bits, or uint8. */
export type Values = Float32Array | BigInt64Array | Uint16Array | Uint8Array;

export interface SessionOptions {
  /** Threads that one operation may use. Default: one for each core. */
  threads?: number;
  /**
   * Execution providers by ONNX Runtime's names, tried in this order: where one cannot open the graph, or fails later, the
   * next takes over. Default: `cpu`.
   */
  providers?: readonly string[];
  /** What the graph computes in; see `toOnnx`. Half precision is for processors that are quick at it. Default: float32. */
  arithmetic?: Arithmetic;
}

/** A graph written as ONNX, and where its weights lie: everything that a session is opened from, in any thread. */
export interface PreparedModel extends OnnxModel {
  /** The folder that holds all weight files, at any depth. */
  folder: string;
}

/** @param outputs what to compute, by name */
export async function prepareModel(
  outputs: Readonly<Record<string, Tensor>>,
  arithmetic?: Arithmetic,
): Promise<PreparedModel> {
  const { folder, locations } = await locateWeights(outputs);
  return { ...toOnnx(outputs, (file) => locations.get(file)!, arithmetic), folder };
}

/** A graph ready to run. Outputs have known shapes, so they are allocated here and filled by the runtime. */
export class Session {
  #session: ort.InferenceSession | null = null;
  /** Those that are left to try. */
  #providers: string[];
  #provider = "";
  #notes: string[] = [];

  private constructor(
    readonly model: PreparedModel,
    private readonly options: SessionOptions,
  ) {
    this.#providers = [...(options.providers ?? ["cpu"])];
  }

  /**
   * @param outputs what to compute, by name
   * @throws AnomalyClipError E_RUNTIME when the runtime refuses the graph, with its reason
   */
  static async create(outputs: Readonly<Record<string, Tensor>>, options: SessionOptions = {}): Promise<Session> {
    return Session.open(await prepareModel(outputs, options.arithmetic), options);
  }

  /** @throws AnomalyClipError E_RUNTIME when the runtime refuses the graph, with its reason */
  static async open(model: PreparedModel, options: SessionOptions = {}): Promise<Session> {
    const session = new Session(model, options);
    await session.#openNext();
    return session;
  }

  /** The execution provider in use, by ONNX Runtime's name. */
  get provider(): string {
    return this.#provider;
  }

  /** Which providers gave up and why, since the last call. */
  takeNotes(): string[] {
    return this.#notes.splice(0);
  }

  /**
   * Computes the outputs.
   *
   * @param feeds a value for each input of the graph; of a length that is unknown, as many as there are
   * @param into arrays to write outputs to, by name; others are allocated
   */
  async run(
    feeds: Readonly<Record<string, Values>>,
    into: Readonly<Record<string, Float32Array>> = {},
  ): Promise<Record<string, Float32Array>> {
    const count = countOf(this.model.inputs, feeds);
    const inputs = Object.fromEntries(
      this.model.inputs.map((model) => {
        const port = knownPort(model, count);
        const values = feeds[port.name];
        if (values === undefined || values.length !== sizeOf(port.shape)) {
          throw new RangeError(
            `session: input "${port.name}" needs ${sizeOf(port.shape)} values, got ${values?.length ?? "none"}`,
          );
        }
        return [port.name, tensorOf(port, values)];
      }),
    );
    const ports = this.model.outputs.map((port) => knownPort(port, count));
    const results = Object.fromEntries(
      ports.map((port) => [port.name, into[port.name] ?? new Float32Array(sizeOf(port.shape))]),
    );
    const outputs = Object.fromEntries(ports.map((port) => [port.name, tensorOf(port, results[port.name]!)]));
    for (;;) {
      try {
        await this.#session!.run(inputs, outputs);
        return results;
      } catch (error) {
        if (this.#providers.length === 0) throw runtimeError("ONNX Runtime failed", error);
        // Inputs are still here, so nothing is lost.
        this.#giveUp(error);
        await this.close();
        await this.#openNext();
      }
    }
  }

  /** Frees the runtime's memory. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.release();
  }

  async #openNext(): Promise<void> {
    for (;;) {
      this.#provider = this.#providers.shift()!;
      try {
        requireInstalled(this.#provider);
        this.#session = await ort.InferenceSession.create(this.model.bytes, this.#settings());
        return;
      } catch (error) {
        if (this.#providers.length === 0) throw runtimeError("ONNX Runtime refused the model", error);
        this.#giveUp(error);
      }
    }
  }

  #giveUp(error: unknown): void {
    // Where in its own source the runtime was is of no use to anybody here.
    const reason = messageOf(error).replace(/^\/onnxruntime_src\S*.* was false\. /, "");
    this.#notes.push(`${this.#provider} cannot be used (${reason}); going on with ${this.#providers[0]}`);
  }

  #settings(): ort.InferenceSession.SessionOptions {
    const { threads } = this.options;
    // What a provider lacks runs on the processor.
    const executionProviders = [...new Set([this.#provider, "cpu"])];
    return {
      executionProviders,
      graphOptimizationLevel: "all",
      // Failures come back as errors; the runtime need not print them too.
      logSeverityLevel: 4,
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      // The runtime maps weights from where they lie, and looks for them in this folder and below it only.
      extra: {
        session: {
          model_external_initializers_file_folder_path: this.model.folder,
        },
      },
    };
  }
}

/** Computes tensors once. */
export async function evaluate(
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Readonly<Record<string, Values>> = {},
): Promise<Record<string, Float32Array>> {
  const session = await Session.create(outputs);
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}

// --- internal ---

/** The runtime itself would leave a provider that it lacks out, and compute on the processor. */
function requireInstalled(provider: string): void {
  if (!ort.listSupportedBackends().some(({ name }) => name === provider)) {
    throw new Error("this ONNX Runtime does not have it");
  }
}

function runtimeError(what: string, error: unknown): AnomalyClipError {
  const reason = messageOf(error);
  const hint = /bad_alloc|alloc|memory/i.test(reason)
    ? "; if memory is short, close other programs or use int8 precision or a smaller image size"
    : "";
  return new AnomalyClipError("E_RUNTIME", `${what}: ${reason}${hint}`, { cause: error });
}

/** What the unknown length of the inputs is in these feeds; 1 where all are known. */
function countOf(ports: readonly Port[], feeds: Readonly<Record<string, Values>>): number {
  const port = ports.find(({ shape }) => shape.some(isUnknown));
  if (port === undefined) return 1;
  return Math.max(1, Math.floor((feeds[port.name]?.length ?? 0) / sizeOf(knownPort(port, 1).shape)));
}

function knownPort(port: Port, count: number): Port {
  return { ...port, shape: port.shape.map((length) => knownLength(length, count)) };
}

function tensorOf(port: Port, values: Values): ort.Tensor {
  return new ort.Tensor(port.type as "float32", values as Float32Array, port.shape);
}

/** The folder that all weight files of a graph have in common, and their paths from there, links resolved. */
async function locateWeights(
  outputs: Readonly<Record<string, Tensor>>,
): Promise<{ folder: string; locations: Map<string, string> }> {
  const files = new Set(
    topologicalOrder(Object.values(outputs)).flatMap(({ source }) => (source.kind === "weight" ? [source.file] : [])),
  );
  const real = new Map(await Promise.all([...files].map(async (file) => [file, await realpath(file)] as const)));
  let folder = "";
  for (const path of real.values()) {
    folder ||= dirname(path);
    while (relative(folder, path).startsWith("..") && dirname(folder) !== folder) {
      folder = dirname(folder);
    }
  }
  const apart = [...real.values()].find((path) => isAbsolute(relative(folder, path)));
  if (apart !== undefined) {
    throw new AnomalyClipError(
      "E_RUNTIME",
      `${apart} and ${folder} are on two drives, which ONNX Runtime cannot read together: set ANOMALYCLIP_CACHE to a folder on the model's drive`,
    );
  }
  const locations = [...real].map(([file, path]) => [file, relative(folder, path).replaceAll("\\", "/")] as const);
  return { folder, locations: new Map(locations) };
}
