/** What the thread of a `WorkerSession` does: it holds one session. */

import { AnomalyClipError } from "../errors.ts";
import { type PreparedModel, Session, type SessionOptions, type Values } from "./session.ts";
import { Moved, serve } from "./worker-pool.ts";

/** The argument of `open`. */
export interface OpenTask {
  model: PreparedModel;
  options: SessionOptions;
}

let session: Session | null = null;

export default serve({
  async open({ model, options }: OpenTask) {
    session = await Session.open(model, options);
  },
  async run(feeds: Record<string, Values>) {
    if (session === null) throw new AnomalyClipError("E_RUNTIME", "the session's thread died; load the model again");
    const results = await session.run(feeds);
    return new Moved(
      results,
      Object.values(results).map(({ buffer }) => buffer),
    );
  },
  async close() {
    await session?.close();
    session = null;
  },
});
