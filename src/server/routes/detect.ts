/** `POST /api/detect`: pictures in, what was seen out. */

import { z } from "@hono/zod-openapi";
import { accepts } from "hono/accepts";
import type { Detection } from "../../anomalyclip/detection.ts";
import { AnomalyClipError } from "../../errors.ts";
import { COLORMAPS, type ColormapName } from "../../image/colormap.ts";
import { encodeNpy } from "../../image/npy.ts";
import { reasonOf } from "../../results/detect-images.ts";
import {
  type DetectAnswer,
  DetectAnswerSchema,
  DetectBodySchema,
  DetectQuerySchema,
  type Failure,
  type Result,
} from "../api.ts";
import type { App } from "../app.ts";
import { requireReady, type Service } from "../context.ts";
import type { Choice, SentPicture } from "../inspector.ts";
import { ProblemError } from "../problem.ts";
import { describeIssue, receivePictures } from "../receive.ts";
import { mapPng } from "../result-files.ts";
import { BYTES, describeJson, withProblems } from "./describe.ts";

/** What an answer may be, by the type that is asked for. */
const ANSWERS = {
  json: "application/json",
  overlay: "image/png",
  npy: "application/x-npy",
  map: "image/x-anomaly-map+png",
} as const;
type Answer = keyof typeof ANSWERS;

export function addDetectRoutes(app: App, service: Service): void {
  const { admission, inspector, limits } = service;
  app.post("/api/detect", async (c) => {
    requireReady(service);
    const query = DetectQuerySchema.safeParse(c.req.query());
    if (!query.success) throw new ProblemError(400, describeIssue(query.error.issues[0]!));
    const { keep, colormap = COLORMAPS[0], ...wanted } = query.data;
    const answer = answerFor(accepts(c, ACCEPTED), c.req.header("accept") ?? "*/*");
    const choice = inspector.choose(wanted);
    const { signal } = c.req.raw;
    // A place first: what cannot be looked at need not be read.
    const release = [admission.admit()];
    try {
      const pictures = await receivePictures(c.req.raw, limits, admission, release);
      if (pictures.length > 1) release.push(admission.admit(pictures.length - 1));
      const options = { keep: keep === "true", signal };
      if (answer === "json") {
        const results = await Promise.all(
          pictures.map((picture) => lookOrFail(picture, choice, (...args) => inspector.inspect(...args, options))),
        );
        const [only] = results;
        if (pictures.length === 1 && "cause" in only!) throw only.cause;
        return c.json({
          results: results.map((result) => ("cause" in result ? result.failure : result)),
        } satisfies DetectAnswer);
      }
      if (pictures.length > 1) {
        throw new ProblemError(406, `${pictures.length} pictures can be answered in application/json only: send one`);
      }
      const draw = answer === "overlay" ? { colormap: colormap as ColormapName } : null;
      const { result, detection } = await inspector.inspect(pictures[0]!, choice, { ...options, draw });
      return await fileAnswer(answer, result, detection);
    } finally {
      for (const free of release) free();
    }
  });

  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/api/detect",
    summary: "Look at pictures",
    description:
      "Answers JSON; of one picture, by Accept, also its overlay (image/png), its map as .npy (application/x-npy, float32) or " +
      "its map as 16-bit grey PNG (image/x-anomaly-map+png, 65535 = number of layers); the score is then in X-Score and the " +
      "verdict in X-Verdict. Of several pictures, those that cannot be used are failures among the results.",
    request: {
      query: DetectQuerySchema,
      body: {
        content: {
          "multipart/form-data": { schema: z.object({ image: z.array(BYTES) }) },
          "image/*": { schema: BYTES },
          "application/json": { schema: DetectBodySchema },
        },
      },
    },
    responses: withProblems({
      200: {
        ...describeJson(DetectAnswerSchema, "What was seen"),
        content: {
          "application/json": { schema: DetectAnswerSchema },
          "image/png": { schema: BYTES },
          "application/x-npy": { schema: BYTES },
          "image/x-anomaly-map+png": { schema: BYTES },
        },
      },
    }),
  });
}

// --- internal ---

const ACCEPTED = { header: "Accept" as const, supports: Object.values(ANSWERS) as string[], default: "" };

function answerFor(preferred: string, header: string): Answer {
  for (const [answer, type] of Object.entries(ANSWERS)) if (type === preferred) return answer as Answer;
  if (/(\*|application)\/\*/.test(header)) return "json";
  throw new ProblemError(406, `Accept is none of ${Object.values(ANSWERS).join(", ")}`);
}

type Look = (picture: SentPicture, choice: Choice) => Promise<{ result: Result }>;

/** A picture among several that cannot be used is told of; what else goes wrong is the request's. */
async function lookOrFail(
  picture: SentPicture,
  choice: Choice,
  look: Look,
): Promise<Result | { failure: Failure; cause: unknown }> {
  try {
    return (await look(picture, choice)).result;
  } catch (cause) {
    if (!(cause instanceof AnomalyClipError && cause.code === "E_IMAGE")) throw cause;
    return { failure: { image: picture.name, error: reasonOf(cause, picture.name) }, cause };
  }
}

async function fileAnswer(answer: Exclude<Answer, "json">, result: Result, detection: Detection): Promise<Response> {
  const { map, mapWidth, mapHeight, layers } = detection;
  let bytes: Uint8Array;
  if (answer === "overlay") bytes = detection.pictures!.overlay;
  else if (answer === "npy") bytes = encodeNpy(map, [mapHeight, mapWidth]);
  else bytes = await mapPng(map, mapWidth, mapHeight, layers);
  return new Response(new Uint8Array(bytes), {
    headers: {
      "Content-Type": answer === "map" ? "image/png" : ANSWERS[answer],
      "X-Score": String(result.score),
      "X-Verdict": result.verdict,
      ...(result.id === null ? {} : { "X-Result-Id": result.id }),
    },
  });
}
