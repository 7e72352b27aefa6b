/** Training batches of the procedural world, rendered ahead in a process of their own. */

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What the next batch should be. */
export interface BatchRequest {
  seed: number;
  count: number;
  /** Pixels. */
  size: number;
}

/** Pictures with what is known of them. */
export interface Batch {
  /** [count, 3, size, size], normalised as CLIP wants it. */
  images: Float32Array;
  /** [count, size, size] of 0 and 1 */
  masks: Float32Array;
  /** Name of each picture's category. */
  categories: string[];
  /** Name of each picture's defect, or null. */
  defects: (string | null)[];
  /** One caption for each picture. */
  captions: string[];
}

/** Batches `requests`, in order, each rendered while the one before is in use. */
export async function* renderAhead(requests: Iterable<BatchRequest>): AsyncGenerator<Batch> {
  const worker = fork(fileURLToPath(new URL("render-worker.ts", import.meta.url)), {
    serialization: "advanced",
    execArgv: ["--import", "tsx"],
  });
  try {
    let pending: Promise<Batch> | undefined;
    for (const request of requests) {
      const next = ask(worker, request);
      if (pending !== undefined) {
        yield await pending;
      }
      pending = next;
    }
    if (pending !== undefined) {
      yield await pending;
    }
  } finally {
    worker.kill();
  }
}

// --- internal ---

function ask(worker: ChildProcess, request: BatchRequest): Promise<Batch> {
  return new Promise((resolve, reject) => {
    const answer = (message: { seed: number; batch: Batch }) => {
      if (message.seed === request.seed) {
        worker.off("message", answer);
        worker.off("exit", failed);
        resolve(message.batch);
      }
    };
    const failed = () => reject(new Error("the rendering process ended; see its message above"));
    worker.on("message", answer);
    worker.once("exit", failed);
    worker.send(request);
  });
}
