/** Pieces of the OpenAPI document that all routes share. */

import { z } from "@hono/zod-openapi";
import { ProblemSchema } from "../api.ts";

/** An answer in JSON. */
export function describeJson<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** `{id}` of a path. */
export const IdParam = z.object({ id: z.string().openapi({ param: { name: "id", in: "path" } }) });

/** Bytes of any kind. */
export const BYTES = z.string().openapi({ format: "binary" });

/** The answers of a route, and what it answers when something is wrong. */
export function withProblems<Responses extends object>(responses: Responses): Responses {
  const problem = {
    description: "What is wrong and what to do (RFC 9457)",
    content: { "application/problem+json": { schema: ProblemSchema } },
  };
  return { ...responses, default: problem };
}
