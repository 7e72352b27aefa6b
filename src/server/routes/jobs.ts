/** Jobs on zips, many pictures or a folder of the service's machine; their progress as server-sent events. */

import { createRoute, z } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import { DetectQuerySchema, type Job, JobSchema } from "../api.ts";
import type { App } from "../app.ts";
import { requireReady, type Service } from "../context.ts";
import { OVER } from "../jobs.ts";
import { ProblemError } from "../problem.ts";
import { describeIssue, eachFile, receiveJson } from "../receive.ts";
import { BYTES, describeJson, IdParam, withProblems } from "./describe.ts";
import { EventQueue, keepAlive } from "./event-queue.ts";

const QuerySchema = DetectQuerySchema.pick({ model: true, product: true, threshold: true });
const FolderBody = z.object({ folder: z.string().min(1).max(80) }).openapi("FolderJob");

/** Files of one request, and how much they may be together: a zip of a day's pictures. */
const MOST_FILES = 20_000;
const MOST_BYTES = 20 * 2 ** 30;

/** Of a folder's name in JSON. */
const MOST_JSON_BYTES = 10_000;

export function addJobRoutes(app: App, service: Service): void {
  const { jobs, inspector, admission, ending } = service;
  app.post("/api/jobs", async (c) => {
    requireReady(service);
    const query = QuerySchema.safeParse(c.req.query());
    if (!query.success) throw new ProblemError(400, describeIssue(query.error.issues[0]!));
    const choice = inspector.choose(query.data);
    const type = (c.req.header("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
    if (type === "multipart/form-data") {
      const limits = { bytes: MOST_BYTES, files: MOST_FILES };
      return c.json(visible(await jobs.addFiles(choice, (take) => eachFile(c.req.raw, limits, take))), 202);
    }
    if (type !== "application/json") {
      throw new ProblemError(
        415,
        'send zips or pictures as multipart/form-data, or {"folder": "name"} as application/json',
      );
    }
    const { folder } = await receiveJson(c.req.raw, FolderBody, MOST_JSON_BYTES, admission);
    return c.json(visible(jobs.addFolder(choice, folder)), 202);
  });
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/api/jobs",
    summary: "Look at many pictures in the background",
    request: {
      query: QuerySchema,
      body: {
        content: {
          "multipart/form-data": { schema: z.object({ file: z.array(BYTES) }) },
          "application/json": { schema: FolderBody },
        },
      },
    },
    responses: withProblems({ 202: describeJson(JobSchema, "The job, begun or waiting") }),
  });

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/jobs",
      summary: "The latest jobs, newest first",
      responses: withProblems({ 200: describeJson(z.object({ jobs: z.array(JobSchema) }), "Jobs") }),
    }),
    (c) => c.json({ jobs: jobs.list().map(visible) }, 200),
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/jobs/{id}",
      summary: "One job",
      request: { params: IdParam },
      responses: withProblems({ 200: describeJson(JobSchema, "The job") }),
    }),
    (c) => c.json(visible(jobs.require(c.req.valid("param").id)), 200),
  );
  app.openapi(
    createRoute({
      method: "delete",
      path: "/api/jobs/{id}",
      summary: "Cancel a job; what was looked at stays in the history",
      request: { params: IdParam },
      responses: withProblems({ 200: describeJson(JobSchema, "The job") }),
    }),
    (c) => c.json(visible(jobs.cancel(c.req.valid("param").id)), 200),
  );

  app.get("/api/jobs/:id/events", (c) => {
    const job = jobs.require(c.req.param("id"));
    return streamSSE(c, async (stream) => {
      const events = new EventQueue();
      const stop = jobs.listen(job.id, {
        // Only the latest state is of interest to a reader that is slow.
        onJob: (changed) => events.put("job", JSON.stringify(visible(changed)), "latest"),
        onFailure: (failure) => events.put("failure", JSON.stringify(failure)),
      });
      const end = () => events.end();
      stream.onAbort(end);
      ending.addEventListener("abort", end);
      const beat = keepAlive(stream);
      try {
        for (const failure of jobs.failures(job.id)) events.put("failure", JSON.stringify(failure));
        events.put("job", JSON.stringify(visible(jobs.require(job.id))), "latest");
        for await (const event of events) {
          await stream.writeSSE(event);
          if (event.event === "job" && OVER.includes((JSON.parse(event.data) as Job).state)) break;
        }
      } finally {
        clearInterval(beat);
        stop();
        ending.removeEventListener("abort", end);
      }
    });
  });
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/api/jobs/{id}/events",
    summary: "A job's progress: failures so far, then events job (Job) and failure (Failure), until it is over",
    request: { params: IdParam },
    responses: withProblems({
      200: { description: "Events", content: { "text/event-stream": { schema: z.string() } } },
    }),
  });
}

// --- internal ---

/** A job without what is the service's own business. */
function visible(job: Job): Job {
  return JobSchema.parse(job);
}
