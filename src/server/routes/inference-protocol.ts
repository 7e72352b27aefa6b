/** The Open Inference Protocol (KServe V2): for clients that exist. */

import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { VERSION } from "../../version.ts";
import type { App } from "../app.ts";
import { type Env, requireReady, type Service } from "../context.ts";
import {
  InferenceRequestSchema,
  inferredOf,
  JSON_LENGTH_HEADER,
  MODEL_VERSION,
  readInference,
  TENSORS,
  writeInference,
} from "../inference-protocol.ts";
import type { SentPicture } from "../inspector.ts";
import { ProblemError } from "../problem.ts";
import { receiveBody } from "../receive.ts";
import { BYTES, describeJson, withProblems } from "./describe.ts";

/** A model, and the version that clients may name with it. */
const MODEL_PATHS = ["/v2/models/:name", "/v2/models/:name/versions/:version"];

export function addInferenceRoutes(app: App, service: Service): void {
  const { models, inspector, admission, limits } = service;
  const modelOf = (c: Context<Env>): string => {
    const { name, version } = c.req.param() as { name: string; version?: string };
    if (version !== undefined && version !== MODEL_VERSION) {
      throw new ProblemError(404, `version ${version} of ${name} is unknown: each model has version ${MODEL_VERSION}`);
    }
    return models.require(name);
  };
  app.openapi(
    createRoute({
      method: "get",
      path: "/v2",
      summary: "Open Inference Protocol: the server",
      responses: withProblems({
        200: describeJson(
          z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }),
          "Name, version and extensions",
        ),
      }),
    }),
    (c) => c.json({ name: "anomalyclip", version: VERSION, extensions: ["binary_tensor_data"] }, 200),
  );
  for (const [path, summary] of [
    ["/v2/health/live", "Open Inference Protocol: whether the process answers"],
    ["/v2/health/ready", "Open Inference Protocol: whether pictures are accepted"],
  ] as const) {
    app.openapi(
      createRoute({ method: "get", path, summary, responses: withProblems({ 200: { description: "Yes" } }) }),
      (c) => {
        if (path.endsWith("ready")) requireReady(service);
        return c.body(null, 200);
      },
    );
  }
  for (const path of MODEL_PATHS) {
    app.get(path, (c) =>
      c.json({ name: modelOf(c), versions: [MODEL_VERSION], platform: "anomalyclip_onnxruntime", ...TENSORS }),
    );
    app.get(`${path}/ready`, (c) => {
      const name = modelOf(c);
      requireReady(service);
      return c.json({ name, ready: true });
    });
    app.post(`${path}/infer`, async (c) => {
      const model = modelOf(c);
      requireReady(service);
      if (c.req.header("content-encoding") !== undefined) {
        throw new ProblemError(415, "compressed requests are not read: pictures are compressed already");
      }
      // A place first: what cannot be looked at need not be read.
      const release = [admission.admit()];
      try {
        const body = await receiveBody(c.req.raw, limits, admission, release);
        const request = await readInference(body, c.req.header(JSON_LENGTH_HEADER) ?? null, limits);
        const { pictures, keep, product, threshold } = request;
        if (pictures.length > 1) release.push(admission.admit(pictures.length - 1));
        const choice = inspector.choose({ model, product, threshold });
        const { signal } = c.req.raw;
        const look = async (picture: SentPicture) =>
          inferredOf(await inspector.inspect(picture, choice, { keep, signal }));
        const seen = await Promise.all(pictures.map(look));
        const { body: answer, jsonLength } = writeInference(model, request, seen);
        return c.body(new Uint8Array(answer), 200, {
          "Content-Type": jsonLength === null ? "application/json" : "application/octet-stream",
          ...(jsonLength === null ? {} : { [JSON_LENGTH_HEADER]: String(jsonLength) }),
        });
      } finally {
        for (const free of release) free();
      }
    });
  }

  const params = z.object({ name: z.string() });
  for (const [path, summary] of [
    ["/v2/models/{name}", "Open Inference Protocol: the tensors of a model"],
    ["/v2/models/{name}/ready", "Open Inference Protocol: whether a model can be asked"],
  ] as const) {
    app.openAPIRegistry.registerPath({
      ...{ method: "get", path, summary, request: { params } },
      responses: withProblems({ 200: describeJson(z.looseObject({ name: z.string() }), "The model") }),
    });
  }
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/v2/models/{name}/infer",
    summary: "Open Inference Protocol: look at pictures",
    description:
      "Inputs, one of: image BYTES [n], picture files (base64 in JSON); pixels UINT8 [n, height, width, 3], RGB. Outputs: " +
      "score FP32 [n], verdict BYTES [n], map FP32 [n, rows, columns]. Tensors may be binary after the JSON, whose length is " +
      `then in ${JSON_LENGTH_HEADER}. Problems also have the member error.`,
    request: {
      params,
      body: {
        content: {
          "application/json": { schema: InferenceRequestSchema },
          "application/octet-stream": { schema: BYTES },
        },
      },
    },
    responses: withProblems({
      200: {
        ...describeJson(z.looseObject({ model_name: z.string() }), "The tensors that were asked for"),
        content: {
          "application/json": { schema: z.looseObject({ model_name: z.string() }) },
          "application/octet-stream": { schema: BYTES },
        },
      },
    }),
  });
}
