/** Products with their thresholds, and where a threshold comes from. */

import { createRoute, z } from "@hono/zod-openapi";
import {
  CalibrationBodySchema,
  CalibrationSchema,
  NameSchema,
  type Product,
  ProductBodySchema,
  ProductSchema,
} from "../api.ts";
import type { App } from "../app.ts";
import { calibrate } from "../calibrate.ts";
import type { Service } from "../context.ts";
import { ProblemError } from "../problem.ts";
import { receiveJson } from "../receive.ts";
import { describeJson, withProblems } from "./describe.ts";

/** Of a request in JSON, bytes. */
const MOST_BYTES = 4_000_000;
const NameParam = z.object({ name: NameSchema.openapi({ param: { name: "name", in: "path" } }) });

export function addProductRoutes(app: App, service: Service): void {
  const { history } = service.inspector;
  const readBody = <Schema extends z.ZodType>(request: Request, schema: Schema) =>
    receiveJson(request, schema, MOST_BYTES, service.admission);

  app.post("/api/calibrate", async (c) => {
    const { normal, abnormal } = await readBody(c.req.raw, CalibrationBodySchema);
    return c.json(calibrate(normal, abnormal));
  });
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/api/calibrate",
    summary: "A threshold from the scores of good pictures, and of bad ones if there are any",
    request: { body: { content: { "application/json": { schema: CalibrationBodySchema } } } },
    responses: withProblems({ 200: describeJson(CalibrationSchema, "The threshold and what to expect of it") }),
  });

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/products",
      summary: "Products and their thresholds",
      responses: withProblems({ 200: describeJson(z.object({ products: z.array(ProductSchema) }), "Products") }),
    }),
    (c) => c.json({ products: history.products() }, 200),
  );

  app.put("/api/products/:name", async (c) => {
    const { name } = checkedName(c.req.param());
    const body = await readBody(c.req.raw, ProductBodySchema);
    if (body.model !== null) service.models.require(body.model);
    const product: Product = { name, ...body, updated: new Date().toISOString() };
    history.putProduct(product);
    return c.json(product);
  });
  app.openAPIRegistry.registerPath({
    method: "put",
    path: "/api/products/{name}",
    summary: "Set a product's threshold and model",
    request: { params: NameParam, body: { content: { "application/json": { schema: ProductBodySchema } } } },
    responses: withProblems({ 200: describeJson(ProductSchema, "The product") }),
  });

  app.openapi(
    createRoute({
      method: "delete",
      path: "/api/products/{name}",
      summary: "Forget a product; its results stay",
      request: { params: NameParam },
      responses: withProblems({ 204: { description: "It is forgotten" } }),
    }),
    (c) => {
      const { name } = c.req.valid("param");
      if (!history.removeProduct(name)) throw new ProblemError(404, `no product ${name}; see /api/products`);
      return c.body(null, 204);
    },
  );
}

// --- internal ---

function checkedName(params: Record<string, string>): { name: string } {
  const parsed = NameParam.safeParse(params);
  if (!parsed.success) throw new ProblemError(400, `name: ${parsed.error.issues[0]!.message}`);
  return parsed.data;
}
