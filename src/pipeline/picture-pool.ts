/** Decodes, resamples and draws pictures in threads, so that the model never waits for them. */

import { availableParallelism } from "node:os";
import { AnomalyClipError } from "../errors.ts";
import type { RgbImage } from "../image/image.ts";
import { WorkerPool } from "../runtime/worker-pool.ts";
import type { Pictures } from "./draw-pictures.ts";
import type { DrawTask, FinishedPicture, FinishTask, OpenedPicture, OpenTask, RedrawTask } from "./picture-worker.ts";

export class PicturePool {
  readonly #pool: WorkerPool;

  /** @param size threads, which are started at once. Default: 2, or 1 on a single core */
  constructor(size = Math.min(2, availableParallelism())) {
    this.#pool = new WorkerPool("./picture-worker", import.meta.url, size);
  }

  /**
   * Reads, decodes and preprocesses a picture.
   *
   * @throws AnomalyClipError E_IMAGE when it cannot be decoded
   */
  open(task: OpenTask): Promise<OpenedPicture> {
    return this.#run("open", task);
  }

  /** Finds regions and draws. The picture's memory moves to the thread and comes back in the result. */
  finish(task: FinishTask): Promise<FinishedPicture> {
    return this.#run("finish", task, [task.image.data.buffer]);
  }

  /** Draws. Picture and map move to the thread and come back in the result. */
  draw(task: DrawTask): Promise<{ image: RgbImage; map: Float32Array; pictures: Pictures }> {
    return this.#run("draw", task, [task.image.data.buffer, task.map.buffer]);
  }

  /** Draws a picture that was looked at before. @returns a PNG file at the picture's own size */
  redraw(task: RedrawTask): Promise<Uint8Array> {
    return this.#run("redraw", task);
  }

  /** Ends the threads. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  /** A thread that dies, for want of memory perhaps, is the failure of its picture alone: the pool starts another. */
  async #run<Result>(name: string, task: unknown, moved: readonly ArrayBufferLike[] = []): Promise<Result> {
    try {
      return await this.#pool.run(name, task, moved);
    } catch (error) {
      if (!(error instanceof AnomalyClipError && error.code === "E_RUNTIME")) throw error;
      throw new AnomalyClipError("E_IMAGE", error.message, { cause: error });
    }
  }
}
