/**
 * The shapes that travel between the service and whoever calls it: what is checked on the way in, described in the OpenAPI
 * document, and typed in the page.
 */

import { z } from "@hono/zod-openapi";
import { COLORMAPS } from "../image/colormap.ts";
import { NAME, NAME_HINT } from "./names.ts";

export const NameSchema = z.string().regex(NAME, NAME_HINT);
const share = z.number().min(0).max(1);

const anyNumber = z.number({ error: "a number is expected: give one, or leave it out" });

/** A number in a query, where all is text. One that is empty is none: turned into 0 it would make every picture abnormal. */
function fromText(schema: z.ZodNumber) {
  return z.preprocess((text) => (typeof text === "string" && text.trim() !== "" ? Number(text) : text), schema);
}
const shareText = fromText(anyNumber.min(0).max(1));

export const RegionSchema = z
  .object({
    x: z.number().int(),
    y: z.number().int(),
    width: z.number().int(),
    height: z.number().int(),
    area: z.number().int().openapi({ description: "pixels" }),
    peak: z.number().openapi({ description: "largest map value in the region" }),
  })
  .openapi("Region", { description: "A connected area of the map above its threshold, in the picture's own pixels" });

export const ResultSchema = z
  .object({
    id: z.string().nullable().openapi({ description: "null where the result was not kept" }),
    created: z.string().openapi({ description: "ISO 8601, UTC" }),
    image: z.string().openapi({ description: "the file name that was sent" }),
    width: z.number().int(),
    height: z.number().int(),
    score: share.openapi({ description: "P(abnormal | image)" }),
    verdict: z.enum(["normal", "abnormal"]),
    threshold: share.openapi({ description: "score from which a picture is abnormal" }),
    layers: z.number().int().openapi({ description: "layers summed in the map: its largest possible value" }),
    mapMin: z.number(),
    mapMax: z.number(),
    mapMean: z.number(),
    regions: z.array(RegionSchema).openapi({ description: "strongest peak first" }),
    model: z.string(),
    product: z.string().nullable(),
    job: z.string().nullable(),
    milliseconds: z.number().openapi({ description: "from the picture's turn in the queue to its result" }),
  })
  .openapi("Result");
export type Result = z.infer<typeof ResultSchema>;

export const FailureSchema = z
  .object({ image: z.string(), error: z.string() })
  .openapi("Failure", { description: "A picture that could not be looked at, and why" });
export type Failure = z.infer<typeof FailureSchema>;

export const DetectQuerySchema = z.object({
  model: NameSchema.optional().openapi({ description: "one of /api/models; default: the product's, else the first" }),
  product: NameSchema.optional().openapi({
    description: "whose threshold is used, and under which the result is kept",
  }),
  threshold: shareText.optional().openapi({ description: "instead of the product's" }),
  keep: z.enum(["true", "false"]).default("true").openapi({ description: "whether the result goes into the history" }),
  colormap: z
    .enum(COLORMAPS as [string, ...string[]])
    .optional()
    .openapi({ description: "of an overlay" }),
});

/** Pictures in JSON: base64. */
export const DetectBodySchema = z
  .object({
    images: z
      .array(z.object({ name: z.string().max(300).optional(), data: z.string().openapi({ description: "base64" }) }))
      .min(1),
  })
  .openapi("DetectBody");

export const DetectAnswerSchema = z
  .object({ results: z.array(z.union([ResultSchema, FailureSchema])) })
  .openapi("DetectAnswer", { description: "In the order of the pictures" });
export type DetectAnswer = z.infer<typeof DetectAnswerSchema>;

export const FilterSchema = z.object({
  query: z.string().max(200).optional().openapi({ description: "part of the file name" }),
  product: NameSchema.optional(),
  model: NameSchema.optional(),
  job: z.string().max(40).optional(),
  verdict: z.enum(["normal", "abnormal"]).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  minScore: shareText.optional(),
  maxScore: shareText.optional(),
});
export type Filter = z.infer<typeof FilterSchema>;

export const ListQuerySchema = FilterSchema.extend({
  sort: z.enum(["newest", "oldest", "highest", "lowest"]).default("newest"),
  limit: fromText(anyNumber.int().min(1).max(500)).default(50),
  offset: fromText(anyNumber.int().min(0).max(10_000_000)).default(0),
});
export type ListQuery = z.infer<typeof ListQuerySchema>;

export const ExportQuerySchema = FilterSchema.extend({ format: z.enum(["csv", "zip", "html"]) });

export const ResultListSchema = z
  .object({ total: z.number().int(), results: z.array(ResultSchema) })
  .openapi("ResultList");
export type ResultList = z.infer<typeof ResultListSchema>;

export const ModelSchema = z
  .object({
    name: z.string(),
    loaded: z.boolean(),
    threshold: z.number().nullable().openapi({ description: "its own; null until it has been loaded" }),
    description: z.record(z.string(), z.union([z.string(), z.number()])),
  })
  .openapi("Model");
export type Model = z.infer<typeof ModelSchema>;

/** A rate with its 95 % interval. */
export const RateSchema = z
  .object({ rate: share, low: share, high: share })
  .openapi("Rate", { description: "expected rate with a 95 % interval (Clopper and Pearson 1934)" });
export type Rate = z.infer<typeof RateSchema>;

export const CalibrationBodySchema = z
  .object({
    normal: z.array(share).min(1).max(100_000).openapi({ description: "scores of good pictures" }),
    abnormal: z
      .array(share)
      .max(100_000)
      .default([])
      .openapi({ description: "scores of bad pictures, if there are any" }),
  })
  .openapi("CalibrationBody");

export const CalibrationSchema = z
  .object({
    threshold: share,
    rule: z.enum(["normals-only", "balanced"]),
    normals: z.number().int(),
    abnormals: z.number().int(),
    falseAlarms: RateSchema,
    misses: RateSchema.nullable().openapi({ description: "null without bad pictures" }),
  })
  .openapi("Calibration");
export type Calibration = z.infer<typeof CalibrationSchema>;

export const ProductBodySchema = z
  .object({
    threshold: share,
    model: NameSchema.nullable().default(null),
    calibration: CalibrationSchema.nullable().default(null).openapi({ description: "where the threshold comes from" }),
  })
  .openapi("ProductBody");

export const ProductSchema = z
  .object({
    name: z.string(),
    threshold: share,
    model: z.string().nullable(),
    calibration: CalibrationSchema.nullable(),
    updated: z.string(),
  })
  .openapi("Product");
export type Product = z.infer<typeof ProductSchema>;

export const JobSchema = z
  .object({
    id: z.string(),
    created: z.string(),
    source: z.string().openapi({ description: "the names of the files that were sent, or of the folder" }),
    state: z.enum(["waiting", "running", "done", "cancelled", "failed"]),
    model: z.string(),
    product: z.string().nullable(),
    total: z.number().int().nullable().openapi({ description: "pictures; null until they have been counted" }),
    normal: z.number().int(),
    abnormal: z.number().int(),
    failed: z.number().int(),
    error: z.string().nullable(),
  })
  .openapi("Job");
export type Job = z.infer<typeof JobSchema>;

/** What the page needs to know at its start. */
export const InfoSchema = z
  .object({
    version: z.string(),
    token: z.boolean().openapi({ description: "whether a token is asked for" }),
    folders: z.array(z.string()).openapi({ description: "that jobs may be started on" }),
    runs: z.boolean().openapi({ description: "whether trainings and evaluations can be watched" }),
    limits: z
      .object({ bytes: z.number(), pixels: z.number(), images: z.number(), seconds: z.number() })
      .openapi({ description: "of a request; pixels of a picture, decoded" }),
    retention: z.object({ days: z.number().nullable(), results: z.number().nullable() }),
  })
  .openapi("Info");
export type Info = z.infer<typeof InfoSchema>;

export const RunSchema = z
  .object({
    id: z.string().openapi({ description: "path of its log; in a URL it is percent-encoded" }),
    kind: z.enum(["training", "evaluation"]),
    modified: z.string(),
    steps: z.number().int().openapi({ description: "lines so far: steps and epochs, or pictures" }),
  })
  .openapi("Run");
export type Run = z.infer<typeof RunSchema>;

/** RFC 9457. */
export const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().openapi({ description: "what is wrong and what to do, for a person" }),
    instance: z.string().openapi({ description: "the request's id" }),
  })
  .openapi("Problem");
export type Problem = z.infer<typeof ProblemSchema>;
