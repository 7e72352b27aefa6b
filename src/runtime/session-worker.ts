/** What the thread of a `WorkerSession` does: it holds one session. */

import { AnomalyClipError } from "../errors.ts";
import { type PreparedModel, Session, type SessionOptions, type Values } from "./session.ts";
import { Moved, serve } from "./worker-pool.ts";

/** The argument of `open`. */
export interface OpenTask {
  model: PreparedModel;
  options: SessionOptions;
}

/** Which provider computes, and which gave up on the way. */
export interface SessionState {
  provider: string;
  notes: string[];
}

/** The result of `run`. */
export interface RunResult extends SessionState {
  results: Record<string, Float32Array>;
}

let session: Session | null = null;

export default serve({
  async open({ model, options }: OpenTask) {
    session = await Session.open(model, options);
    return stateOf(session);
  },
  async run(feeds: Record<string, Values>) {
    if (session === null) throw new AnomalyClipError("E_RUNTIME", "the session's thread died; load the model again");
    const results = await session.run(feeds);
    return new Moved<RunResult>(
      { results, ...stateOf(session) },
      Object.values(results).map(({ buffer }) => buffer),
    );
  },
  async close() {
    await session?.close();
    session = null;
  },
});

function stateOf(opened: Session): SessionState {
  return { provider: opened.provider, notes: opened.takeNotes() };
}
