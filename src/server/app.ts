/** The HTTP side of the service: what holds for every request, and which routes there are. */

import { randomUUID } from "node:crypto";
import { OpenAPIHono } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { messageOf } from "../errors.ts";
import { VERSION } from "../version.ts";
import type { Env, Service } from "./context.ts";
import { ProblemError, problemOf, problemResponse } from "./problem.ts";
import { describeIssue } from "./receive.ts";
import { addDetectRoutes } from "./routes/detect.ts";
import { addInferenceRoutes } from "./routes/inference-protocol.ts";
import { addJobRoutes } from "./routes/jobs.ts";
import { addPageRoutes } from "./routes/page.ts";
import { addProductRoutes } from "./routes/products.ts";
import { addResultRoutes } from "./routes/results.ts";
import { addRunRoutes } from "./routes/runs.ts";
import { addStatusRoutes } from "./routes/status.ts";

/** The routes of the service, with what is checked before and after each. */
export type App = OpenAPIHono<Env>;

/** Paths that are answered without a token: those that the page needs to ask for one, and those of a supervisor. */
const OPEN = new Set(["/health", "/ready", "/api/session", "/v2/health/live", "/v2/health/ready"]);

export function createApp(service: Service): App {
  const { guard, logger, metrics, page } = service;
  const app: App = new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (!result.success) throw new ProblemError(400, describeIssue(result.error.issues[0]!));
    },
  });

  app.use(async (c, next) => {
    const begun = performance.now();
    const given = c.req.header("x-request-id");
    const id = given !== undefined && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
    c.set("id", id);
    c.set("address", c.env?.incoming?.socket?.remoteAddress ?? "unknown");
    await next();
    // HEAD runs what GET does and drops the body: whatever would write it must hear that nobody reads.
    if (c.req.method === "HEAD") await c.res.body?.cancel();
    c.res.headers.set("X-Request-Id", id);
    const { status } = c.res;
    metrics.answered(c.req.method, status);
    const milliseconds = Math.round(performance.now() - begun);
    logger.info({ id, method: c.req.method, path: c.req.path, status, milliseconds }, "request");
  });
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        ...{ defaultSrc: ["'none'"], scriptSrc: ["'self'"], styleSrc: ["'self'"], connectSrc: ["'self'"] },
        ...{ imgSrc: ["'self'", "blob:", "data:"], mediaSrc: ["'self'", "blob:"], manifestSrc: ["'self'"] },
        ...{ baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
      },
      // Whether the service is behind TLS is not for it to know.
      strictTransportSecurity: false,
      referrerPolicy: "no-referrer",
      xFrameOptions: "DENY",
    }),
  );
  app.use(async (c, next) => {
    guard.requireSameSite(c.req.raw);
    if (!OPEN.has(c.req.path) && !page.has(c.req.path)) {
      await guard.requireRate(c.get("address"));
      await guard.requireAllowed(c.req.raw, c.get("address"));
    }
    await next();
  });
  app.use(async (_, next) => {
    try {
      await next();
    } catch (thrown) {
      // The reason of a client that went away is a text; `onError` hears of an Error only.
      throw thrown instanceof Error ? thrown : new Error(String(thrown));
    }
  });

  addStatusRoutes(app, service);
  addDetectRoutes(app, service);
  addResultRoutes(app, service);
  addProductRoutes(app, service);
  addJobRoutes(app, service);
  addRunRoutes(app, service);
  addInferenceRoutes(app, service);
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "anomalyclip",
      version: VERSION,
      description: "Zero-shot anomaly detection: pictures in, scores and maps out.",
    },
    security: guard.asksForToken ? [{ token: [] }] : [],
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  addPageRoutes(app, service);

  app.notFound((c) =>
    problemResponse(
      new ProblemError(404, `nothing is at ${c.req.path.slice(0, 200)}; see /openapi.json`),
      c.get("id"),
      c.req.path,
    ),
  );
  app.onError((error, c) => {
    const id = c.get("id") ?? randomUUID();
    // The caller has gone: nobody reads the answer, and nothing is wrong here.
    if (c.req.raw.signal.aborted) return problemResponse(new ProblemError(499, "the client went away"), id, c.req.path);
    const problem =
      error instanceof HTTPException && error.status < 500 ? new ProblemError(400, messageOf(error)) : problemOf(error);
    if (problem.status >= 500) logger.error({ id, err: error }, "request failed");
    return problemResponse(problem, id, c.req.path);
  });
  return app;
}
