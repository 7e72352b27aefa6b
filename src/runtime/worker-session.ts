/** A session in a thread of its own: ONNX Runtime blocks the thread that calls it for as long as it computes. */

import type { Tensor } from "../graph/tensor.ts";
import { type PreparedModel, prepareModel, type SessionOptions, type Values } from "./session.ts";
import type { OpenTask } from "./session-worker.ts";
import { WorkerPool } from "./worker-pool.ts";

/** As `Session`, but the calling thread stays awake. Runs wait for each other. */
export class WorkerSession {
  private constructor(
    private readonly pool: WorkerPool,
    readonly model: PreparedModel,
  ) {}

  /**
   * @param outputs what to compute, by name
   * @throws AnomalyClipError E_RUNTIME when the runtime refuses the graph, with its reason
   */
  static async create(outputs: Readonly<Record<string, Tensor>>, options: SessionOptions = {}): Promise<WorkerSession> {
    const pool = new WorkerPool("./session-worker", import.meta.url);
    try {
      const model = await prepareModel(outputs);
      await pool.run("open", { model, options } satisfies OpenTask);
      return new WorkerSession(pool, model);
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  /**
   * Computes the outputs.
   *
   * @param feeds a value for each input of the graph; their memory moves to the session's thread and is empty here
   *   afterwards
   */
  run(feeds: Readonly<Record<string, Values>>): Promise<Record<string, Float32Array>> {
    return this.pool.run(
      "run",
      feeds,
      Object.values(feeds).map(({ buffer }) => buffer),
    );
  }

  /** Frees the runtime's memory and ends the thread. */
  async close(): Promise<void> {
    try {
      await this.pool.run("close", null);
    } finally {
      await this.pool.close();
    }
  }
}
