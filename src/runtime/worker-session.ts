/** A session in a thread of its own: ONNX Runtime blocks the thread that calls it for as long as it computes. */

import type { Tensor } from "../graph/tensor.ts";
import { prepareModel, type SessionOptions, type Values } from "./session.ts";
import type { OpenTask, RunResult, SessionState } from "./session-worker.ts";
import { WorkerPool } from "./worker-pool.ts";

export interface WorkerSessionOptions extends SessionOptions {
  /** Called when an execution provider gave up and another took over. */
  onNote?: (text: string) => void;
}

/** As `Session`, but the calling thread stays awake. Runs wait for each other. */
export class WorkerSession {
  #provider = "";

  private constructor(
    private readonly pool: WorkerPool,
    private readonly onNote: (text: string) => void,
  ) {}

  /**
   * @param outputs what to compute, by name
   * @throws AnomalyClipError E_RUNTIME when the runtime refuses the graph, with its reason
   */
  static async create(
    outputs: Readonly<Record<string, Tensor>>,
    { onNote = () => {}, ...options }: WorkerSessionOptions = {},
  ): Promise<WorkerSession> {
    const session = new WorkerSession(new WorkerPool("./session-worker", import.meta.url), onNote);
    try {
      const model = await prepareModel(outputs, options.arithmetic);
      session.#learn(await session.pool.run<SessionState>("open", { model, options } satisfies OpenTask));
      return session;
    } catch (error) {
      await session.pool.close();
      throw error;
    }
  }

  /** The execution provider in use, by ONNX Runtime's name. */
  get provider(): string {
    return this.#provider;
  }

  /**
   * Computes the outputs.
   *
   * @param feeds a value for each input of the graph; their memory moves to the session's thread and is empty here
   *   afterwards
   */
  async run(feeds: Readonly<Record<string, Values>>): Promise<Record<string, Float32Array>> {
    const moved = Object.values(feeds).map(({ buffer }) => buffer);
    const { results, ...state } = await this.pool.run<RunResult>("run", feeds, moved);
    this.#learn(state);
    return results;
  }

  /** Frees the runtime's memory and ends the thread. */
  async close(): Promise<void> {
    try {
      await this.pool.run("close", null);
    } finally {
      await this.pool.close();
    }
  }

  #learn({ provider, notes }: SessionState): void {
    this.#provider = provider;
    for (const note of notes) this.onNote(note);
  }
}
