/** Trainings and evaluations, watched live. */

import { createRoute, z } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import { RunSchema } from "../api.ts";
import type { App } from "../app.ts";
import type { Service } from "../context.ts";
import { ProblemError } from "../problem.ts";
import { countLines, findRuns, followLines } from "../runs.ts";
import { describeJson, withProblems } from "./describe.ts";
import { keepAlive } from "./event-queue.ts";

export function addRunRoutes(app: App, { runs: root, ending }: Service): void {
  const find = async () => (root === null ? [] : await findRuns(root));

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/runs",
      summary: "Trainings and evaluations, the latest first",
      responses: withProblems({ 200: describeJson(z.object({ runs: z.array(RunSchema) }), "Runs") }),
    }),
    async (c) => {
      const counted = (await find()).map(async ({ log, ...run }) => ({ ...run, steps: await countLines(log) }));
      return c.json({ runs: await Promise.all(counted) }, 200);
    },
  );

  app.get("/api/runs/:id/events", async (c) => {
    // Compared with what was found, never joined to a path.
    const run = (await find()).find(({ id }) => id === c.req.param("id"));
    if (run === undefined) throw new ProblemError(404, "no such run; see /api/runs");
    return streamSSE(c, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      const signal = AbortSignal.any([gone.signal, ending]);
      const beat = keepAlive(stream);
      try {
        for await (const line of followLines(run.log, signal)) await stream.writeSSE({ event: "line", data: line });
      } finally {
        clearInterval(beat);
      }
    });
  });
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/api/runs/{id}/events",
    summary: "The lines of a run's log, those that are there and those that come",
    request: { params: z.object({ id: z.string() }) },
    responses: withProblems({
      200: { description: "Events", content: { "text/event-stream": { schema: z.string() } } },
    }),
  });
}
