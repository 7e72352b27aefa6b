/** The history: lists, single results with their pictures, and exports. */

import { createRoute, z } from "@hono/zod-openapi";
import { COLORMAPS, type ColormapName } from "../../image/colormap.ts";
import { ExportQuerySchema, ListQuerySchema, ResultListSchema, ResultSchema } from "../api.ts";
import type { App } from "../app.ts";
import type { Service } from "../context.ts";
import type { KeptResult } from "../history.ts";
import { ID_PATTERN } from "../picture-store.ts";
import { ProblemError } from "../problem.ts";
import type { EncodedPicture } from "../result-files.ts";
import { BYTES, describeJson, IdParam, withProblems } from "./describe.ts";
import { streamBody } from "./stream-body.ts";

const ColormapQuery = z.object({
  colormap: z.enum(COLORMAPS as [ColormapName, ...ColormapName[]]).default(COLORMAPS[0]!),
});

export function addResultRoutes(app: App, { inspector, files, exports }: Service): void {
  const { history } = inspector;
  const require = (id: string): KeptResult => {
    const result = ID_PATTERN.test(id) ? history.result(id) : null;
    if (result === null) throw new ProblemError(404, "no such result; it may have been removed, see /api/results");
    return result;
  };

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/results",
      summary: "The history, filtered, a page at a time",
      request: { query: ListQuerySchema },
      responses: withProblems({ 200: describeJson(ResultListSchema, "Results") }),
    }),
    (c) => c.json(history.list(c.req.valid("query")), 200),
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/results/export",
      summary: "Results to hand on: a table, a report page, or a zip with pictures, overlays and maps",
      request: { query: ExportQuerySchema },
      responses: withProblems({
        200: {
          description: "A file",
          content: {
            "text/csv": { schema: BYTES },
            "text/html": { schema: BYTES },
            "application/zip": { schema: BYTES },
          },
        },
      }),
    }),
    async (c) => {
      const { format, ...filter } = c.req.valid("query");
      const types = { csv: "text/csv; charset=utf-8", html: "text/html; charset=utf-8", zip: "application/zip" };
      const stream = format === "html" ? await exports.html(filter) : exports[format](filter);
      c.req.raw.signal.addEventListener("abort", () => stream.destroy());
      const day = new Date().toISOString().slice(0, 10);
      return c.body(streamBody(stream), 200, {
        "Content-Type": types[format],
        "Content-Disposition": `attachment; filename="anomalyclip-${day}.${format}"`,
      });
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/results/{id}",
      summary: "One result",
      request: { params: IdParam },
      responses: withProblems({ 200: describeJson(ResultSchema, "The result") }),
    }),
    (c) => c.json(require(c.req.valid("param").id), 200),
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/api/results/{id}",
      summary: "Remove a result with its picture and map",
      request: { params: IdParam },
      responses: withProblems({ 204: { description: "It is removed" } }),
    }),
    async (c) => {
      await inspector.remove(require(c.req.valid("param").id).id);
      return c.body(null, 204);
    },
  );

  const pictures: [
    path: string,
    summary: string,
    make: (result: KeptResult, colormap: ColormapName) => Promise<Made>,
  ][] = [
    ["picture", "The picture, as browsers show it", (result) => files.picture(result)],
    ["overlay.png", "The picture with its map over it", (result, colormap) => files.overlay(result, colormap)],
    ["thumbnail.jpg", "The picture, small", (result) => files.thumbnail(result)],
    ["overlay-thumbnail.jpg", "The overlay, small", (result, colormap) => files.overlayThumbnail(result, colormap)],
    ["map.png", "The map, 16-bit grey: 65535 is the number of layers", (result) => files.mapPng(result)],
    [
      "map.npy",
      "The map, float32 [rows, columns], 0 to the number of layers",
      async (result) => ({ type: "application/x-npy", bytes: await files.mapFile(result) }),
    ],
  ];
  for (const [name, summary, make] of pictures) {
    app.openapi(
      createRoute({
        method: "get",
        path: `/api/results/{id}/${name}`,
        summary,
        request: { params: IdParam, query: ColormapQuery },
        responses: withProblems({ 200: { description: "The file", content: { "image/*": { schema: BYTES } } } }),
      }),
      async (c) => {
        const made = await make(require(c.req.valid("param").id), c.req.valid("query").colormap).catch(explainMissing);
        return c.body(new Uint8Array(made.bytes), 200, {
          "Content-Type": made.type,
          "Cache-Control": "private, max-age=31536000, immutable",
        });
      },
    );
  }
}

// --- internal ---

type Made = Omit<EncodedPicture, "type"> & { type: string };

function explainMissing(error: unknown): never {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  throw new ProblemError(404, "the picture of this result is no longer there: it was removed from the data folder");
}
