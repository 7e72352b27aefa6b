/** Whether the service lives and works, and what it offers. */

import { createRoute, z } from "@hono/zod-openapi";
import { VERSION } from "../../version.ts";
import { InfoSchema, ModelSchema } from "../api.ts";
import type { App } from "../app.ts";
import { requireReady, type Service } from "../context.ts";
import { receiveJson } from "../receive.ts";
import { describeJson, withProblems } from "./describe.ts";

/** Of a token in JSON. */
const MOST_BYTES = 10_000;

export function addStatusRoutes(app: App, service: Service): void {
  const { guard, models, limits, retention } = service;

  app.openapi(
    createRoute({
      method: "get",
      path: "/health",
      summary: "Whether the process answers",
      responses: { 200: describeJson(z.object({ status: z.literal("ok") }), "It does") },
    }),
    (c) => c.json({ status: "ok" } as const, 200),
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/ready",
      summary: "Whether pictures are accepted: the model is loaded, and no end was asked for",
      responses: withProblems({ 200: describeJson(z.object({ status: z.literal("ready") }), "They are") }),
    }),
    (c) => {
      requireReady(service);
      return c.json({ status: "ready" } as const, 200);
    },
  );
  app.get("/metrics", () => service.metrics.text());
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/metrics",
    summary: "Figures for Prometheus",
    responses: { 200: { description: "Prometheus text format", content: { "text/plain": { schema: z.string() } } } },
  });
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/info",
      summary: "What the service offers and allows",
      responses: withProblems({ 200: describeJson(InfoSchema, "Offers and limits") }),
    }),
    (c) =>
      c.json(
        {
          version: VERSION,
          token: guard.asksForToken,
          folders: [...service.folders.keys()],
          runs: service.runs !== null,
          limits,
          retention,
        },
        200,
      ),
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/models",
      summary: "The models, the default first",
      responses: withProblems({ 200: describeJson(z.object({ models: z.array(ModelSchema) }), "Models") }),
    }),
    (c) => c.json({ models: models.list() }, 200),
  );

  const SessionBody = z.object({ token: z.string().max(1000) });
  app.post("/api/session", async (c) => {
    const { token } = await receiveJson(c.req.raw, SessionBody, MOST_BYTES, service.admission);
    const secure = new URL(c.req.url).protocol === "https:" || c.req.header("x-forwarded-proto") === "https";
    c.header("Set-Cookie", await guard.openSession(token, c.get("address"), secure));
    return c.body(null, 204);
  });
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/api/session",
    summary: "A cookie for the page, for whoever knows the token",
    security: [],
    request: { body: { content: { "application/json": { schema: SessionBody } } } },
    responses: withProblems({ 204: { description: "The cookie is set" } }),
  });
}
